package norikae.failover.sim;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import norikae.failover.member.Beat;
import norikae.failover.member.FailoverCore;
import norikae.failover.model.Epoch;
import norikae.failover.model.MoveId;
import norikae.failover.model.NodeId;
import norikae.failover.model.ServiceName;
import org.jspecify.annotations.Nullable;

/** One server: its power, its clock, its kernel's gate and watchdog, its disk, and the agent on it. Confined to one thread. */
final class SimNode {

    final NodeId id;
    final int index;
    final boolean voter;
    final boolean witness;

    /** In the kernel: lost with the power. */
    final Map<ServiceName, Copy> copies = new TreeMap<>();

    /** On the disk. */
    final Set<MoveId> prepared = new HashSet<>();

    final Set<MoveId> mayHaveRun = new HashSet<>();

    /** Written before the log is told: what was given up under an epoch is never started under it again. */
    final Map<ServiceName, Epoch> givenUp = new HashMap<>();

    private long lastBoot;

    private final Cluster cluster;
    private final Dice dice;
    private SimClock clock = new SimClock(0, 1, 1);
    private boolean on;
    private boolean bootBegun;
    private int life;
    private @Nullable SimAgent agent;
    private long frozenUntil;
    private long stalledUntil;
    private long gateUntil;
    private long watchdogAt = Long.MAX_VALUE;
    private boolean watchdogTicks;
    private long troubledAt;

    SimNode(Cluster cluster, String name, int index, boolean voter, boolean witness) {
        this.cluster = cluster;
        this.id = new NodeId(name);
        this.index = index;
        this.voter = voter;
        this.witness = witness;
        this.dice = new Dice(cluster.options.seed(), "node " + index);
    }

    String name() {
        return id.value();
    }

    // ---- power

    void powerOn() {
        if (on) {
            return;
        }
        on = true;
        trouble();
        double drift = cluster.options.drift();
        clock = new SimClock(
                cluster.time.now(), dice.between(1, 1_000 * Timeline.SECOND), 1 + dice.within(-drift, drift));
        say("is switched on");
        int present = ++life;
        cluster.time.after(dice.millis(50, 500), () -> {
            if (life == present) {
                startAgent();
            }
        });
    }

    void powerCut(String why) {
        if (!on) {
            return;
        }
        say("loses power: " + why);
        on = false;
        bootBegun = false;
        life++;
        agent = null;
        copies.clear();
        frozenUntil = 0;
        stalledUntil = 0;
        gateUntil = 0;
        watchdogAt = Long.MAX_VALUE;
        trouble();
    }

    boolean isOn() {
        return on;
    }

    // ---- the agent

    void startAgent() {
        if (!on || agent != null) {
            return;
        }
        life++;
        boolean newBoot = !bootBegun;
        if (newBoot) {
            nextBoot();
        }
        cluster.raft.forgetSome(this);
        say("its agent starts, boot " + lastBoot);
        trouble();
        agent = new SimAgent(cluster, this, new FailoverCore(id, lastBoot, now()));
        agent.start();
    }

    void crashAgent() {
        if (agent != null) {
            say("its agent dies");
            agent = null;
            life++;
            trouble();
        }
    }

    /** Begins another life of the node; remembered on the disk before it counts. */
    long nextBoot() {
        bootBegun = true;
        lastBoot = lastBoot + dice.between(1, 1_000);
        return lastBoot;
    }

    long boot() {
        return lastBoot;
    }

    int life() {
        return life;
    }

    @Nullable
    SimAgent agent() {
        return agent;
    }

    /** Whether its agent can do anything just now. */
    boolean works() {
        return agent != null && !isFrozen();
    }

    boolean isFrozen() {
        return frozenUntil > cluster.time.now();
    }

    /** Every process stops for a while, the agent and the services; the kernel and its gate go on. */
    void freeze(long nanos) {
        if (on) {
            say("is frozen for " + nanos / Timeline.MILLI + " ms");
            frozenUntil = Math.max(frozenUntil, cluster.time.now() + nanos);
            trouble();
        }
    }

    /** The agent's urgent thread does not get to run. */
    void stall(long nanos) {
        stalledUntil = Math.max(stalledUntil, cluster.time.now() + nanos);
        trouble();
    }

    void thaw() {
        frozenUntil = Math.min(frozenUntil, cluster.time.now());
        stalledUntil = Math.min(stalledUntil, cluster.time.now());
    }

    /** Runs in this life of the agent, or never; later if the node is frozen then. */
    void agentLater(long nanos, Runnable what) {
        int present = life;
        cluster.time.after(nanos, () -> inLife(present, what, false));
    }

    /** Like {@link #agentLater}, on the thread that may stall. */
    void urgentlyLater(long nanos, Runnable what) {
        int present = life;
        cluster.time.after(nanos, () -> inLife(present, what, true));
    }

    private void inLife(int present, Runnable what, boolean urgent) {
        if (life != present || agent == null) {
            return;
        }
        long ready = urgent ? Math.max(frozenUntil, stalledUntil) : frozenUntil;
        if (ready > cluster.time.now()) {
            cluster.time.at(ready + dice.millis(0, 5), () -> inLife(present, what, urgent));
        } else {
            what.run();
        }
    }

    void receive(Beat beat) {
        urgentlyLater(0, () -> {
            if (agent != null) {
                agent.heard(beat);
            }
        });
    }

    void knows() {
        if (agent != null) {
            agent.knows();
        }
    }

    // ---- kernel

    long now() {
        return clock.read(cluster.time.now());
    }

    void setGate(long untilNanos) {
        boolean unbound =
                untilNanos == FailoverCore.UNBOUND || (cluster.planted.is(Plant.LEASE_IGNORED) && untilNanos > now());
        gateUntil = unbound ? Long.MAX_VALUE : clock.realTimeOf(untilNanos);
    }

    /** Whether packets of services pass. */
    boolean gateIsOpen() {
        return on && gateUntil > cluster.time.now();
    }

    /** The agent is there, and nothing here runs without a right to. */
    void feedWatchdog() {
        if (cluster.options.watchdogs() && (gateIsOpen() || copies.isEmpty())) {
            watchdogAt = cluster.time.now() + Timeline.SECOND;
            if (!watchdogTicks) {
                watchdogTicks = true;
                cluster.time.at(watchdogAt, this::watchdog);
            }
        }
    }

    private void watchdog() {
        watchdogTicks = false;
        if (watchdogAt == Long.MAX_VALUE) {
            return;
        }
        if (cluster.time.now() < watchdogAt) {
            watchdogTicks = true;
            cluster.time.at(watchdogAt, this::watchdog);
        } else {
            powerCut("its watchdog was not fed");
            cluster.time.after(dice.millis(300, 3_000), this::powerOn);
        }
    }

    /** When something last went wrong with this node itself. */
    long troubledAt() {
        return Math.max(
                troubledAt,
                Math.max(Math.min(frozenUntil, cluster.time.now()), Math.min(stalledUntil, cluster.time.now())));
    }

    private void trouble() {
        troubledAt = cluster.time.now();
    }

    void say(String what) {
        cluster.trace.say(name(), () -> what);
    }
}
