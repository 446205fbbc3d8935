package norikae.failover.sim;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import norikae.failover.model.MoveId;
import norikae.failover.model.NodeId;
import norikae.failover.model.NodeRecord;
import norikae.failover.model.ServiceName;
import org.jspecify.annotations.Nullable;

/** A server: its power, its kernel, its disk, and the agent that runs on it or does not. Confined to one thread. */
final class SimNode {

    final NodeId id;
    final int index;
    final boolean votes;
    final boolean witness;

    /** What its kernel holds: gone with the power. */
    final Map<ServiceName, Copy> copies = new TreeMap<>();

    /** Records of moves that came in, on a tmpfs. */
    final Map<MoveId, Residue> residues = new TreeMap<>();

    /** On its disk. */
    final Set<MoveId> prepared = new HashSet<>();

    final Set<MoveId> mayHaveRun = new HashSet<>();
    long lastBoot;
    final Map<ServiceName, Integer> restarts = new HashMap<>();

    SimClock clock;

    @Nullable
    SimAgent agent;

    /** 0 until this start of the machine has begun a life. */
    long presentBoot;

    private final World world;
    private final Dice dice;
    private boolean powered = true;
    private long frozenUntil;
    private long gateUntil;
    private long watchdogDeadline = Long.MAX_VALUE;
    private boolean watchdogRuns;
    private int starts;

    /** What a move has left of a copy on its way in. */
    static final class Residue {
        final ServiceName service;
        final long epoch;
        boolean released;

        Residue(ServiceName service, long epoch) {
            this.service = service;
            this.epoch = epoch;
        }
    }

    SimNode(World world, NodeId id, int index, boolean votes, boolean witness, Dice clocks) {
        this.world = world;
        this.id = id;
        this.index = index;
        this.votes = votes;
        this.witness = witness;
        this.dice = world.dice("node " + index);
        this.clock = newClock(clocks);
    }

    NodeRecord record() {
        return new NodeRecord(id, "10.0.0." + (index + 1), 7001, 7002, 7003, witness);
    }

    private SimClock newClock(Dice of) {
        double drift = world.options.drift();
        return new SimClock(world.time.now(), of.millis(1, 100_000), 1 + of.between(-drift, drift));
    }

    long local() {
        return clock.local(world.time.now());
    }

    boolean powered() {
        return powered;
    }

    /** Whether processes on it run. */
    boolean goes() {
        return powered && frozenUntil <= world.time.now();
    }

    /** Whether its agent, and the log's server in it, would answer. */
    boolean answers() {
        SimAgent a = agent;
        return goes() && a != null && !a.paused();
    }

    // ---- agent

    void startAgent() {
        if (powered && agent == null) {
            agent = new SimAgent(world, this, ++starts);
            world.say(() -> id + " agent starts, boot " + presentBoot);
            agent.start();
        }
    }

    void crashAgent() {
        if (agent != null) {
            world.say(() -> id + " agent dies");
            agent = null;
            copies.values().removeIf(c -> c.state == Copy.State.STARTING);
        }
    }

    // ---- power and pauses

    void freeze(long nanos) {
        if (powered) {
            frozenUntil = Math.max(frozenUntil, world.time.now() + nanos);
            world.say(() -> id + " freezes for " + nanos / 1_000_000 + " ms");
            world.time.after(nanos, () -> {
                if (goes() && agent != null) {
                    agent.goOn();
                }
            });
        }
    }

    void powerCut(String why) {
        if (!powered) {
            return;
        }
        world.say(() -> id + " loses power: " + why);
        powered = false;
        agent = null;
        copies.clear();
        residues.clear();
        presentBoot = 0;
        gateUntil = 0;
        frozenUntil = 0;
        watchdogDeadline = Long.MAX_VALUE;
        world.trouble.lasts(0);
    }

    void powerOn() {
        if (powered) {
            return;
        }
        powered = true;
        clock = newClock(dice);
        world.say(() -> id + " has power again");
        world.trouble.lasts(3 * Timeline.SECOND);
        startAgent();
    }

    // ---- kernel

    void setGate(long untilLocal) {
        if (untilLocal != gateUntil) {
            gateUntil = untilLocal;
        }
    }

    boolean gateOpen() {
        return powered && gateUntil > local();
    }

    /** The agent tells the watchdog that all is well; from then on it waits so long for the next time. */
    void pet(long nanos) {
        watchdogDeadline = local() + nanos;
        if (!watchdogRuns) {
            watchdogRuns = true;
            watch();
        }
    }

    private void watch() {
        long left = watchdogDeadline - local();
        if (!powered || watchdogDeadline == Long.MAX_VALUE) {
            watchdogRuns = false;
        } else if (left > 0) {
            world.time.after(clock.trueLength(left), this::watch);
        } else {
            watchdogRuns = false;
            watchdogDeadline = Long.MAX_VALUE;
            if (!copies.isEmpty()) {
                powerCut("its watchdog resets it");
                world.time.after(dice.millis(500, 4_000), this::powerOn);
            }
        }
    }
}
