package norikae.agent.server;

import io.grpc.Status;
import java.io.IOException;
import java.time.Duration;
import java.util.Comparator;
import java.util.Optional;
import java.util.function.Predicate;
import norikae.agent.api.v1.RunServiceReply;
import norikae.agent.api.v1.RunServiceRequest;
import norikae.agent.api.v1.StopServiceReply;
import norikae.agent.api.v1.StopServiceRequest;
import norikae.agent.capsule.Capsule;
import norikae.agent.capsule.CapsuleManager;
import norikae.agent.capsule.MovableJvm;
import norikae.agent.failover.ServiceKeeper;
import norikae.agent.move.ServiceActivities;
import norikae.agent.peer.ApiException;
import norikae.agent.peer.LogWriter;
import norikae.agent.peer.Peers;
import norikae.agent.peer.SpecMessages;
import norikae.failover.member.Placement;
import norikae.failover.model.ClusterState;
import norikae.failover.model.Command;
import norikae.failover.model.NodeId;
import norikae.failover.model.NodeRecord;
import norikae.failover.model.ServiceName;
import norikae.failover.model.ServiceRecord;
import norikae.failover.model.ServiceSpec;
import norikae.failover.model.Volume;

/** Starts and stops services of this node, and passes on what concerns another. Thread-safe. */
public final class ServiceControl {

    private static final int GRACE_SECONDS_MAX = 3_600;

    private final NodeId self;
    private final LogWriter log;
    private final Peers peers;
    private final CapsuleManager capsules;
    private final ServiceActivities activities;
    private final ServiceKeeper keeper;

    public ServiceControl(
            NodeId self,
            LogWriter log,
            Peers peers,
            CapsuleManager capsules,
            ServiceActivities activities,
            ServiceKeeper keeper) {
        this.keeper = keeper;
        this.self = self;
        this.log = log;
        this.peers = peers;
        this.capsules = capsules;
        this.activities = activities;
    }

    RunServiceReply run(RunServiceRequest request) {
        ServiceSpec spec = SpecMessages.fromMessage(request.getSpec());
        NodeId node = spec.node() != null ? spec.node() : natural(spec, log.read());
        if (!node.equals(self)) {
            requireNode(node);
            return peers.cluster(node)
                    .runService(request.toBuilder()
                            .setSpec(request.getSpec().toBuilder().setNode(node.value()))
                            .build());
        }
        try (var _ = activities.begin(spec.name(), "starting")) {
            keeper.requireUp();
            int life = capsules.life();
            log.write(new Command.DefineService(spec, self, System.currentTimeMillis()));
            ServiceRecord record = log.read().service(spec.name()).orElseThrow();
            Capsule capsule;
            try {
                capsule = capsules.start(spec, record.epoch(), record.basePid(), life);
            } catch (IOException e) {
                log.write(new Command.RemoveService(spec.name(), record.epoch(), System.currentTimeMillis()));
                throw new ApiException(
                        Status.Code.FAILED_PRECONDITION,
                        "service " + spec.name() + " could not start: " + e.getMessage(),
                        e);
            }
            tellThatItRuns(capsule, record);
            return RunServiceReply.newBuilder()
                    .setNode(self.value())
                    .setEpoch(record.epoch().value())
                    .addAllEffectiveCommand(capsule.effectiveCommand())
                    .addAllAdded(MovableJvm.adapt(spec.command()).added())
                    .build();
        }
    }

    /** A log that does not want it running here has given this node up meanwhile. */
    private void tellThatItRuns(Capsule capsule, ServiceRecord record) {
        try {
            var _ = log.write(new Command.ReportService(
                    record.spec().name(),
                    self,
                    record.epoch(),
                    ServiceRecord.Phase.RUNNING,
                    "started",
                    System.currentTimeMillis()));
        } catch (ApiException e) {
            if (e.code() != Status.Code.UNAVAILABLE) {
                try {
                    capsule.destroy();
                } catch (IOException left) {
                    e.addSuppressed(left);
                }
            }
            throw e;
        }
    }

