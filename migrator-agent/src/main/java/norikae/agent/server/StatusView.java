package norikae.agent.server;

import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import norikae.agent.api.v1.Alarm;
import norikae.agent.api.v1.ClusterStatus;
import norikae.agent.api.v1.GetStatusRequest;
import norikae.agent.api.v1.NodeReportRequest;
import norikae.agent.api.v1.NodeStatus;
import norikae.agent.api.v1.PingReply;
import norikae.agent.api.v1.PingRequest;
import norikae.agent.api.v1.ServiceStatus;
import norikae.agent.peer.ApiException;
import norikae.agent.peer.LogWriter;
import norikae.agent.peer.Peers;
import norikae.failover.model.ClusterState;
import norikae.failover.model.MoveRecord;
import norikae.failover.model.NodeId;
import norikae.failover.model.NodeRecord;
import norikae.failover.model.ServiceName;
import norikae.failover.model.ServiceRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What {@code norikae status} shows. Thread-safe. */
final class StatusView {

    private static final Logger LOG = LoggerFactory.getLogger(StatusView.class);
    private static final Duration PING_PATIENCE = Duration.ofMillis(800);

    private final String cluster;
    private final NodeId self;
    private final PingReply selfPing;
    private final LogWriter log;
    private final Peers peers;
    private final NodeReporter reporter;
    private final Supplier<Optional<NodeId>> leader;

    StatusView(
            String cluster,
            NodeId self,
            PingReply selfPing,
            LogWriter log,
            Peers peers,
            NodeReporter reporter,
            Supplier<Optional<NodeId>> leader) {
        this.cluster = cluster;
        this.self = self;
        this.selfPing = selfPing;
        this.log = log;
        this.peers = peers;
        this.reporter = reporter;
        this.leader = leader;
    }

    /** The state of everything; when the log has no majority, what this node last knew, and says so. */
    ClusterStatus status(GetStatusRequest request) {
        ClusterState state;
        boolean current = true;
        try {
            state = log.read();
        } catch (ApiException e) {
            state = log.log().latestKnown();
            current = false;
        }
        ClusterStatus.Builder status = ClusterStatus.newBuilder()
                .setCluster(cluster)
                .setLeader(leader.get().map(NodeId::value).orElse(""))
                .setCurrent(current)
                .setFailover(state.failover().enabled())
                .addAllAlarms(alarms());
        if (request.getService().isEmpty()) {
            Map<NodeId, PingReply> answers = pingAll(state);
            for (NodeRecord node : state.nodes().values()) {
                status.addNodes(node(state, node, answers.get(node.id())));
            }
        }
        for (ServiceRecord service : state.services().values()) {
            if (request.getService().isEmpty() || service.spec().name().value().equals(request.getService())) {
                status.addServices(service(state, service));
            }
        }
        if (!request.getService().isEmpty() && status.getServicesCount() == 0) {
            throw ServiceControl.unknown(new ServiceName(request.getService()));
        }
        return status.build();
    }

    /** As the leader sees them, who watches everybody; if it cannot be asked, as this node does. */
    private List<Alarm> alarms() {
        Optional<NodeId> who = leader.get().filter(id -> !id.equals(self));
        if (who.isPresent()) {
            try {
                return peers.ask(who.get(), PING_PATIENCE)
                        .reportNode(NodeReportRequest.getDefaultInstance())
                        .getAlarmsList();
            } catch (StatusRuntimeException | ApiException e) {
                LOG.debug("the leader {} does not tell its alarms: {}", who.get(), e.getMessage());
            }
        }
        return reporter.report().getAlarmsList();
    }

    private Map<NodeId, PingReply> pingAll(ClusterState state) {
        Map<NodeId, PingReply> answers = new ConcurrentHashMap<>();
        answers.put(self, selfPing);
        List<Thread> asking = new ArrayList<>();
        for (NodeId node : state.nodes().keySet()) {
            if (!node.equals(self)) {
                asking.add(Thread.startVirtualThread(() -> {
                    try {
                        answers.put(node, peers.ask(node, PING_PATIENCE).ping(PingRequest.getDefaultInstance()));
                    } catch (StatusRuntimeException | ApiException e) {
                        // not reachable: that is the answer
                    }
                }));
            }
        }
        for (Thread thread : asking) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return answers;
            }
        }
        return answers;
    }

    private static NodeStatus node(
            ClusterState state, NodeRecord node, @org.jspecify.annotations.Nullable PingReply ping) {
        NodeStatus.Builder status = NodeStatus.newBuilder()
                .setName(node.id().value())
                .setAddress(node.address())
                .setWitness(node.witness())
                .setReachable(ping != null)
                .setServices((int) state.services().values().stream()
                        .filter(s -> s.owner().equals(node.id()))
                        .count());
        state.healthOf(node.id())
                .ifPresent(h -> status.setPhase(h.phase().name()).setMaintenance(h.maintenance()));
        if (ping != null) {
            status.setSoftwareVersion(ping.getSoftwareVersion()).setKernel(ping.getKernel());
        }
        return status.build();
    }

    private static ServiceStatus service(ClusterState state, ServiceRecord service) {
        ServiceStatus.Builder status = ServiceStatus.newBuilder()
                .setName(service.spec().name().value())
                .setNode(service.owner().value())
                .setAddress(service.spec().address().toString())
                .setEpoch(service.epoch().value())
                .setPhase(service.phase().name())
                .setDetail(service.detail())
                .addAllCommand(
                        service.spec().ocf() == null
                                ? service.spec().command()
                                : List.of(service.spec().ocf().fullName()));
        Optional<MoveRecord> move = state.moveInFlight(service.spec().name());
        move.ifPresent(m -> status.setMoveId(m.id().value())
                .setMoveTo(m.to().value())
                .setMovePhase(m.phase().name()));
        return status.build();
    }
}
