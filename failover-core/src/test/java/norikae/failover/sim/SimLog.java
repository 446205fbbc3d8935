package norikae.failover.sim;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import norikae.failover.model.ClusterEvent;
import norikae.failover.model.ClusterState;
import norikae.failover.model.Command;
import norikae.failover.model.NodeId;
import norikae.failover.model.Outcome;
import org.jspecify.annotations.Nullable;

/**
 * The replicated log as its users see it: entries are taken by a leader that reaches a majority, one after the other;
 * leadership moves, answers are lost, submissions come late, followers know late. Confined to one thread.
 */
final class SimLog {

    private static final long PATIENCE = 3 * Timeline.SECOND;
    private static final long LOOK = 100 * Timeline.MILLI;

    private record Entry(ClusterState state, long at) {}

    private final World world;
    private final Dice dice;
    private final List<Entry> entries = new ArrayList<>();
    private final Set<NodeId> voters = new HashSet<>();
    private int[] known = new int[0];
    private long[] lag = new long[0];
    private @Nullable SimNode[] believed = new SimNode[0];
    private @Nullable SimNode leader;
    private long leaderlessSince;
    private long electionNanos;
    double answerLoss;
    double late;

    SimLog(World world) {
        this.world = world;
        this.dice = world.dice("log");
        this.answerLoss = world.options.answerLoss();
        this.late = world.options.late();
    }

    /** The members are in it from the beginning. */
    void found() {
        ClusterState state = ClusterState.EMPTY;
        for (SimNode node : world.nodes) {
            state = state.apply(new Command.AddNode(node.record(), 0)).state();
            if (node.votes) {
                voters.add(node.id);
            }
        }
        entries.add(new Entry(state, 0));
        known = new int[world.nodes.size()];
        lag = new long[world.nodes.size()];
        believed = new SimNode[world.nodes.size()];
        world.nodes.forEach(node -> lag[node.index] = dice.skewedMillis(1, 150));
        electionNanos = dice.millis(300, 1_200);
        look();
    }

    ClusterState state() {
        return entries.getLast().state();
    }

    Set<NodeId> voters() {
        return voters;
    }

    // ---- leadership

    private boolean reachesMajority(SimNode node) {
        int reached = 0;
        for (SimNode other : world.nodes) {
            if (other.votes && (other == node ? node.answers() : world.network.reach(node, other))) {
                reached++;
            }
        }
        return reached > voters.size() / 2;
    }

    private @Nullable SimNode working() {
        SimNode node = leader;
        return node != null && reachesMajority(node) ? node : null;
    }

    private void look() {
        if (working() != null) {
            leaderlessSince = world.time.now();
        } else if (world.time.now() - leaderlessSince > electionNanos) {
            List<SimNode> able = world.nodes.stream()
                    .filter(n -> n.votes && reachesMajority(n))
                    .toList();
            if (!able.isEmpty()) {
                lead(dice.pick(able));
            }
        }
        SimNode now = leader;
        for (SimNode node : world.nodes) {
            // Whoever is cut off believes for a while what it believed.
            if (now != null && (node == now ? node.answers() : world.network.reach(node, now))) {
                believed[node.index] = now;
            } else if (dice.chance(0.1)) {
                believed[node.index] = null;
            }
        }
        world.time.after(LOOK, this::look);
    }

    private void lead(SimNode node) {
        if (leader != node) {
            world.say(() -> node.id + " leads the log");
        }
        leader = node;
        leaderlessSince = world.time.now();
        electionNanos = dice.millis(300, 1_200);
    }

    boolean leads(SimNode node) {
        return believed[node.index] == node;
    }

    @Nullable
    SimNode leader() {
        return working();
    }

    void transferTo(SimNode node) {
        if (node.votes && working() != null && reachesMajority(node)) {
            lead(node);
        }
    }

    // ---- knowing

    void lag(SimNode node, long nanos) {
        lag[node.index] = nanos;
    }

    /** What this node has learned so far. */
    ClusterState latestKnown(SimNode node) {
        SimNode now = working();
        if (now != null && (now == node || world.network.reach(node, now))) {
            int i = known[node.index];
            long horizon = world.time.now() - lag[node.index];
            while (i + 1 < entries.size() && entries.get(i + 1).at() <= horizon) {
                i++;
            }
            known[node.index] = i;
        }
        return entries.get(known[node.index]).state();
    }

    /** What is certain; empty if no majority answered in time. */
    void read(SimAgent asker, Consumer<Optional<ClusterState>> answer) {
        attempt(asker, world.time.now() + PATIENCE, answer, this::state);
    }

    /** Empty if no answer came; then it may have been taken, now or later. */
    void submit(SimAgent asker, Command command, Consumer<Optional<Outcome>> answer) {
        if (dice.chance(late)) {
            world.time.after(PATIENCE + dice.millis(0, 5_000), () -> {
                if (working() != null) {
                    world.say(() -> "comes late: " + command);
                    apply(command);
                }
            });
            asker.later(PATIENCE, () -> answer.accept(Optional.empty()));
            return;
        }
        attempt(asker, world.time.now() + PATIENCE, answer, () -> apply(command));
    }

    private <T> void attempt(
            SimAgent asker, long until, Consumer<Optional<T>> answer, java.util.function.Supplier<T> what) {
        SimNode now = working();
        if (now == null || (now != asker.node && !world.network.reach(asker.node, now))) {
            if (world.time.now() + LOOK < until) {
                asker.later(LOOK, () -> attempt(asker, until, answer, what));
            } else {
                asker.later(until - world.time.now(), () -> answer.accept(Optional.empty()));
            }
            return;
        }
        world.time.after(world.network.delay() + dice.millis(1, 12), () -> {
            if (working() == null) {
                asker.later(until - world.time.now(), () -> answer.accept(Optional.empty()));
                return;
            }
            T got = what.get();
            if (dice.chance(answerLoss)) {
                asker.later(until - world.time.now(), () -> answer.accept(Optional.empty()));
            } else {
                asker.later(world.network.delay(), () -> answer.accept(Optional.of(got)));
            }
        });
    }

    Outcome apply(Command command) {
        ClusterState before = state();
        ClusterState.Applied applied = world.seams.apply(before, command);
        if (applied.state().eventSequence() != before.eventSequence()) {
            entries.add(new Entry(applied.state(), world.time.now()));
            for (ClusterEvent event : applied.state().events()) {
                if (event.sequence() > before.eventSequence()) {
                    world.say(() -> "log " + event.sequence() + " " + event.kind() + ": " + event.text());
                }
            }
            world.safety.changed(before, command, applied.state());
        } else if (applied.outcome() instanceof Outcome.Refused refused) {
            world.say(() -> "log refuses " + command.getClass().getSimpleName() + ": " + refused.message());
        }
        world.seams.answered(command, applied.outcome());
        return applied.outcome();
    }
}
