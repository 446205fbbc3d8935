package norikae.failover.sim;

import java.util.ArrayList;
import java.util.List;
import norikae.failover.model.Command;
import norikae.failover.model.FailoverPolicy;
import norikae.failover.model.ServiceName;

/** Does harm, until it is told to stop; then heals everything. Confined to one thread. */
final class Nemesis {

    private enum Harm {
        AGENT_DIES,
        POWER_CUT,
        FREEZE,
        AGENT_STALLS,
        TICKS_STALL,
        ONE_WAY,
        PAIR,
        ISOLATE,
        ISOLATE_LEADER,
        PARTITION,
        LOSSY,
        SLOW,
        LEADER_MOVES,
        LAG,
        EXIT,
        LEAVE,
        POLICY
    }

    private final World world;
    private final Dice dice;
    private boolean ended;

    Nemesis(World world) {
        this.world = world;
        this.dice = world.dice("nemesis");
        if (world.options.moves()) {
            world.time.after(dice.millis(2_000, 4_000), this::move);
        }
        if (!world.options.calm()) {
            world.time.after(dice.millis(2_000, 4_000), this::harm);
        }
    }

    void end() {
        ended = true;
        world.say(() -> "---- the faults end");
        world.network.heal();
        world.log.answerLoss = 0;
        world.log.late = 0;
        world.fencing.fails = 0;
        world.fencing.hangs = 0;
        for (SimNode node : world.nodes) {
            world.log.lag(node, dice.millis(1, 50));
            node.powerOn();
            node.startAgent();
        }
    }

    private void move() {
        if (ended) {
            return;
        }
        SimNode from = dice.pick(world.workers());
        SimNode to = dice.pick(world.workers());
        ServiceName service = dice.pick(world.services);
        if (from != to && from.answers() && from.agent != null) {
            from.agent.mover.migrate(service, to);
        }
        world.time.after(dice.millis(100, 1_500), this::move);
    }

    private void harm() {
        if (ended) {
            return;
        }
        Harm harm = dice.oneOf(Harm.values());
        if (harm != Harm.POLICY || world.options.policyChanges()) {
            harm(harm, dice.pick(world.nodes));
        }
        world.time.after(
                dice.millis(world.options.faultEveryMillis() * 0.2, world.options.faultEveryMillis() * 1.8),
                this::harm);
    }

    private void harm(Harm harm, SimNode node) {
        long length = dice.skewedMillis(100, 8_000);
        switch (harm) {
            case EXIT, LEAVE, POLICY -> {}
            default -> {
                world.trouble.lasts(length);
                world.say(() -> "---- " + harm + " " + node.id + " for " + length / 1_000_000 + " ms");
            }
        }
        switch (harm) {
            case AGENT_DIES -> {
                node.crashAgent();
                world.time.after(length / 2, node::startAgent);
            }
            case POWER_CUT -> {
                node.powerCut("by chance");
                world.time.after(length + dice.millis(300, 3_000), node::powerOn);
            }
            case FREEZE -> node.freeze(length);
            case AGENT_STALLS -> {
                if (node.agent != null) {
                    node.agent.stall(length);
                }
            }
            case TICKS_STALL -> {
                if (node.agent != null) {
                    node.agent.stallTicks(length / 4);
                }
            }
            case ONE_WAY -> cut(node, dice.pick(world.nodes), length);
            case PAIR -> {
                SimNode other = dice.pick(world.nodes);
                cut(node, other, length);
                cut(other, node, length);
            }
            case ISOLATE -> isolate(List.of(node), length);
            case ISOLATE_LEADER -> {
                SimNode leader = world.log.leader();
                if (leader != null) {
                    isolate(List.of(leader), length);
                }
            }
            case PARTITION -> {
                List<SimNode> side = new ArrayList<>(world.nodes);
                side.removeIf(n -> dice.chance(0.5));
                isolate(side, length);
            }
            case LOSSY -> {
                world.network.loss = dice.between(0.1, 0.6);
                world.time.after(length, () -> world.network.loss = world.options.loss());
            }
            case SLOW -> {
                world.network.delayMillisMax = dice.between(50.0, 1_000.0);
                world.time.after(length, () -> world.network.delayMillisMax = world.options.delayMillisMax());
            }
            case LEADER_MOVES -> world.log.transferTo(node);
            case LAG -> world.log.lag(node, dice.skewedMillis(5, 4_000));
            case EXIT -> exit(node);
            case LEAVE -> {
                if (node.answers() && node.agent != null) {
                    node.agent.keeper.leave(dice.pick(world.services));
                }
            }
            case POLICY -> changePolicy();
        }
    }

    private void cut(SimNode from, SimNode to, long length) {
        world.network.cut(from, to, true);
        world.time.after(length, () -> world.network.cut(from, to, false));
    }

    private void isolate(List<SimNode> side, long length) {
        for (SimNode inside : side) {
            for (SimNode outside : world.nodes) {
                if (!side.contains(outside)) {
                    cut(inside, outside, length);
                    cut(outside, inside, length);
                }
            }
        }
    }

    private void exit(SimNode node) {
        Copy copy = node.copies.get(dice.pick(world.services));
        if (copy != null && copy.runs() && copy.move == null && node.goes()) {
            node.copies.remove(copy.service);
            world.safety.excuse(copy.service);
            if (node.agent != null) {
                node.agent.keeper.ended(copy);
            }
        }
    }

    private void changePolicy() {
        FailoverPolicy old = world.options.policy();
        FailoverPolicy other = new FailoverPolicy(
                dice.chance(0.7),
                old.beatMillis(),
                old.beatMillis() * dice.between(4, 15),
                old.beatMillis() * dice.between(3, 8),
                old.watchdogSeconds());
        if (world.log.leader() != null) {
            world.log.apply(new Command.SetFailover(other, 0));
        }
        world.time.after(dice.millis(10, 3_000), () -> {
            if (world.log.leader() != null) {
                world.log.apply(new Command.SetFailover(old, 0));
            }
        });
    }
}
