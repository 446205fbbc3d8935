package norikae.failover.sim;

import norikae.failover.member.Action;
import norikae.failover.member.Beat;
import norikae.failover.member.FailoverCore;
import norikae.failover.model.ClusterState;
import norikae.failover.model.Command;
import norikae.failover.model.Epoch;
import norikae.failover.model.NodeHealth;
import norikae.failover.model.Outcome;
import norikae.failover.model.ServiceName;
import norikae.failover.model.ServiceRecord;

/** The agent's drivers as {@code norikae.agent.failover} has them, around the real core. Lives as long as one process. */
final class SimAgent {

    private final Cluster cluster;
    private final SimNode node;
    private final FailoverCore core;
    private final Dice dice;
    private final SimKeeper keeper;
    private final SimMoves moves;
    private ClusterState known = ClusterState.EMPTY;
    private boolean givingUp;

    SimAgent(Cluster cluster, SimNode node, FailoverCore core) {
        this.cluster = cluster;
        this.node = node;
        this.core = core;
        this.dice = new Dice(cluster.options.seed() + node.life(), "agent " + node.index);
        this.keeper = new SimKeeper(cluster, node, this);
        this.moves = new SimMoves(cluster, node, this);
    }

    void start() {
        knows();
        node.urgentlyLater(dice.millis(0, 20), this::tick);
        settleIn();
    }

    FailoverCore core() {
        return core;
    }

    SimKeeper keeper() {
        return keeper;
    }

    SimMoves moves() {
        return moves;
    }

    /** The log as this node knows it. */
    ClusterState known() {
        return known;
    }

    /** Whether the log trusts the present life of this node, as far as this node knows. */
    boolean isTrusted() {
        return known.healthOf(node.id)
                .filter(h -> h.boot() == node.boot() && h.phase() == NodeHealth.Phase.UP)
                .isPresent();
    }

    void heard(Beat beat) {
        core.heard(cluster.planted.onReceipt(beat, node), node.now());
    }

    void knows() {
        ClusterState state = cluster.raft.knownBy(node);
        known = state.eventSequence() >= known.eventSequence() ? state : known;
        core.known(known, cluster.raft.voters(), cluster.raft.believesToLead(node), node.now());
    }

    private void settleIn() {
        cluster.raft.read(node, state -> {
            if (state == null) {
                settleIn();
                return;
            }
            knows();
            core.caughtUp();
            announce(node.boot());
            node.agentLater(dice.millis(0, 100), this::look);
        });
    }

    private void announce(long boot) {
        cluster.raft.submit(node, new Command.NodeUp(node.id, boot, 0), outcome -> {
            if (boot != node.boot()) {
                return;
            }
            switch (outcome) {
                case null -> announce(boot);
                case Outcome.Accepted _ -> keeper.nodeIsUp();
                case Outcome.Refused refused when refused.code() == Outcome.Refusal.NOT_ALLOWED -> beginAnotherLife();
                case Outcome.Refused _ -> node.agentLater(dice.millis(200, 500), () -> announce(boot));
            }
        });
    }

    private void beginAnotherLife() {
        if (givingUp) { // the log's refusal and the core tell the same
            return;
        }
        givingUp = true;
        keeper.nodeIsGivenUp();
        node.agentLater(dice.millis(0, 600), () -> {
            givingUp = false;
            keeper.killAll();
            long boot = node.nextBoot();
            node.say("begins another life, boot " + boot);
            core.reborn(boot);
            announce(boot);
        });
    }

    private void tick() {
        for (Action action : core.tick(node.now(), 0)) {
            carryOut(action);
        }
        node.feedWatchdog();
        long next = cluster.options.tickMillis() * Timeline.MILLI;
        node.urgentlyLater(dice.between(next * 3 / 4, next * 5 / 4), this::tick);
    }

    private void look() {
        keeper.look();
        moves.look();
        node.agentLater(dice.millis(80, 160), this::look);
    }

    private void carryOut(Action action) {
        switch (action) {
            case Action.SendBeat send -> {
                if (cluster.planted.is(Plant.HEARTBEATS_TOO_SELDOM) && node.index == 0 && dice.chance(0.9)) {
                    return;
                }
                for (SimNode other : cluster.nodes) {
                    if (other != node) {
                        cluster.net.send(node.index, other.index, () -> other.receive(send.beat()));
                    }
                }
            }
            case Action.SetGate set -> {
                node.setGate(set.untilNanos());
                cluster.checks.look();
            }
            case Action.Propose propose ->
                cluster.raft.submit(node, propose.command(), _ -> core.proposed(propose.key(), node.now()));
            case Action.Fence fence -> {
                node.say("has " + fence.node() + " fenced (boot " + fence.boot() + ")");
                cluster.fencers.stop(
                        node, fence.node(), result -> core.fenced(fence.node(), fence.boot(), result, node.now()));
            }
            case Action.MoveBack back -> cluster.moveService(back.service(), back.to());
            case Action.YieldLeadership to -> {
                SimNode next = cluster.node(to.to());
                cluster.net.call(node.index, next.index, () -> {
                    if (cluster.raft.leaderIndex() == node.index) {
                        cluster.raft.elect(next);
                    }
                });
            }
            case Action.Surrender surrender -> {
                if (cluster.planted.is(Plant.LEASE_IGNORED) && isTrusted()) {
                    return;
                }
                node.say("surrenders: " + surrender.reason());
                beginAnotherLife();
            }
        }
    }

    void insist(Command command, java.util.function.Consumer<Outcome> answer) {
        cluster.raft.submit(node, command, outcome -> {
            if (outcome == null) {
                node.agentLater(dice.millis(100, 200), () -> insist(command, answer));
            } else {
                answer.accept(outcome);
            }
        });
    }

    void report(
            ServiceName service, Epoch epoch, ServiceRecord.Phase phase, java.util.function.Consumer<Outcome> answer) {
        insist(new Command.ReportService(service, node.id, epoch, phase, "", 0), answer);
    }
}
