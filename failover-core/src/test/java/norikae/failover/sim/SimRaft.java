package norikae.failover.sim;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import norikae.failover.model.ClusterState;
import norikae.failover.model.Command;
import norikae.failover.model.NodeId;
import norikae.failover.model.Outcome;
import org.jspecify.annotations.Nullable;

/**
 * The replicated log as Raft promises it: one line of entries, taken only by a leader that reaches a majority of the voters;
 * everything else that may go wrong with Raft does: leaders that have been replaced and do not know it, answers that get lost,
 * requests that are carried out long after their sender gave up, followers that learn late. Confined to one thread.
 */
final class SimRaft {

    private static final int NOBODY = -1;
    private static final long GIVE_UP_NANOS = 3 * Timeline.SECOND;

    private final Cluster cluster;
    private final Dice dice;
    private final List<ClusterState> states = new ArrayList<>();
    private final Set<NodeId> voters = new TreeSet<>();
    private final int[] known;
    private final boolean[] believesToLead;
    private final long[] lagNanos;
    private int leader = NOBODY;
    private int leaderLife;
    private long leaderGoneAt = Long.MAX_VALUE;
    private long electionNanos;

    SimRaft(Cluster cluster, ClusterState first) {
        this.cluster = cluster;
        this.dice = new Dice(cluster.options.seed(), "raft");
        int count = cluster.nodes.size();
        this.known = new int[count];
        this.believesToLead = new boolean[count];
        this.lagNanos = new long[count];
        states.add(first);
        for (SimNode node : cluster.nodes) {
            if (node.voter) {
                voters.add(node.id);
            }
            lagNanos[node.index] = dice.chance(0.3) ? dice.millis(0, cluster.options.lagMillis()) : 0;
        }
        electionNanos = dice.millis(150, 600);
        cluster.time.after(dice.millis(1, 50), this::watchLeader);
        for (SimNode node : cluster.nodes) {
            cluster.time.after(dice.millis(1, 80), () -> follow(node));
        }
    }

    Set<NodeId> voters() {
        return voters;
    }

    ClusterState newest() {
        return states.getLast();
    }

    ClusterState knownBy(SimNode node) {
        return states.get(known[node.index]);
    }

    boolean believesToLead(SimNode node) {
        return believesToLead[node.index];
    }

    int leaderIndex() {
        return leader;
    }

    /** What a restarted agent finds on its disk may be older than what it knew. */
    void forgetSome(SimNode node) {
        known[node.index] = (int) dice.between(Math.max(0, known[node.index] - 10L), known[node.index]);
        believesToLead[node.index] = false;
    }

    // ---- who leads

    private boolean commits(int candidate) {
        if (candidate == NOBODY || !cluster.nodes.get(candidate).works()) {
            return false;
        }
        int reached = 0;
        int all = 0;
        for (SimNode voter : cluster.nodes) {
            if (voter.voter) {
                all++;
                boolean there = voter.index == candidate
                        || (voter.works()
                                && cluster.net.open(candidate, voter.index)
                                && cluster.net.open(voter.index, candidate));
                reached += there ? 1 : 0;
            }
        }
        return reached > all / 2;
    }

    private void watchLeader() {
        cluster.time.after(dice.millis(30, 60), this::watchLeader);
        if (leader != NOBODY && cluster.nodes.get(leader).life() != leaderLife) {
            leader = NOBODY;
        }
        if (commits(leader)) {
            leaderGoneAt = Long.MAX_VALUE;
            return;
        }
        leaderGoneAt = Math.min(leaderGoneAt, cluster.time.now());
        if (cluster.time.now() - leaderGoneAt >= electionNanos) {
            List<SimNode> candidates = new ArrayList<>(cluster.nodes);
            candidates.removeIf(n -> !n.voter || !commits(n.index));
            if (!candidates.isEmpty()) {
                elect(dice.pick(candidates));
            }
        }
    }

    void elect(SimNode node) {
        if (!node.voter || !commits(node.index) || node.index == leader) {
            return;
        }
        int before = leader;
        leader = node.index;
        leaderLife = node.life();
        leaderGoneAt = Long.MAX_VALUE;
        electionNanos = dice.millis(150, 600);
        cluster.trace.say(node.name(), () -> "leads the log");
        int all = states.size() - 1;
        node.agentLater(dice.millis(1, 100), () -> {
            if (leader == node.index) {
                believesToLead[node.index] = true;
                known[node.index] = Math.max(known[node.index], all);
                node.knows();
            }
        });
        if (before != NOBODY) {
            SimNode old = cluster.nodes.get(before);
            long dream = cluster.isQuiet() ? dice.millis(0, 200) : dice.millis(0, 4_000);
            old.agentLater(dream, () -> {
                if (leader != old.index) {
                    believesToLead[old.index] = false;
                    old.knows();
                }
            });
        }
    }

