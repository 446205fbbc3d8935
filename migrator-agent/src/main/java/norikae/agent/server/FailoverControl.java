package norikae.agent.server;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import norikae.agent.api.v1.CheckFencingReply;
import norikae.agent.api.v1.CheckFencingRequest;
import norikae.agent.api.v1.ConfirmOffReply;
import norikae.agent.api.v1.ConfirmOffRequest;
import norikae.agent.api.v1.FailOverServiceReply;
import norikae.agent.api.v1.FailOverServiceRequest;
import norikae.agent.api.v1.FailoverSettings;
import norikae.agent.api.v1.FenceNodeReply;
import norikae.agent.api.v1.FenceNodeRequest;
import norikae.agent.api.v1.FencingReadiness;
import norikae.agent.api.v1.NodeReport;
import norikae.agent.api.v1.NodeReportRequest;
import norikae.agent.api.v1.NodeReports;
import norikae.agent.api.v1.NodeReportsRequest;
import norikae.agent.api.v1.SetFailoverRequest;
import norikae.agent.api.v1.SetMaintenanceReply;
import norikae.agent.api.v1.SetMaintenanceRequest;
import norikae.agent.failover.Devices;
import norikae.agent.failover.ServiceKeeper;
import norikae.agent.move.ServiceActivities;
import norikae.agent.peer.ApiException;
import norikae.agent.peer.LogWriter;
import norikae.agent.peer.Peers;
import norikae.failover.fencing.Fencer;
import norikae.failover.fencing.FencingResult;
import norikae.failover.fencing.ProofKind;
import norikae.failover.member.Placement;
import norikae.failover.model.ClusterState;
import norikae.failover.model.Command;
import norikae.failover.model.FailoverPolicy;
import norikae.failover.model.NodeHealth;
import norikae.failover.model.NodeId;
import norikae.failover.model.NodeRecord;
import norikae.failover.model.ServiceName;
import norikae.failover.model.ServiceRecord;

/** What operators say and ask about failover. Thread-safe. */
final class FailoverControl {

    private static final Duration REPORT_PATIENCE = Duration.ofSeconds(1);
    private static final Duration RUNS_AGAIN_PATIENCE = Duration.ofMinutes(1);
    private static final int GRACE_SECONDS_DEFAULT = 10;
    private static final int GRACE_SECONDS_MAX = 3_600;

    private final NodeId self;
    private final LogWriter log;
    private final Peers peers;
    private final Devices devices;
    private final ServiceKeeper keeper;
    private final ServiceActivities activities;
    private final Changes changes;
    private final NodeReporter reporter;

    FailoverControl(
            NodeId self,
            LogWriter log,
            Peers peers,
            Devices devices,
            ServiceKeeper keeper,
            ServiceActivities activities,
            Changes changes,
            NodeReporter reporter) {
        this.self = self;
        this.log = log;
        this.peers = peers;
        this.devices = devices;
        this.keeper = keeper;
        this.activities = activities;
        this.changes = changes;
        this.reporter = reporter;
    }

    // ---- settings

    FailoverSettings settings() {
        return FailoverWords.settings(log.read().failover());
    }

    FailoverSettings set(SetFailoverRequest request) {
        FailoverPolicy now = log.read().failover();
        FailoverPolicy wanted;
        try {
            wanted = new FailoverPolicy(
                    request.getEnabled(),
                    orElse(request.getBeatMillis(), now.beatMillis()),
                    orElse(request.getLeaseMillis(), now.leaseMillis()),
                    orElse(request.getSuspectMillis(), now.suspectMillis()),
                    request.hasWatchdogSeconds() ? request.getWatchdogSeconds() : now.watchdogSeconds());
        } catch (IllegalArgumentException e) {
            throw new ApiException(Status.Code.INVALID_ARGUMENT, String.valueOf(e.getMessage()), e);
        }
        var _ = log.write(new Command.SetFailover(wanted, System.currentTimeMillis()));
        return FailoverWords.settings(wanted);
    }

    private static int orElse(int value, int otherwise) {
        return value == 0 ? otherwise : value;
    }

    SetMaintenanceReply maintain(SetMaintenanceRequest request) {
        NodeId node = requireNode(log.read(), request.getNode());
        var _ = log.write(new Command.SetMaintenance(node, request.getMaintenance(), System.currentTimeMillis()));
        return SetMaintenanceReply.getDefaultInstance();
    }

    // ---- services

