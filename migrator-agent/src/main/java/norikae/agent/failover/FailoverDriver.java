package norikae.agent.failover;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import norikae.failover.fencing.FencingResult;
import norikae.failover.log.ratis.Peer;
import norikae.failover.member.Action;
import norikae.failover.member.Alarm;
import norikae.failover.member.Beat;
import norikae.failover.member.FailoverCore;
import norikae.failover.model.ClusterState;
import norikae.failover.model.Command;
import norikae.failover.model.NodeId;
import norikae.failover.model.Outcome;
import norikae.linux.BootClock;
import norikae.linux.PacketGate;
import norikae.linux.ThreadPriority;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs the {@link FailoverCore} of this node on one urgent thread, and carries out what it wants on others, so that it never
 * waits. All of the core's news come through one queue. Thread-safe.
 */
public final class FailoverDriver implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(FailoverDriver.class);
    private static final long TICK_NANOS = 10_000_000;
    private static final long LOOK_AT_LOG_NANOS = 50_000_000; // without being told of a change
    private static final long STALL_NANOS = 100_000_000;
    private static final long FOLLOW_MILLIS = 200;
    private static final int NEWS_MAX = 10_000; // a hundred nodes' heartbeats of ten seconds

    private sealed interface News {
        record Heard(Beat beat, long atNanos) implements News {}

        record Changed() implements News {}

        record CaughtUp(ClusterState state) implements News {}

        record Proposed(String key) implements News {}

        record Fenced(NodeId node, long boot, FencingResult result) implements News {}

        record Reborn(long boot) implements News {}
    }

    private final FailoverParts parts;
    private final BeatNetwork network;
    private final PacketGate gate;
    private final BootNumber boot;
    private final LogDesk desk;
    private final Thread thread;
    private final List<Thread> helpers = new ArrayList<>();
    private final BlockingQueue<News> news = new LinkedBlockingQueue<>(NEWS_MAX);
    private volatile List<Alarm> alarms = List.of();
    private volatile long gateUntilNanos = Long.MIN_VALUE;
    private volatile boolean closed;

    private FailoverDriver(FailoverParts parts, PacketGate gate, BootNumber boot) throws IOException {
        this.parts = parts;
        this.gate = gate;
        this.boot = boot;
        this.desk = new LogDesk(parts.log());
        this.network = BeatNetwork.open(
                parts.me(),
                parts.heartbeatDisks(),
                new BeatSeal(parts.identity()),
                (beat, at) -> tell(new News.Heard(beat, at)));
        this.thread = Thread.ofPlatform().daemon().name("failover").unstarted(this::run);
    }

    /**
     * Starts it. The services of this node have been adopted already, or killed if this is a new life.
     *
     * @throws IOException the packet gate or the ports cannot be had
     */
    public static FailoverDriver start(FailoverParts parts, NodeLife life) throws IOException {
        PacketGate gate = PacketGate.open(parts.serviceLinks());
        try {
            FailoverDriver driver = new FailoverDriver(parts, gate, life.boot());
            parts.log().onChange(() -> driver.tell(new News.Changed()));
            driver.thread.start();
            driver.help("failover-settling-in", driver::settleIn);
            return driver;
        } catch (IOException | RuntimeException e) {
            gate.close();
            throw e;
        }
    }

    private void tell(News item) {
        if (!news.offer(item)) {
            LOG.error("failover does not keep up: {} is lost", item);
        }
    }

    private interface Work {
        void run() throws InterruptedException;
    }

    private void help(String name, Work work) {
        Thread helper = Thread.ofPlatform().daemon().name(name).unstarted(() -> {
            try {
                work.run();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (RuntimeException e) {
                LOG.error("{} failed", name, e);
            }
        });
        synchronized (helpers) {
            helpers.removeIf(old -> !old.isAlive() && old.getState() == Thread.State.TERMINATED);
            helpers.add(helper);
        }
        helper.start();
    }

    // ---- the core's thread

    private void run() {
        ThreadPriority.urgent();
        FailoverCore core = new FailoverCore(parts.me().id(), boot.number(), BootClock.nanos());
        long nextTick = BootClock.nanos();
        long nextLook = nextTick;
        ClusterState newest = ClusterState.EMPTY;
        while (!closed) {
            try {
                News item = news.poll(Math.max(0, nextTick - BootClock.nanos()), TimeUnit.NANOSECONDS);
                boolean look = false;
                while (item != null) {
                    if (item instanceof News.CaughtUp caughtUp) {
                        newest = newer(newest, caughtUp.state());
                        know(core, newest);
                        core.caughtUp();
                    }
                    look |= item instanceof News.Changed;
                    take(core, item);
                    item = news.poll();
                }
                long now = BootClock.nanos();
                if (look || now >= nextLook) {
                    newest = newer(newest, parts.log().latestKnown());
                    know(core, newest);
                    nextLook = now + LOOK_AT_LOG_NANOS;
                }
                for (Action action : core.tick(BootClock.nanos(), System.currentTimeMillis())) {
                    carryOut(action, newest);
                }
                alarms = core.alarms(BootClock.nanos());
                parts.guard().ticked(gateUntilNanos, parts.servicesRun());
                nextTick = now + TICK_NANOS;
            } catch (InterruptedException e) {
                return;
            } catch (RuntimeException e) {
                LOG.error("failover stumbled, and goes on", e);
                nextTick = BootClock.nanos() + TICK_NANOS;
            }
        }
    }

    /** What a voter has applied may be behind what was read with certainty; the core must never forget. */
    private static ClusterState newer(ClusterState known, ClusterState candidate) {
        return candidate.eventSequence() >= known.eventSequence() ? candidate : known;
    }

    private void know(FailoverCore core, ClusterState state) {
        Set<NodeId> voters = parts.log().voters().stream().map(Peer::id).collect(Collectors.toSet());
        boolean leads = parts.log().leader().filter(parts.me().id()::equals).isPresent();
        core.known(state, voters, leads, BootClock.nanos());
    }

    private static void take(FailoverCore core, News item) {
        switch (item) {
            case News.Heard heard -> core.heard(heard.beat(), heard.atNanos());
            case News.Proposed proposed -> core.proposed(proposed.key(), BootClock.nanos());
            case News.Fenced fenced -> core.fenced(fenced.node(), fenced.boot(), fenced.result(), BootClock.nanos());
            case News.Reborn reborn -> core.reborn(reborn.boot());
            case News.Changed _, News.CaughtUp _ -> {}
        }
    }

    private void carryOut(Action action, ClusterState state) {
        switch (action) {
            case Action.SendBeat send -> network.send(send.beat(), state.nodes().values());
            case Action.SetGate set -> setGate(set.untilNanos());
            case Action.Propose propose -> help("propose", () -> propose(propose));
            case Action.Fence fence -> help("fence-" + fence.node(), () -> fence(fence));
            case Action.MoveBack back -> help("move-back-" + back.service(), () -> parts.moveBack(back));
            case Action.YieldLeadership to -> help("yield-leadership", () -> desk.yieldLeadership(to.to()));
            case Action.Surrender surrender -> {
                LOG.error("this node gives up its services: {}", surrender.reason());
                long life = boot.number();
                help("surrender", () -> surrender(life, surrender.reason()));
            }
        }
    }

    private void setGate(long untilNanos) {
        gateUntilNanos = untilNanos;
        try {
            long asked;
            do {
                // The kernel counts from when it is told: if this thread stood still in between, it is told again at
                // once.
                asked = BootClock.nanos();
                gate.openFor(untilNanos == FailoverCore.UNBOUND ? PacketGate.FOR_EVER : untilNanos - asked);
            } while (BootClock.nanos() - asked > STALL_NANOS);
        } catch (IOException e) {
            // It shuts by itself at the time that it was told last: late is safe.
            LOG.error("the packet gate could not be set: {}", e.getMessage());
        }
    }

    // ---- on threads of their own

    private void propose(Action.Propose proposal) throws InterruptedException {
        try {
            desk.submit(proposal.command()).ifPresent(outcome -> {
                if (outcome instanceof Outcome.Refused refused) {
                    LOG.info("the log refuses '{}': {}", proposal.key(), refused.message());
                }
            });
        } finally {
            tell(new News.Proposed(proposal.key()));
        }
    }

    private void fence(Action.Fence fence) throws InterruptedException {
        FencingResult result = new FencingResult.Unproven("the attempt broke off");
        try {
            LOG.warn(
                    "fencing node {} (boot {}) by {}",
                    fence.node(),
                    fence.boot(),
                    parts.devices().description(fence.node()));
            result = parts.devices().stop(fence.node());
            LOG.warn("fencing node {}: {}", fence.node(), result);
        } finally {
            tell(new News.Fenced(fence.node(), fence.boot(), result));
        }
    }

    private void settleIn() throws InterruptedException {
        ClusterState state = desk.insistOnReading();
        while (state.node(parts.me().id()).isEmpty()) {
            Thread.sleep(100);
            state = desk.insistOnReading();
        }
        tell(new News.CaughtUp(state));
        help("failover-following", this::follow);
        announce();
    }

    /** What a voter is told of the log, a node without a vote must ask for. */
    private void follow() throws InterruptedException {
        while (!closed) {
            if (parts.log().voters().stream()
                    .noneMatch(v -> v.id().equals(parts.me().id()))) {
                var _ = desk.insistOnReading(); // tells the listeners of a change
            }
            Thread.sleep(FOLLOW_MILLIS);
        }
    }

    /** Tells the log of this life; if the cluster has given it up, begins another. */
    private void announce() throws InterruptedException {
        while (!closed) {
            long life = boot.number();
            Command.NodeUp up = new Command.NodeUp(parts.me().id(), life, System.currentTimeMillis());
            switch (desk.insist(up)) {
                case Outcome.Accepted _ -> {
                    parts.onUp();
                    return;
                }
                case Outcome.Refused refused
                when refused.code() == Outcome.Refusal.NOT_ALLOWED -> {
                    LOG.error("this node was given up meanwhile: {}", refused.message());
                    beginAnotherLife(life);
                }
                case Outcome.Refused refused -> {
                    LOG.warn("the log does not know this node yet: {}", refused.message());
                    Thread.sleep(500);
                }
            }
        }
    }

    /**
     * This server is sick, says a monitor: it stops itself as it was told to. If it was not told how, its services are killed,
     * and it gets no others before an operator ends its maintenance.
     */
    public void stopNode(String reason) {
        help("stop-node", () -> {
            if (parts.guard().stopServer(reason)) {
                return;
            }
            var _ = desk.submit(new Command.SetMaintenance(parts.me().id(), true, System.currentTimeMillis()));
            surrender(boot.number(), reason);
        });
    }

    private void surrender(long life, String reason) throws InterruptedException {
        LOG.warn("killing every service of this node: {}", reason);
        beginAnotherLife(life);
        announce();
    }

    /** Once for each life, whoever finds first that it is over: what was started in the next one must not be killed. */
    private synchronized void beginAnotherLife(long ended) throws InterruptedException {
        while (boot.number() == ended) {
            try {
                parts.killServices();
                boot.next();
                tell(new News.Reborn(boot.number()));
                return;
            } catch (IOException e) {
                LOG.error("services of this node could not be killed, trying again: {}", e.getMessage());
                Thread.sleep(500);
            }
        }
    }

    // ---- for display

    public List<Alarm> alarms() {
        return alarms;
    }

    /** Until when services here may be heard, on {@link BootClock}; {@link FailoverCore#UNBOUND} without a lease. */
    public long gateUntilNanos() {
        return gateUntilNanos;
    }

    public List<PathView> paths() {
        return network.paths(parts.log().latestKnown().nodes().values());
    }

    @Override
    public void close() {
        closed = true;
        thread.interrupt();
        synchronized (helpers) {
            helpers.forEach(Thread::interrupt);
        }
        network.close();
        try {
            thread.join(2_000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        gate.close(); // what was said last holds
        if (!parts.servicesRun() || !parts.log().latestKnown().failover().enabled()) {
            parts.guard().disarm(); // else it must count on: nobody looks after the lease of what runs here
        }
    }
}