    // ---- followers

    private void follow(SimNode node) {
        cluster.time.after(dice.millis(40, 80), () -> follow(node));
        tell(node, states.size() - 1);
    }

    private void tell(SimNode node, int index) {
        if (leader == NOBODY || known[node.index] >= index || !commits(leader)) {
            return;
        }
        if (node.index == leader) {
            node.agentLater(0, () -> learn(node, index));
        } else if (cluster.net.open(leader, node.index) && cluster.net.open(node.index, leader)) {
            long lag = cluster.isQuiet() ? 0 : lagNanos[node.index];
            cluster.time.after(cluster.net.delay() + lag, () -> node.agentLater(0, () -> learn(node, index)));
        }
    }

    private void learn(SimNode node, int index) {
        if (index > known[node.index]) {
            known[node.index] = index;
            node.knows();
        }
    }

    // ---- asking

    /** The answer comes to this life of the agent, {@code null} if it has waited in vain; the command may work all the same. */
    void submit(SimNode node, Command command, Consumer<@Nullable Outcome> answer) {
        Reply<Outcome> reply = new Reply<>(answer);
        node.agentLater(GIVE_UP_NANOS, () -> reply.come(null));
        attempt(node, reply, () -> {
            Outcome outcome = append(command);
            return () -> reply.come(outcome);
        });
    }

    /** What the log says just now, with certainty; {@code null} if it cannot be had. */
    void read(SimNode node, Consumer<@Nullable ClusterState> answer) {
        Reply<ClusterState> reply = new Reply<>(answer);
        node.agentLater(GIVE_UP_NANOS, () -> reply.come(null));
        attempt(node, reply, () -> {
            int index = states.size() - 1;
            return () -> {
                learn(node, index);
                reply.come(states.get(index));
            };
        });
    }

    private static final class Reply<T> {
        private final Consumer<@Nullable T> answer;
        private boolean came;

        Reply(Consumer<@Nullable T> answer) {
            this.answer = answer;
        }

        void come(@Nullable T what) {
            if (!came) {
                came = true;
                answer.accept(what);
            }
        }
    }

    private interface Entry {
        /** Takes effect, and returns what tells the asker. */
        Runnable take();
    }

    private void attempt(SimNode node, Reply<?> reply, Entry entry) {
        if (reply.came) {
            return;
        }
        int to = leader;
        boolean reaches = to == node.index
                || (to != NOBODY && cluster.net.open(node.index, to) && cluster.net.open(to, node.index));
        if (!reaches) {
            node.agentLater(dice.millis(50, 150), () -> attempt(node, reply, entry));
            return;
        }
        int life = node.life();
        boolean late = cluster.net.straggles();
        long way = late ? cluster.net.straggling() : cluster.net.delay();
        cluster.time.after(way, () -> {
            boolean taken = late ? commits(leader) : leader == to && commits(to);
            if (!taken) { // the asker asks again, if it is still there
                if (node.life() == life) {
                    node.agentLater(dice.millis(50, 150), () -> attempt(node, reply, entry));
                }
                return;
            }
            Runnable answer = entry.take();
            if (cluster.net.open(to, node.index) && !cluster.net.straggles() && node.life() == life) {
                long back = cluster.net.delay();
                cluster.time.after(back, () -> {
                    if (node.life() == life) {
                        node.agentLater(0, answer);
                    }
                });
            }
        });
    }

    /** An operator's command, or the cluster's past: it takes effect at once. */
    Outcome append(Command command) {
        ClusterState before = newest();
        Command taken = cluster.planted.inLog(command, before);
        ClusterState.Applied applied = before.apply(taken);
        cluster.trace.say("log", () -> taken + " -> " + applied.outcome());
        if (applied.outcome() instanceof Outcome.Accepted
                && applied.state().eventSequence() != before.eventSequence()) {
            states.add(applied.state());
            int index = states.size() - 1;
            cluster.checks.applied(taken, before, applied.state());
            for (SimNode node : cluster.nodes) {
                tell(node, index);
            }
            cluster.planted.afterwards(taken);
        }
        return applied.outcome();
    }
}