    /** Returns when it runs elsewhere, or will not soon. */
    FailOverServiceReply failOver(FailOverServiceRequest request) {
        ServiceName name = new ServiceName(request.getService());
        ClusterState state = log.read();
        ServiceRecord service = state.service(name).orElseThrow(() -> ServiceControl.unknown(name));
        if (service.phase() == ServiceRecord.Phase.LOST || service.phase() == ServiceRecord.Phase.PLACED) {
            return awaitRunning(name, service);
        }
        if (!service.owner().equals(self)) {
            return passOn(service, request);
        }
        requireSomewhereElse(state, service);
        int grace = orElse(request.getGraceSeconds(), GRACE_SECONDS_DEFAULT);
        if (grace < 0 || grace > GRACE_SECONDS_MAX) {
            throw new ApiException(
                    Status.Code.INVALID_ARGUMENT, "grace of " + grace + " s is too long: at most " + GRACE_SECONDS_MAX);
        }
        try (var _ = activities.begin(name, "failing over")) {
            keeper.handOver(name, service.epoch(), "an operator wants it elsewhere", Duration.ofSeconds(grace));
        } catch (IOException e) {
            throw new ApiException(
                    Status.Code.INTERNAL, "service " + name + " could not be stopped: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
        return awaitRunning(name, service);
    }

    private FailOverServiceReply passOn(ServiceRecord service, FailOverServiceRequest request) {
        try {
            return peers.cluster(service.owner()).failOverService(request);
        } catch (StatusRuntimeException e) {
            if (e.getStatus().getCode() != Status.Code.UNAVAILABLE) {
                throw e;
            }
            throw new ApiException(
                    Status.Code.FAILED_PRECONDITION,
                    "node " + service.owner() + " does not answer, so nothing proves that service "
                            + service.spec().name() + " does not run there: fence it with 'norikae node fence "
                            + service.owner()
                            + "', or make sure that it is off and say so with 'norikae node confirm-off "
                            + service.owner() + "'",
                    e);
        }
    }

    private static void requireSomewhereElse(ClusterState state, ServiceRecord service) {
        ServiceName name = service.spec().name();
        if (!state.failover().enabled()) {
            throw new ApiException(
                    Status.Code.FAILED_PRECONDITION,
                    "failover is off: turn it on with 'norikae failover on', or move the service with 'norikae migrate'");
        }
        state.moveInFlight(name).ifPresent(move -> {
            throw new ApiException(
                    Status.Code.FAILED_PRECONDITION,
                    "service " + name + " is moving to " + move.to() + " (move " + move.id() + "): wait for it to end");
        });
        if (!Placement.hasElsewhere(state, service.runningWell())) {
            throw new ApiException(
                    Status.Code.FAILED_PRECONDITION,
                    "no other node can take service " + name
                            + ": see 'norikae node status', and the service's policy (prefers, with, apart, failover)");
        }
    }

    private FailOverServiceReply awaitRunning(ServiceName name, ServiceRecord before) {
        long deadline = System.nanoTime() + RUNS_AGAIN_PATIENCE.toNanos();
        try {
            while (true) {
                long seen = changes.version();
                Optional<ServiceRecord> now = log.log().latestKnown().service(name);
                if (now.isPresent() && now.get().epoch().compareTo(before.epoch()) > 0) {
                    switch (now.get().phase()) {
                        case RUNNING -> {
                            return FailOverServiceReply.newBuilder()
                                    .setNode(now.get().owner().value())
                                    .setEpoch(now.get().epoch().value())
                                    .build();
                        }
                        case FAILED ->
                            throw new ApiException(
                                    Status.Code.ABORTED,
                                    "service " + name + " could not be started anywhere: "
                                            + now.get().detail());
                        case STARTING, LOST, PLACED -> {}
                    }
                }
                if (System.nanoTime() - deadline > 0) {
                    throw new ApiException(
                            Status.Code.DEADLINE_EXCEEDED,
                            "service " + name + " does not run again yet: see 'norikae status' for what is missing");
                }
                var _ = changes.awaitAfter(seen, Duration.ofMillis(200));
            }
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    // ---- fencing

    FenceNodeReply fence(FenceNodeRequest request) {
        ClusterState state = log.read();
        NodeId node = requireNode(state, request.getNode());
        if (node.equals(self)) {
            throw new ApiException(
                    Status.Code.FAILED_PRECONDITION, "node " + node + " was asked to fence itself: ask another node");
        }
        NodeHealth health = requireLife(state, node);
        String reason = request.getReason().isEmpty() ? "an operator's wish" : request.getReason();
        var _ = log.write(
                new Command.BeginFencing(node, health.boot(), "operator", reason, System.currentTimeMillis()));
        FencingResult result;
        try {
            result = devices.stop(node);
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
        return switch (result) {
            case FencingResult.Confirmed confirmed -> {
                var _ = log.write(new Command.RecordFenced(
                        node,
                        health.boot(),
                        confirmed.kind(),
                        self.value(),
                        confirmed.how(),
                        System.currentTimeMillis()));
                yield FenceNodeReply.newBuilder()
                        .setProof(confirmed.kind().name())
                        .setHow(confirmed.how())
                        .build();
            }
            case FencingResult.Unproven unproven ->
                throw new ApiException(
                        Status.Code.ABORTED, "nothing proves that node " + node + " is stopped: " + unproven.why());
        };
    }

    ConfirmOffReply confirmOff(ConfirmOffRequest request, String operator) {
        ClusterState state = log.read();
        NodeId node = requireNode(state, request.getNode());
        NodeHealth health = requireLife(state, node);
        long now = System.currentTimeMillis();
        if (answers(node)) {
            throw new ApiException(
                    Status.Code.FAILED_PRECONDITION, "node " + node + " answers, so it is not off: turn it off first");
        }
        if (health.phase() == NodeHealth.Phase.UP) {
            var _ = log.write(new Command.BeginFencing(
                    node, health.boot(), operator, "operator " + operator + " says that it is off", now));
        }
        List<String> services = state.services().values().stream()
                .filter(s -> s.owner().equals(node))
                .map(s -> s.spec().name().value())
                .toList();
        var _ = log.write(new Command.RecordFenced(
                node,
                health.boot(),
                ProofKind.OPERATOR,
                operator,
                "operator " + operator + " says that it is off",
                now));
        return ConfirmOffReply.newBuilder().addAllServices(services).build();
    }

    private boolean answers(NodeId node) {
        try {
            var _ = peers.ask(node, REPORT_PATIENCE).reportNode(NodeReportRequest.getDefaultInstance());
            return true;
        } catch (StatusRuntimeException e) {
            return false;
        }
    }

    CheckFencingReply check(CheckFencingRequest request) {
        ClusterState state = log.log().latestKnown();
        CheckFencingReply.Builder reply = CheckFencingReply.newBuilder();
        for (NodeRecord node : state.workers()) {
            boolean asked = request.getNode().isEmpty() || node.id().value().equals(request.getNode());
            if (asked) {
                reply.addNodes(readiness(node.id()));
            }
        }
        if (!request.getNode().isEmpty() && reply.getNodesCount() == 0) {
            var _ = requireNode(state, request.getNode());
        }
        return reply.build();
    }

    private FencingReadiness readiness(NodeId node) {
        Optional<Fencer.Readiness> readiness;
        try {
            readiness = devices.check(node);
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
        return FencingReadiness.newBuilder()
                .setNode(node.value())
                .setDevice(devices.description(node))
                .setReady(readiness.map(Fencer.Readiness::ready).orElse(false))
                .setDetail(readiness
                        .map(Fencer.Readiness::detail)
                        .orElse("no device for it is named in fencing.json of node " + self))
                .build();
    }

    // ---- reports

    NodeReports reports(NodeReportsRequest request) {
        ClusterState state = log.log().latestKnown();
        if (!request.getNode().isEmpty()) {
            var _ = requireNode(state, request.getNode());
        }
        Map<NodeId, NodeReport> found = new ConcurrentHashMap<>();
        List<Thread> asking = new ArrayList<>();
        for (NodeId node : state.nodes().keySet()) {
            if (request.getNode().isEmpty() || node.value().equals(request.getNode())) {
                asking.add(Thread.startVirtualThread(() -> found.put(node, ask(state, node))));
            }
        }
        try {
            for (Thread thread : asking) {
                thread.join();
            }
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
        return NodeReports.newBuilder()
                .addAllNodes(new TreeMap<>(found).values())
                .build();
    }

    private NodeReport ask(ClusterState state, NodeId node) {
        if (node.equals(self)) {
            return reporter.report();
        }
        try {
            return peers.ask(node, REPORT_PATIENCE).reportNode(NodeReportRequest.getDefaultInstance());
        } catch (StatusRuntimeException | ApiException e) {
            return FailoverWords.unanswered(state, node);
        }
    }

    private static NodeHealth requireLife(ClusterState state, NodeId node) {
        return state.healthOf(node)
                .orElseThrow(() -> new ApiException(
                        Status.Code.FAILED_PRECONDITION,
                        "node " + node + " has never told of its life: start its agent once"));
    }

    private static NodeId requireNode(ClusterState state, String name) {
        NodeId node = new NodeId(name);
        if (state.node(node).isEmpty()) {
            throw new ApiException(
                    Status.Code.NOT_FOUND,
                    "there is no node " + node + " in this cluster: it has "
                            + state.nodes().keySet());
        }
        return node;
    }

    private static ApiException interrupted(InterruptedException e) {
        Thread.currentThread().interrupt();
        return new ApiException(Status.Code.CANCELLED, "the agent is shutting down", e);
    }
}
