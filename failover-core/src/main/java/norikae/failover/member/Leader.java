package norikae.failover.member;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import norikae.failover.fencing.FencingResult;
import norikae.failover.fencing.ProofKind;
import norikae.failover.model.ClusterState;
import norikae.failover.model.Command;
import norikae.failover.model.MoveRecord;
import norikae.failover.model.NodeHealth;
import norikae.failover.model.NodeId;
import norikae.failover.model.NodeRecord;
import norikae.failover.model.ServiceRecord;
import norikae.failover.model.Volume;
import org.jspecify.annotations.Nullable;

/**
 * What the node does that leads the log: it suspects, has fenced, and places. It may believe wrongly that it leads; then the
 * log refuses its commands or never takes them. Everything that must survive it is in the log, so that the next leader goes
 * on from there. Confined to one thread.
 */
final class Leader {

    /** How far two nodes' clocks may run apart while one lease lasts; quartz is a thousand times better. */
    private static final double DRIFT = 0.05;

    private static final long FENCE_AGAIN_NANOS = 1_000_000_000L;
    private static final long MOVE_BACK_AGAIN_NANOS = 60_000_000_000L;
    private static final long YIELD_AGAIN_NANOS = 5_000_000_000L;

    private record Boot(NodeId node, long boot) {}

    private final NodeId self;
    private final PeerViews peers;
    private final Refusers refusers = new Refusers();
    private final Proposals proposals;
    private final Map<Boot, FencingResult.Confirmed> proofs = new HashMap<>();
    private final Map<Boot, FencingResult.Unproven> failures = new HashMap<>();
    private final Map<Boot, Long> fenceNotBefore = new HashMap<>();

    Leader(NodeId self, PeerViews peers, Proposals proposals) {
        this.self = self;
        this.peers = peers;
        this.proposals = proposals;
    }

    /** One look at everything. */
    record Scene(ClusterState state, Set<NodeId> voters, long nowNanos, long wallMillis) {}

    void refused(NodeId voter, NodeId node, long boot, long ageMillis) {
        refusers.heard(voter, node, boot, ageMillis);
    }

    void fenced(NodeId node, long boot, FencingResult result, long nowNanos) {
        Boot key = new Boot(node, boot);
        switch (result) {
            case FencingResult.Confirmed confirmed -> proofs.put(key, confirmed);
            case FencingResult.Unproven unproven -> {
                failures.put(key, unproven);
                fenceNotBefore.put(key, nowNanos + FENCE_AGAIN_NANOS);
            }
        }
    }

    List<Action> tick(Scene scene) {
        List<Action> actions = new ArrayList<>();
        if (!scene.state().failover().enabled()) {
            return actions;
        }
        for (NodeRecord node : scene.state().workers()) {
            NodeHealth health = scene.state().health().get(node.id());
            if (health != null) {
                switch (health.phase()) {
                    case UP -> suspect(node.id(), health, scene, actions);
                    case FENCING -> fence(node.id(), health, scene, actions);
                    case FENCED -> forget(new Boot(node.id(), health.boot()));
                }
            }
        }
        place(scene, actions);
        moveBack(scene, actions);
        yieldLeadership(scene, actions);
        proposals.tidy(scene.nowNanos());
        return actions;
    }

    // ---- suspicion

    private void suspect(NodeId node, NodeHealth health, Scene scene, List<Action> actions) {
        if (health.maintenance() || node.equals(self) || !isSuspect(node, scene) || !matters(node, scene.state())) {
            return;
        }
        String reason = "no heartbeat for " + peers.silenceNanos(node, scene.nowNanos()) / 1_000_000
                + " ms on any path, seen by " + peers.silentFor(node, scene.voters(), scene.nowNanos()) + " of "
                + scene.voters().size() + " voters (limit "
                + peers.limitNanos(node) / 1_000_000 + " ms)";
        proposals.propose(
                "suspect " + node,
                new Command.BeginFencing(node, health.boot(), self.value(), reason, scene.wallMillis()),
                scene.nowNanos(),
                actions);
    }

    boolean isSuspect(NodeId node, Scene scene) {
        int majority = scene.voters().size() / 2 + 1;
        return peers.silent(node, scene.nowNanos())
                && peers.silentFor(node, scene.voters(), scene.nowNanos()) >= majority;
    }

    /** A server that runs nothing need not be shot: nothing waits for its proof. */
    private static boolean matters(NodeId node, ClusterState state) {
        return runsServices(node, state)
                || state.moves().values().stream().anyMatch(m -> !m.phase().ended() && involves(m, node))
                || state.volumes().values().stream().anyMatch(v -> othersWaitToHold(v, node, state));
    }

    /** It is sent the writes for a copy that others reach, and one of them takes its place once it has certainly stopped. */
    private static boolean othersWaitToHold(Volume volume, NodeId node, ClusterState state) {
        return volume.copies().keySet().stream().anyMatch(other -> !other.equals(node) && volume.isOneCopy(other, node))
                && !volume.isOneCopy(node, volume.primary())
                && volume.isHeldBy(node, other -> isFenced(other, state));
    }

    private static boolean isFenced(NodeId node, ClusterState state) {
        return state.healthOf(node)
                .filter(h -> h.phase() == NodeHealth.Phase.FENCED)
                .isPresent();
    }

    private static boolean mayRun(ServiceRecord service) {
        return switch (service.phase()) {
            case RUNNING, STARTING, PLACED -> true;
            case FAILED, LOST -> false;
        };
    }