    StopServiceReply stop(StopServiceRequest request) {
        ServiceName name = new ServiceName(request.getService());
        ServiceRecord record = log.read().service(name).orElseThrow(() -> unknown(name));
        if (record.phase() == ServiceRecord.Phase.LOST) {
            // It certainly runs nowhere, and the node that had it may never answer again.
            var _ = log.write(new Command.RemoveService(name, record.epoch(), System.currentTimeMillis()));
            return StopServiceReply.newBuilder().setEnding("it was not running").build();
        }
        if (!record.owner().equals(self)) {
            return peers.cluster(record.owner()).stopService(request);
        }
        if (request.getGraceSeconds() > GRACE_SECONDS_MAX) {
            throw new ApiException(
                    Status.Code.INVALID_ARGUMENT,
                    "grace of " + request.getGraceSeconds() + " s is too long: at most " + GRACE_SECONDS_MAX);
        }
        int grace = request.getGraceSeconds(); // 0: what is usual for it
        try (var _ = activities.begin(name, "stopping")) {
            log.read().moveInFlight(name).ifPresent(move -> {
                throw new ApiException(
                        Status.Code.FAILED_PRECONDITION,
                        "service " + name + " is moving to " + move.to() + " (move " + move.id()
                                + "): wait for it to end");
            });
            String ending = stopHere(name, Duration.ofSeconds(grace));
            log.write(new Command.RemoveService(name, record.epoch(), System.currentTimeMillis()));
            return StopServiceReply.newBuilder().setEnding(ending).build();
        }
    }

    private String stopHere(ServiceName name, Duration grace) {
        Optional<Capsule> capsule = capsules.find(name);
        if (capsule.isEmpty()) {
            return "it was not running";
        }
        try {
            return capsule.get()
                    .stop(grace.isZero() ? capsule.get().defaultGrace() : grace)
                    .toString();
        } catch (IOException e) {
            throw new ApiException(
                    Status.Code.INTERNAL, "service " + name + " could not be stopped: " + e.getMessage(), e);
        }
    }

    /** Where its volumes are written; otherwise wherever there is least to do. */
    private static NodeId natural(ServiceSpec spec, ClusterState state) {
        return spec.volumesOrNone().stream()
                .flatMap(mount -> state.volume(mount.volume()).stream())
                .map(Volume::primary)
                .findFirst()
                .orElseGet(() -> leastLoaded(state, node -> true)
                        .orElseThrow(() -> new ApiException(
                                Status.Code.FAILED_PRECONDITION,
                                "there is no node that could run it: join another one")));
    }

    /**
     * Where a running service could go: the worker with the fewest services of those to which it can take its volumes; placement until
     * the scheduler takes it over.
     */
    static NodeId elsewhere(ClusterState state, ServiceRecord service) {
        return leastLoaded(
                        state,
                        node -> !node.equals(service.owner()) && Placement.canTakeVolumesTo(state, service, node))
                .orElseThrow(() -> new ApiException(
                        Status.Code.FAILED_PRECONDITION,
                        service.spec().volumesOrNone().isEmpty()
                                ? "there is no other node that could run it: join another one"
                                : "no other node has whole copies of its own of the volumes of service "
                                        + service.spec().name()
                                        + ": see 'norikae volume list', and wait for a resync"));
    }

    private static Optional<NodeId> leastLoaded(ClusterState state, Predicate<NodeId> fit) {
        return state.workers().stream()
                .map(NodeRecord::id)
                .filter(fit)
                .min(Comparator.<NodeId>comparingLong(id -> state.services().values().stream()
                                .filter(s -> s.owner().equals(id))
                                .count())
                        .thenComparing(Comparator.naturalOrder()));
    }

    private void requireNode(NodeId node) {
        ClusterState state = log.read();
        if (state.node(node).isEmpty()) {
            throw new ApiException(
                    Status.Code.NOT_FOUND,
                    "there is no node " + node + " in this cluster: it has "
                            + state.nodes().keySet());
        }
        if (state.node(node).get().witness()) {
            throw new ApiException(
                    Status.Code.FAILED_PRECONDITION,
                    "node " + node + " is a witness and runs no services: name another node");
        }
    }

    static ApiException unknown(ServiceName name) {
        return new ApiException(Status.Code.NOT_FOUND, "there is no service " + name + " in this cluster");
    }
}
