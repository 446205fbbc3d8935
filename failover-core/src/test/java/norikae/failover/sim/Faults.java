package norikae.failover.sim;

import java.util.List;
import norikae.failover.model.Command;
import norikae.failover.model.FailoverPolicy;
import norikae.failover.model.ServiceName;

/** Whatever goes wrong, and whatever operators do meanwhile. Confined to one thread. */
final class Faults {

    private enum Kind {
        POWER_CUT,
        AGENT_CRASH,
        FREEZE,
        STALL,
        ONE_WAY_CUT,
        PARTITION,
        ISOLATION,
        ISOLATED_LEADER,
        WITNESS_ONLY,
        HELD_UP,
        SLOW,
        LOSSY,
        OTHER_LEADER,
        EXIT,
        LEAVE,
        MOVE,
        MOVE_AND_STRIKE,
        MAINTENANCE,
        SWITCH
    }

    private final Cluster cluster;
    private final Dice dice;
    private long lastTroubleAt;

    Faults(Cluster cluster) {
        this.cluster = cluster;
        this.dice = new Dice(cluster.options.seed(), "faults");
    }

    void start() {
        cluster.time.after(dice.millis(0, 2L * cluster.options.faultEveryMillis()), this::next);
    }

    /** Until when something was wrong that can make a node look dead. */
    long lastTroubleAt() {
        return Math.min(lastTroubleAt, cluster.time.now());
    }

    private void trouble(long nanos) {
        lastTroubleAt = Math.max(lastTroubleAt, cluster.time.now() + nanos);
    }

    void end() {
        lastTroubleAt = Math.min(lastTroubleAt, cluster.time.now());
    }

    private void next() {
        if (cluster.isQuiet()) {
            return;
        }
        strike(kind());
        start();
    }

    private Kind kind() {
        if (cluster.options.calm()) {
            return dice.chance(0.5) ? Kind.MOVE : Kind.OTHER_LEADER;
        }
        if (cluster.options.switching() && dice.chance(0.25)) {
            return Kind.SWITCH;
        }
        if (dice.chance(0.08)) {
            return Kind.HELD_UP;
        }
        Kind kind = dice.pick(List.of(Kind.values()));
        boolean moves = kind == Kind.MOVE || kind == Kind.MOVE_AND_STRIKE;
        if ((moves && !cluster.options.moves()) || (kind == Kind.SWITCH && !cluster.options.switching())) {
            return Kind.FREEZE;
        }
        return kind;
    }

    private void strike(Kind kind) {
        long nanos = dice.chance(0.5) ? dice.millis(50, 1_000) : dice.millis(500, 7_000);
        SimNode node = dice.pick(cluster.nodes);
        SimNode other = dice.pick(cluster.nodes);
        cluster.trace.say("fault", () -> kind + " " + node.id + " " + other.id + " " + nanos / Timeline.MILLI + " ms");
        switch (kind) {
            case POWER_CUT -> {
                trouble(nanos);
                node.powerCut("cut");
                cluster.time.after(nanos, node::powerOn);
            }
            case AGENT_CRASH -> {
                trouble(nanos);
                node.crashAgent();
                cluster.time.after(nanos, node::startAgent);
            }
            case FREEZE -> {
                trouble(nanos);
                node.freeze(nanos);
            }
            case STALL -> {
                trouble(nanos);
                node.stall(nanos);
            }
            case ONE_WAY_CUT -> cut(node, other, nanos);
            case PARTITION -> partition(nanos);
            case ISOLATION -> isolate(node, nanos, false);
            case ISOLATED_LEADER -> {
                int leader = cluster.raft.leaderIndex();
                isolate(leader < 0 ? node : cluster.nodes.get(leader), nanos, false);
            }
            case WITNESS_ONLY -> isolate(node, nanos, true);
            case HELD_UP -> {
                // Longer than that, and the node has given its services up before it hears of its old grants.
                int lease = cluster.options.policy().leaseMillis();
                cluster.net.hold(node.index, dice.millis(lease / 2, lease + 300));
                isolate(node, nanos + dice.millis(0, 5_000), false);
            }
            case SLOW -> {
                trouble(nanos + 3 * Timeline.SECOND);
                cluster.net.worsen(0, dice.pick(List.of(3, 10, 100)), nanos);
            }
            case LOSSY -> {
                trouble(nanos);
                cluster.net.worsen(dice.within(0.05, 0.6), 1, nanos);
            }
            case OTHER_LEADER -> cluster.raft.elect(node);
            case EXIT -> {
                if (!node.copies.isEmpty()) {
                    ServiceName name = dice.pick(List.copyOf(node.copies.keySet()));
                    node.say("loses " + node.copies.remove(name) + ": it ends by itself");
                }
            }
            case LEAVE -> {
                SimAgent agent = node.agent();
                if (agent != null && node.works() && !node.copies.isEmpty()) {
                    agent.keeper().leave(dice.pick(List.copyOf(node.copies.keySet())));
                }
            }
            case MOVE -> move(other);
            case MOVE_AND_STRIKE -> {
                move(other);
                cluster.time.after(dice.millis(0, 1_200), () -> {
                    if (!cluster.isQuiet()) {
                        strike(dice.pick(List.of(
                                Kind.POWER_CUT, Kind.AGENT_CRASH, Kind.FREEZE, Kind.ISOLATION, Kind.PARTITION)));
                    }
                });
            }
            case MAINTENANCE -> {
                boolean now = dice.chance(0.4);
                var _ = cluster.raft.append(new Command.SetMaintenance(node.id, now, 0));
            }
            case SWITCH -> switchPolicy();
        }
        cluster.checks.look();
    }

    private void switchPolicy() {
        FailoverPolicy policy = cluster.options.policy();
        int lease = dice.chance(0.5) ? policy.leaseMillis() : policy.leaseMillis() * 4;
        var _ = cluster.raft.append(new Command.SetFailover(
                new FailoverPolicy(
                        dice.chance(0.6), policy.beatMillis(), lease, policy.suspectMillis(), policy.watchdogSeconds()),
                0));
    }

    private void move(SimNode to) {
        if (!to.witness) {
            cluster.moveService(dice.pick(cluster.serviceNames), to.id);
        }
    }

    private void cut(SimNode from, SimNode to, long nanos) {
        if (from != to) {
            trouble(nanos);
            cluster.net.cut(from.index, to.index, nanos);
        }
    }

    private void partition(long nanos) {
        boolean[] left = new boolean[cluster.nodes.size()];
        for (int i = 0; i < left.length; i++) {
            left[i] = dice.chance(0.5);
        }
        for (SimNode a : cluster.nodes) {
            for (SimNode b : cluster.nodes) {
                if (left[a.index] != left[b.index]) {
                    cut(a, b, nanos);
                }
            }
        }
    }

    private void isolate(SimNode node, long nanos, boolean butForOne) {
        int friend = butForOne ? dice.below(cluster.nodes.size()) : -1;
        for (SimNode other : cluster.nodes) {
            boolean spared = butForOne && (other.witness || other.index == friend);
            if (!spared) {
                cut(node, other, nanos);
                cut(other, node, nanos);
            }
        }
    }
}
