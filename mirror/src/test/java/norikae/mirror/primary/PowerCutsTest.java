package norikae.mirror.primary;

import static norikae.mirror.primary.Pair.A;
import static norikae.mirror.primary.Pair.B;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import norikae.failover.model.NodeId;
import norikae.failover.model.ReplicationMode;
import norikae.mirror.replica.Crash;
import norikae.mirror.state.ReplicaState;
import norikae.mirror.store.Condition;
import norikae.mirror.testing.Await;
import norikae.mirror.testing.Line;
import norikae.mirror.testing.WriteHistory;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A service writes without a pause, several writes at once, while one thing after another happens to the two nodes at random
 * moments; after each, what lies on the disks is compared with what was written and acknowledged. {@code
 * -Dnorikae.mirror.cuts=200} makes it as many in each mode; {@code -Dnorikae.seed} repeats a run.
 */
class PowerCutsTest {

    private static final int BLOCKS = 2000;
    private static final int LANES = 4;
    private static final int CUTS = Integer.getInteger("norikae.mirror.cuts", 20);

    private final WriteHistory history = new WriteHistory(BLOCKS);
    private final AtomicLong acknowledged = new AtomicLong();
    private long seed = Long.getLong("norikae.seed", System.nanoTime());
    private Random random = new Random(seed);
    private NodeId primaryNode = A;
    private long epoch = 1;

    @ParameterizedTest
    @EnumSource
    void everyCutLeavesAPossibleState(ReplicationMode mode, @TempDir Path directory) throws Exception {
        System.out.println("mode=" + mode + " seed=" + seed);
        random = new Random(seed);
        try (Pair pair = new Pair(directory, (long) BLOCKS * WriteHistory.BLOCK_BYTES)) {
            pair.together(mode);
            for (int cut = 0; cut < CUTS; cut++) {
                round(pair, mode, cut);
            }
        } catch (AssertionError | Exception e) {
            throw new AssertionError("mode=" + mode + " seed=" + seed, e);
        }
    }

    private void round(Pair pair, ReplicationMode mode, int cut) throws Exception {
        List<Thread> lanes = writers(pair);
        long before = acknowledged.get();
        int writes = random.nextInt(300);
        Await.until("writes are acknowledged", () -> acknowledged.get() > before + writes);
        Line line = primaryNode.equals(A) ? pair.toB : pair.toA;
        int what = random.nextInt(5);
        String name = "cut " + cut + " of kind " + what;
        switch (what) {
            case 0 -> takeover(pair, mode, name, lanes);
            case 1 -> {
                pair.crashPrimary();
                join(lanes);
                history.check(name + ", the primary's own disk", data(pair, primaryNode), true);
                pair.openPrimary(primaryNode, ++epoch, mode);
            }
            case 2 -> {
                Crash.of(pair.replica());
                pair.closeReplica();
                pair.openReplica(other());
                stop(lanes);
            }
            case 3 -> {
                line.cut();
                Await.until("the line is found cut", () -> pair.status().state() != ReplicaState.STREAMING);
                line.mend();
                stop(lanes);
            }
            default -> {
                // the primary dies while the replica is being brought up to date
                line.cut();
                Await.until("the line is found cut", () -> pair.status().state() != ReplicaState.STREAMING);
                line.mend();
                Thread.sleep(random.nextInt(40));
                pair.crashPrimary();
                join(lanes);
                Await.until("the replica has noticed", () -> !pair.replica().isAttached());
                if (pair.replica().record().condition() != Condition.RESYNCING) {
                    checkCopy(name + ", the replica", data(pair, other()));
                }
                history.check(name + ", the primary's own disk", data(pair, primaryNode), true);
                pair.openPrimary(primaryNode, ++epoch, mode);
            }
        }
        chooseWhatIsLost(pair);
        pair.awaitCaughtUp();
        if (random.nextInt(4) == 0) {
            pair.flush();
            pair.awaitCaughtUp();
            pair.assertEqualCopies();
        }
    }

    /**
     * A replica that takes over may not even know the generation that was begun last: an asynchronous one lacks its writes, and
     * of the others none was acknowledged. When the old primary comes back, that they are to be lost must be said.
     */
    private void chooseWhatIsLost(Pair pair) throws Exception {
        Await.until(
                "the copies are joined, or refuse",
                () -> pair.status().state() == ReplicaState.STREAMING
                        || pair.status().state() == ReplicaState.REFUSED);
        if (pair.status().state() == ReplicaState.REFUSED) {
            assertThat(pair.status().reason()).contains("--discard");
            pair.primary()
                    .resync(
                            other(),
                            pair.replica().record().newest().orElseThrow().id());
        }
    }

    /** A look that forgets nothing: the volume goes on from another copy. */
    private void checkCopy(String name, Path data) throws Exception {
        WriteHistory copy = history.copy();
        copy.check(name, data, false);
    }

    private void takeover(Pair pair, ReplicationMode mode, String name, List<Thread> lanes) throws Exception {
        pair.crashPrimary();
        join(lanes);
        Await.until("the replica has noticed", () -> !pair.replica().isAttached());
        history.check(name + ", the replica", data(pair, other()), mode != ReplicationMode.ASYNC);
        pair.closeReplica();
        primaryNode = other();
        pair.openPrimary(primaryNode, ++epoch, mode);
        pair.openReplica(other());
    }

    private NodeId other() {
        return primaryNode.equals(A) ? B : A;
    }

    private static Path data(Pair pair, NodeId node) {
        return pair.directory(node).resolve("data");
    }

    // ---- the service

    private volatile boolean stopping;

    private List<Thread> writers(Pair pair) {
        stopping = false;
        PrimaryVolume volume = pair.primary();
        List<Thread> lanes = new ArrayList<>();
        for (int lane = 0; lane < LANES; lane++) {
            int mine = lane;
            long laneSeed = random.nextLong();
            lanes.add(Thread.ofPlatform().start(() -> write(volume, mine, new Random(laneSeed))));
        }
        return lanes;
    }

    /** Writes its own blocks one after another, and now and then flushes, until the volume fails or the test has enough. */
    private void write(PrimaryVolume volume, int lane, Random choice) {
        boolean failed = false;
        while (!stopping && !failed) {
            WriteHistory.Write write = history.begin(choice.nextInt(BLOCKS / LANES) * LANES + lane);
            var data = io.netty.buffer.Unpooled.wrappedBuffer(write.content());
            boolean fua = choice.nextInt(50) == 0;
            try {
                Pair.done(Pair.ask(c -> volume.write(write.offset(), data, fua, c)));
                history.acknowledged(write);
                acknowledged.incrementAndGet();
                if (choice.nextInt(50) == 0) {
                    Pair.done(Pair.ask(volume::flush));
                }
            } catch (Exception e) {
                failed = true; // the volume is gone
            } finally {
                data.release();
            }
        }
    }

    private void stop(List<Thread> lanes) throws InterruptedException {
        stopping = true;
        join(lanes);
    }

    private static void join(List<Thread> lanes) throws InterruptedException {
        for (Thread lane : lanes) {
            lane.join();
        }
    }
}
