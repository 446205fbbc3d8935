package norikae.agent.server;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import norikae.agent.api.v1.CancelMoveReply;
import norikae.agent.api.v1.CancelMoveRequest;
import norikae.agent.api.v1.CheckReport;
import norikae.agent.api.v1.DrainNodeRequest;
import norikae.agent.api.v1.MoveRequest;
import norikae.agent.api.v1.MoveUpdate;
import norikae.agent.capsule.Capsule;
import norikae.agent.capsule.CapsuleManager;
import norikae.agent.move.MoveOptions;
import norikae.agent.move.Moves;
import norikae.agent.peer.ApiException;
import norikae.agent.peer.LogWriter;
import norikae.agent.peer.Peers;
import norikae.agent.preflight.Preflight;
import norikae.failover.model.ClusterState;
import norikae.failover.model.MoveId;
import norikae.failover.model.MoveRecord;
import norikae.failover.model.NodeId;
import norikae.failover.model.ServiceName;
import norikae.failover.model.ServiceRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Checks, moves, cancels and drains; what another node's agent must do is passed on to it. Thread-safe. */
final class MoveControl {

    private static final Logger LOG = LoggerFactory.getLogger(MoveControl.class);

    private final NodeId self;
    private final LogWriter log;
    private final Peers peers;
    private final CapsuleManager capsules;
    private final Preflight preflight;
    private final Moves moves;

    /** Moves that others lead and that were asked for here: before BeginMove the log does not know them. */
    private final Map<MoveId, NodeId> passedOn = new ConcurrentHashMap<>();

    MoveControl(NodeId self, LogWriter log, Peers peers, CapsuleManager capsules, Preflight preflight, Moves moves) {
        this.self = self;
        this.log = log;
        this.peers = peers;
        this.capsules = capsules;
        this.preflight = preflight;
        this.moves = moves;
    }

    CheckReport check(MoveRequest request) {
        Plan plan = plan(request);
        if (!plan.from().equals(self)) {
            return peers.cluster(plan.from()).checkMove(plan.request());
        }
        Capsule capsule = capsules.find(plan.service())
                .orElseThrow(() -> new ApiException(
                        Status.Code.FAILED_PRECONDITION,
                        "service " + plan.service() + " does not run on node " + self + " just now"));
        return preflight.check(capsule, self, plan.to(), peers);
    }

    /** Returns when the move has ended; its last update has the result. */
    void migrate(MoveRequest request, Consumer<MoveUpdate> listener) {
        Plan plan = plan(request);
        if (!plan.from().equals(self)) {
            passOn(plan, listener);
            return;
        }
        Moves.Started started =
                moves.start(plan.service(), plan.to(), MoveOptions.of(plan.request()), listener::accept);
        try {
            started.thread().join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ApiException(
                    Status.Code.CANCELLED,
                    "the agent is shutting down; the move " + started.id() + " is resolved when it is back");
        }
    }

    CancelMoveReply cancel(CancelMoveRequest request) {
        MoveId id = new MoveId(request.getMoveId());
        if (moves.leads(id)) {
            return moves.cancel(id);
        }
        NodeId source = Optional.ofNullable(passedOn.get(id))
                .or(() -> log.read().move(id).map(MoveRecord::from))
                .orElseThrow(() -> new ApiException(Status.Code.NOT_FOUND, "there is no move " + id + " in flight"));
        if (source.equals(self)) {
            throw new ApiException(Status.Code.NOT_FOUND, "move " + id + " has ended");
        }
        return peers.cluster(source).cancelMove(request);
    }

    /**
     * One service after the other, so that each gets the whole link; goes on when one cannot be moved.
     *
     * @param unwanted whether the operator has gone: what is moving then moves on, and nothing after it
     */
    void drain(DrainNodeRequest request, Consumer<MoveUpdate> listener, BooleanSupplier unwanted) {
        NodeId node = new NodeId(request.getNode());
        ClusterState state = log.read();
        if (state.node(node).isEmpty()) {
            throw new ApiException(
                    Status.Code.NOT_FOUND,
                    "there is no node " + node + " in this cluster: it has "
                            + state.nodes().keySet());
        }
        List<ServiceName> services = state.services().values().stream()
                .filter(s -> s.owner().equals(node) && s.phase() == ServiceRecord.Phase.RUNNING)
                .map(s -> s.spec().name())
                .toList();
        for (ServiceName service : services) {
            if (unwanted.getAsBoolean()) {
                LOG.info("drain of {}: ended by the operator, service {} and those after it stay", node, service);
                return;
            }
            MoveRequest move =
                    MoveRequest.newBuilder().setService(service.value()).build();
            try {
                migrate(move, listener);
            } catch (ApiException | StatusRuntimeException e) {
                LOG.warn("drain of {}: service {} stays: {}", node, service, e.getMessage());
                listener.accept(MoveUpdate.newBuilder()
                        .setService(service.value())
                        .setFrom(node.value())
                        .setTo(move.getTo())
                        .setState("Aborted")
                        .setReason(String.valueOf(e.getMessage()))
                        .setResult(norikae.agent.api.v1.MoveResult.newBuilder()
                                .setReason(String.valueOf(e.getMessage()))
                                .setNode(node.value()))
                        .build());
            }
        }
    }

    private record Plan(ServiceName service, NodeId from, NodeId to, MoveRequest request) {}

    private Plan plan(MoveRequest request) {
        ServiceName service = new ServiceName(request.getService());
        ClusterState state = log.read();
        ServiceRecord record = state.service(service).orElseThrow(() -> ServiceControl.unknown(service));
        NodeId to = request.getTo().isEmpty() ? ServiceControl.elsewhere(state, record) : new NodeId(request.getTo());
        if (state.node(to).isEmpty()) {
            throw new ApiException(
                    Status.Code.NOT_FOUND,
                    "there is no node " + to + " in this cluster: it has "
                            + state.nodes().keySet());
        }
        if (state.node(to).get().witness()) {
            throw new ApiException(
                    Status.Code.FAILED_PRECONDITION,
                    "node " + to + " is a witness and runs no services: name another node");
        }
        if (to.equals(record.owner())) {
            throw new ApiException(
                    Status.Code.FAILED_PRECONDITION,
                    "service " + service + " is on node " + to + " already: name another node");
        }
        state.moveInFlight(service).ifPresent(move -> {
            throw new ApiException(
                    Status.Code.FAILED_PRECONDITION,
                    "service " + service + " is moving from " + move.from() + " to " + move.to() + " (move " + move.id()
                            + "): wait for it to end");
        });
        if (record.phase() != ServiceRecord.Phase.RUNNING) {
            throw new ApiException(
                    Status.Code.FAILED_PRECONDITION,
                    "service " + service + " is " + record.phase() + " (" + record.detail()
                            + "), and only a RUNNING one can move");
        }
        return new Plan(
                service,
                record.owner(),
                to,
                request.toBuilder().setTo(to.value()).build());
    }

    private void passOn(Plan plan, Consumer<MoveUpdate> listener) {
        Iterator<MoveUpdate> updates = peers.cluster(plan.from()).migrateService(plan.request());
        Set<MoveId> seen = new HashSet<>();
        try {
            updates.forEachRemaining(update -> {
                MoveId id = new MoveId(update.getMoveId());
                seen.add(id);
                passedOn.put(id, plan.from());
                listener.accept(update);
            });
        } finally {
            passedOn.keySet().removeAll(seen);
        }
    }
}
