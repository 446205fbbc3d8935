package norikae.agent.move;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.Supplier;
import norikae.agent.capsule.Capsule;
import norikae.agent.criu.GivenMaps;
import norikae.linux.ProcessMemory.Range;
import norikae.linux.ThreadPriority;
import norikae.transfer.ImageStream;
import norikae.transfer.PageSpace;
import norikae.transfer.memory.Convergence;
import norikae.transfer.memory.Convergence.Verdict;
import norikae.transfer.memory.MemorySender;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries a service's private memory to the target ahead of the dump: round by round while it runs, then what is left while it
 * stands still.
 *
 * <p>{@link #rounds} and {@link #lastRound} are for the thread that copies; {@link #carries} and {@link #left} for the one that
 * takes CRIU's pages; {@link #close} comes when the service runs again or is dead.
 */
final class PreCopy implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(PreCopy.class);

    /** What a move costs besides what is left of the memory; measured, and not worth measuring again each time. */
    private static final Duration FIXED_PAUSE = Duration.ofMillis(100);

    private static final Duration BUDGET_MIN = Duration.ofMillis(20);

    private static final int PAGE = 4096;

    private final MoveOptions options;
    private final Capsule capsule;
    private final RoundListener listener;
    private final MemorySender sender;
    private final Convergence convergence;
    private final CountDownLatch looked = new CountDownLatch(1);
    private final List<Left> left = new ArrayList<>(); // guarded by itself
    private volatile @Nullable FutureTask<Void> last;
    private final GivenMaps maps = new GivenMaps();
    private long sentBytes;
    private long skippedBytes;
    private boolean leavesTheRest; // set by the copying thread before anything is stopped

    private record Left(long process, Range range) {}

    /** Hears of each round. */
    interface RoundListener {

        /** A round of this number begins, with so much to be sent. */
        void round(int number, long pendingBytes, Convergence soFar) throws IOException;

        /** All of it was sent; the service still runs. */
        void roundSent() throws IOException;

        /** More was sent. */
        void sent(long bytes, ImageStream out) throws IOException;
    }

    PreCopy(MemoryPlan plan, Capsule capsule, RoundListener listener) {
        this.options = plan.options();
        this.capsule = capsule;
        this.listener = listener;
        this.sender = new MemorySender(this::members, plan.watch());
        Duration budget = plan.options().maxPause().minus(FIXED_PAUSE);
        this.convergence = new Convergence(
                budget.compareTo(BUDGET_MIN) < 0 ? BUDGET_MIN : budget,
                plan.options().maxRounds());
    }

    private List<MemorySender.Member> members() throws IOException {
        return Members.of(capsule.cgroup());
    }

    /**
     * Sends memory while the service runs; returns when it had better be stopped, and whether that fits into the pause.
     *
     * @param meaningless asked once writes are seen, for what need not travel as it is at that moment, by process
     */
    Verdict rounds(ImageStream out, Supplier<Map<Integer, List<Range>>> meaningless) throws IOException {
        ThreadPriority.background();
        try {
            Bandwidth limit = new Bandwidth(options.bandwidth());
            sender.look(false);
            meaningless.get().forEach((pid, ranges) -> skippedBytes += sender.skip(pid, ranges));
            for (int number = 1; ; number++) {
                long pending = sender.pendingBytes();
                listener.round(number, pending, convergence);
                long begin = System.nanoTime();
                sender.send(out, false, bytes -> {
                    sentBytes += bytes;
                    limit.spend(out.meter().wireBytes());
                    listener.sent(bytes, out);
                });
                out.push();
                listener.roundSent();
                sender.look(false);
                Verdict verdict = convergence.afterRound(
                        pending, Duration.ofNanos(System.nanoTime() - begin), sender.pendingBytes());
                if (verdict != Verdict.ANOTHER_ROUND) {
                    maps.learn(capsule.cgroup().procs());
                    return verdict;
                }
            }
        } finally {
            ThreadPriority.normal();
        }
    }

    /** What is pending when everything is stopped stays here until the service runs on the target. */
    void leaveTheRest() {
        leavesTheRest = true;
    }

    boolean leavesTheRest() {
        return leavesTheRest;
    }

    Convergence convergence() {
        return convergence;
    }

    /** How long the service would stand still if it were stopped now. */
    static Duration predictedPause(Convergence convergence) {
        return FIXED_PAUSE.plus(convergence.predicted());
    }

    /**
     * Everything is stopped: begins to send what is left, beside the dump.
     *
     * @param images where CRIU looks for files that make its work shorter
     */
    void lastRound(ImageStream out, Path images) throws IOException {
        maps.write(images, capsule.cgroup().procs());
        FutureTask<Void> task = new FutureTask<>(() -> {
            try {
                out.frozen();
                sender.look(true);
            } finally {
                looked.countDown();
            }
            if (leavesTheRest) {
                RemainderFile.send(sender.takePending(out), out);
            } else {
                sender.send(out, true, bytes -> {
                    sentBytes += bytes;
                    listener.sent(bytes, out);
                });
            }
            out.push();
            return null;
        });
        last = task;
        Thread.ofPlatform().name("last-round-" + capsule.service()).start(task);
    }

    /**
     * Looks whether the advice that CRIU was given for mappings was that of the moment in which they were stopped. That is
     * nearly certain, and looking takes long for much memory; so it does not hold anybody up, and a wrong one ends the move if
     * it has not been committed yet.
     */
    void verifyBeside(Consumer<String> wrong) {
        Thread.ofPlatform().daemon().name("verify-" + capsule.service()).start(() -> {
            ThreadPriority.background();
            try {
                maps.verify();
            } catch (IOException e) {
                LOG.warn("service={} {}", capsule.service(), e.getMessage());
                wrong.accept(String.valueOf(e.getMessage()));
            }
        });
    }

    /** Whether this page, which CRIU has read, travels with us, so that it need not travel twice. */
    boolean carries(PageSpace space, long address, ByteBuffer data) throws IOException {
        awaitLooked();
        return sender.holds(space.id(), new Range(address, address + data.remaining()));
    }

    /** CRIU has left this out and relies on us. */
    void left(PageSpace space, long address, long pages) {
        synchronized (left) {
            left.add(new Left(space.id(), new Range(address, address + pages * PAGE)));
        }
    }

    /** Waits until everything was sent. @throws IOException if not everything could be */
    void awaitLastRound() throws IOException {
        try {
            Objects.requireNonNull(last).get();
        } catch (ExecutionException e) {
            throw e.getCause() instanceof IOException io ? io : new IOException("last round: " + e.getCause(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted during the last round", e);
        }
        synchronized (left) {
            for (Left one : left) {
                if (!sender.holds(one.process(), one.range())) {
                    throw new IOException("CRIU left memory of process " + one.process() + " at "
                            + Long.toHexString(one.range().start())
                            + " to us, which was not watched; move it with --mode stop");
                }
            }
        }
    }

    private void awaitLooked() throws IOException {
        try {
            looked.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted before the last look", e);
        }
    }

    /** Free heap that did not travel. */
    long skippedBytes() {
        return skippedBytes;
    }

    long sentBytes() {
        return sentBytes;
    }

    /** For how long at a time, at most, a process of the service stood still so that its writes could be seen. */
    long stoppedNanos() {
        return sender.stoppedNanos();
    }

    /** Ends the watching; the last round is over by then. */
    @Override
    public void close() {
        FutureTask<Void> sending = last;
        try {
            if (sending != null) {
                sending.get();
            }
        } catch (ExecutionException | InterruptedException e) {
            LOG.debug("last round of {} ended: {}", capsule.service(), e.getMessage());
        }
        sender.close();
    }

    /** Keeps a stream under so many bytes per second, seen over its whole life. */
    private static final class Bandwidth {

        private final long bytesPerSecond;
        private final long begin = System.nanoTime();

        Bandwidth(long bytesPerSecond) {
            this.bytesPerSecond = bytesPerSecond;
        }

        void spend(long total) {
            double due = total / (double) bytesPerSecond * 1e9;
            long ahead = (long) due - (System.nanoTime() - begin);
            if (ahead > 0) {
                LockSupport.parkNanos(ahead);
            }
        }
    }
}
