package norikae.failover.sim;

import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.function.Consumer;
import norikae.failover.member.Action;
import norikae.failover.member.Alarm;
import norikae.failover.member.Beat;
import norikae.failover.member.FailoverCore;
import norikae.failover.model.ClusterState;
import norikae.failover.model.Command;
import norikae.failover.model.FailoverPolicy;
import norikae.failover.model.Outcome;
import norikae.failover.model.ServiceName;

/**
 * One run of a node's agent around a real {@link FailoverCore}: does what {@code norikae.agent.failover.FailoverDriver} does,
 * one thing after the other in place of its threads. Confined to one thread.
 */
final class SimAgent {

    private static final long LOOK_AT_LOG = 50 * Timeline.MILLI;
    private static final long BETWEEN = 200 * Timeline.MILLI;
    private static final int DEFERRED_MAX = 2_000; // what a socket keeps while nobody reads

    final SimNode node;
    final int number;
    final Keeper keeper;
    final Mover mover;

    /** Services that something is being done with, as {@code ServiceActivities}. */
    final Set<ServiceName> busy = new HashSet<>();

    private final World world;
    private final FailoverCore core;
    private final Queue<Runnable> deferred = new ArrayDeque<>();
    private ClusterState newest = ClusterState.EMPTY;
    private long nextLook;
    private long stalledUntil;
    private long ticksStalledUntil;
    private long gateUntil = Long.MIN_VALUE;

    SimAgent(World world, SimNode node, int number) {
        this.world = world;
        this.node = node;
        this.number = number;
        if (node.presentBoot == 0) {
            nextBoot();
        }
        this.core = new FailoverCore(node.id, node.presentBoot, node.local());
        this.keeper = new Keeper(world, this);
        this.mover = new Mover(world, this);
    }

    private void nextBoot() {
        node.lastBoot = Math.max(node.lastBoot + 1, 1_000 + world.time.now() / Timeline.MILLI);
        node.presentBoot = node.lastBoot;
    }

    void start() {
        insistOnReading(state -> {
            newest = newer(newest, state);
            know();
            core.caughtUp();
            announce();
        });
        later(world.options.tickMillis() * Timeline.MILLI * node.index / 8, this::tick);
    }

    // ---- time and pauses

    boolean paused() {
        return !node.goes() || stalledUntil > world.time.now();
    }

    /** Later, if this agent lives then; if it stands still then, as soon as it goes on. */
    void later(long nanos, Runnable what) {
        world.time.after(nanos, () -> whenItGoes(what));
    }

    private void whenItGoes(Runnable what) {
        if (node.agent != this) {
            return;
        }
        if (!paused()) {
            what.run();
        } else if (deferred.size() < DEFERRED_MAX) {
            deferred.add(what);
        }
    }

    /** The whole process stands still, its node does not. */
    void stall(long nanos) {
        world.say(() -> node.id + " agent stalls for " + nanos / 1_000_000 + " ms");
        stalledUntil = Math.max(stalledUntil, world.time.now() + nanos);
        world.time.after(nanos, () -> {
            if (node.agent == this) {
                goOn();
            }
        });
    }

    /** The thread of the core alone gets no processor. */
    void stallTicks(long nanos) {
        ticksStalledUntil = Math.max(ticksStalledUntil, world.time.now() + nanos);
    }

    void goOn() {
        while (!paused() && node.agent == this) {
            Runnable next = deferred.poll();
            if (next == null) {
                return;
            }
            next.run();
        }
    }

    // ---- the core's thread

    private void tick() {
        long wait = ticksStalledUntil - world.time.now();
        if (wait > 0) {
            later(wait, this::tick);
            return;
        }
        if (world.time.now() >= nextLook) {
            nextLook = world.time.now() + LOOK_AT_LOG;
            newest = newer(newest, world.log.latestKnown(node));
            know();
        }
        for (Action action : core.tick(node.local(), world.time.now() / Timeline.MILLI)) {
            carryOut(action);
        }
        tellWatchdog();
        keeper.look();
        mover.look();
        later(world.options.tickMillis() * Timeline.MILLI, this::tick);
    }