    private static boolean involves(MoveRecord move, NodeId node) {
        return move.from().equals(node) || move.to().equals(node);
    }

    // ---- proof

    private void fence(NodeId node, NodeHealth health, Scene scene, List<Action> actions) {
        Boot key = new Boot(node, health.boot());
        FencingResult.Confirmed proof = proofs.get(key);
        if (proof == null) {
            proof = timeProof(node, health, scene);
        }
        if (proof != null) {
            proposals.propose(
                    "fenced " + node + " " + health.boot(),
                    new Command.RecordFenced(
                            node, health.boot(), proof.kind(), self.value(), proof.how(), scene.wallMillis()),
                    scene.nowNanos(),
                    actions);
        } else if (fenceNotBefore.getOrDefault(key, Long.MIN_VALUE) <= scene.nowNanos()) {
            fenceNotBefore.put(key, Long.MAX_VALUE); // until fenced() tells
            actions.add(new Action.Fence(node, health.boot()));
        }
    }

    /**
     * The lease has run out for certain, and after it the watchdog's time, twice: an agent may be held up between its look at
     * the lease and the feeding, for as long as the watchdog allows, and the watchdog counts from that feeding on.
     */
    private FencingResult.@Nullable Confirmed timeProof(NodeId node, NodeHealth health, Scene scene) {
        int watchdogSeconds = scene.state().failover().watchdogSeconds();
        int announced = peers.leaseMillis(node, health.boot());
        if (watchdogSeconds == 0 || announced == 0) {
            return null; // one that was never heard to run under a lease has none that could run out
        }
        int lease = Math.max(announced, scene.state().longestLeaseMillis()); // it may hold one of an earlier policy
        long wait = (long) ((lease + watchdogSeconds * 2_000L) * (1 + DRIFT));
        return refusers.majority(node, health.boot(), wait, scene.voters())
                ? new FencingResult.Confirmed(
                        ProofKind.WATCHDOG_ELAPSED,
                        "a majority of the voters has granted it no lease for more than " + wait
                                + " ms: its lease of " + lease + " ms and twice its watchdog's "
                                + watchdogSeconds + " s are over")
                : null;
    }

    private void forget(Boot boot) {
        proofs.remove(boot);
        failures.remove(boot);
        fenceNotBefore.remove(boot);
    }

    Optional<String> failureOf(NodeId node, long boot) {
        return Optional.ofNullable(failures.get(new Boot(node, boot))).map(FencingResult.Unproven::why);
    }

    // ---- takeover

    private void place(Scene scene, List<Action> actions) {
        ClusterState planned = scene.state(); // each choice sees the ones before it
        for (ServiceRecord service : scene.state().services().values()) {
            if (service.phase() != ServiceRecord.Phase.LOST
                    || !Placement.awaited(planned, service).isEmpty()) {
                continue;
            }
            Optional<NodeId> to = Placement.choose(planned, service, node -> !usable(node, scene));
            if (to.isEmpty()) {
                continue;
            }
            Command.TakeOver command = new Command.TakeOver(
                    service.spec().name(), service.epoch(), to.get(), service.detail(), scene.wallMillis());
            planned = planned.apply(command).state();
            proposals.propose(
                    "place " + service.spec().name() + " " + service.epoch(), command, scene.nowNanos(), actions);
        }
    }

    private void moveBack(Scene scene, List<Action> actions) {
        for (ServiceRecord service : scene.state().services().values()) {
            String key = "move back " + service.spec().name();
            if (!proposals.isDue(key, scene.nowNanos())
                    || scene.state().moveInFlight(service.spec().name()).isPresent()) {
                continue;
            }
            Placement.better(scene.state(), service, node -> !usable(node, scene))
                    .ifPresent(to -> {
                        proposals.holdOff(key, scene.nowNanos() + MOVE_BACK_AGAIN_NANOS);
                        actions.add(new Action.MoveBack(service.spec().name(), service.owner(), to));
                    });
        }
    }

    /**
     * A leader that runs services dies with them, and an election comes before anything else then. So a voter that runs none
     * leads rather, a witness first.
     */
    private void yieldLeadership(Scene scene, List<Action> actions) {
        String key = "yield leadership";
        if (!proposals.isDue(key, scene.nowNanos()) || !runsServices(self, scene.state())) {
            return;
        }
        scene.state().nodes().values().stream()
                .filter(n -> scene.voters().contains(n.id()) && !runsServices(n.id(), scene.state()))
                .filter(n -> !n.id().equals(self) && usable(n.id(), scene))
                .min(Comparator.comparing((NodeRecord n) -> !n.witness()).thenComparing(NodeRecord::id))
                .ifPresent(to -> {
                    proposals.holdOff(key, scene.nowNanos() + YIELD_AGAIN_NANOS);
                    actions.add(new Action.YieldLeadership(to.id()));
                });
    }

    private static boolean runsServices(NodeId node, ClusterState state) {
        return state.services().values().stream().anyMatch(s -> s.owner().equals(node) && mayRun(s));
    }

    /** Up in the log, and heard from by this node under that boot. */
    private boolean usable(NodeId node, Scene scene) {
        return node.equals(self)
                || (!peers.silent(node, scene.nowNanos())
                        && scene.state()
                                .healthOf(node)
                                .filter(h -> peers.boot(node)
                                        .filter(b -> b == h.boot())
                                        .isPresent())
                                .isPresent());
    }
}