    private void know() {
        core.known(newest, world.log.voters(), world.log.leads(node), node.local());
    }

    private static ClusterState newer(ClusterState known, ClusterState candidate) {
        return candidate.eventSequence() >= known.eventSequence() ? candidate : known;
    }

    void heard(Beat beat) {
        whenItGoes(() -> core.heard(world.seams.heard(beat, node.id, node.local()), node.local()));
    }

    /** As {@code onTick} is meant: no lease while services run, and the watchdog is left alone. */
    private void tellWatchdog() {
        FailoverPolicy policy = newest.failover();
        if (policy.enabled() && policy.watchdogSeconds() > 0 && (gateUntil > node.local() || runsNothing())) {
            node.pet(policy.watchdogSeconds() * Timeline.SECOND);
        }
    }

    private boolean runsNothing() {
        return node.copies.isEmpty() && busy.isEmpty();
    }

    private void carryOut(Action action) {
        switch (action) {
            case Action.SendBeat send -> world.network.beat(node, send.beat());
            case Action.SetGate set -> {
                gateUntil = set.untilNanos();
                node.setGate(set.untilNanos());
            }
            case Action.Propose propose ->
                world.log.submit(this, propose.command(), outcome -> core.proposed(propose.key(), node.local()));
            case Action.Fence fence -> {
                world.say(() -> node.id + " fences " + fence.node() + " boot " + fence.boot());
                world.fencing.stop(
                        world.node(fence.node()),
                        result -> whenItGoes(() -> {
                            world.say(() -> node.id + " fencing " + fence.node() + ": " + result);
                            core.fenced(fence.node(), fence.boot(), result, node.local());
                        }));
            }
            case Action.MoveBack back -> {
                SimAgent owner = world.node(back.owner()).agent;
                if (owner != null && world.network.reach(node, owner.node)) {
                    owner.mover.migrate(back.service(), world.node(back.to()));
                }
            }
            case Action.YieldLeadership to ->
                later(world.network.delay() + 50 * Timeline.MILLI, () -> world.log.transferTo(world.node(to.to())));
            case Action.Surrender surrender -> {
                world.say(() -> node.id + " surrenders: " + surrender.reason());
                beginAnotherLife(this::announce);
            }
        }
    }

    // ---- lives

    private void announce() {
        long boot = node.presentBoot;
        insist(new Command.NodeUp(node.id, boot, world.time.now() / Timeline.MILLI), outcome -> {
            if (outcome instanceof Outcome.Refused refused) {
                if (refused.code() == Outcome.Refusal.NOT_ALLOWED) {
                    world.say(() -> node.id + " was given up meanwhile");
                    beginAnotherLife(this::announce);
                } else {
                    later(500 * Timeline.MILLI, this::announce);
                }
            } else {
                keeper.nodeIsUp();
            }
        });
    }

    private void beginAnotherLife(Runnable then) {
        keeper.up = false;
        later(20 * Timeline.MILLI, () -> {
            keeper.killAll();
            nextBoot();
            core.reborn(node.presentBoot);
            world.say(() -> node.id + " begins life " + node.presentBoot);
            then.run();
        });
    }

    // ---- the log, insistently

    void insist(Command command, Consumer<Outcome> then) {
        world.log.submit(
                this,
                command,
                outcome -> outcome.ifPresentOrElse(then, () -> later(BETWEEN, () -> insist(command, then))));
    }

    void insistOnReading(Consumer<ClusterState> then) {
        world.log.read(
                this,
                (Optional<ClusterState> state) ->
                        state.ifPresentOrElse(then, () -> later(BETWEEN, () -> insistOnReading(then))));
    }

    ClusterState latestKnown() {
        return world.log.latestKnown(node);
    }

    List<Alarm> alarms() {
        return core.alarms(node.local());
    }
}
