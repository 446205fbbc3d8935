package norikae.transfer;

import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import norikae.transfer.wire.Totals;
import org.jspecify.annotations.Nullable;

/**
 * What the source's calling thread and its event loop know of one stream: bytes on their way, the target's answers,
 * and the first thing that went wrong. Thread-safe; guarded by {@code lock}.
 */
final class SourceState {

    /**
     * Bytes of frames that may be on their way from the caller to the kernel's socket buffer. With one frame being
     * made and TLS's copy of what it encrypts, a stream holds less than twice this.
     */
    static final int WINDOW_BYTES = 4 * 1024 * 1024;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    private long inFlight;
    private long releases;
    private boolean welcome;
    private @Nullable Totals receipt;
    private @Nullable TransferException failure;

    /** Takes room for a frame; waits while the window is full. */
    void acquire(int bytes, Duration stall, Function<String, TransferException> stalled) throws TransferException {
        lock.lock();
        try {
            long seen = releases;
            long deadline = deadline(stall);
            while (failure == null && inFlight > 0 && inFlight + bytes > WINDOW_BYTES) {
                if (releases != seen) {
                    seen = releases;
                    deadline = deadline(stall);
                }
                await(deadline, "target has taken nothing for " + stall, stalled);
            }
            throwIfFailed();
            inFlight += bytes;
        } finally {
            lock.unlock();
        }
    }

    /** A frame has left. */
    void release(int bytes) {
        lock.lock();
        try {
            inFlight -= bytes;
            releases++;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    void welcomed() {
        lock.lock();
        try {
            welcome = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    boolean isWelcome() {
        lock.lock();
        try {
            return welcome;
        } finally {
            lock.unlock();
        }
    }

    void received(Totals totals) {
        lock.lock();
        try {
            receipt = totals;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** The stream is over; the first cause stays. */
    void fail(TransferException cause) {
        lock.lock();
        try {
            if (failure == null) {
                failure = cause;
            }
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    void awaitWelcome(Duration timeout, Function<String, TransferException> late) throws TransferException {
        lock.lock();
        try {
            long deadline = deadline(timeout);
            while (failure == null && !welcome) {
                await(deadline, "target has not answered within " + timeout, late);
            }
            throwIfFailed();
        } finally {
            lock.unlock();
        }
    }

    Totals awaitReceipt(Duration timeout, Function<String, TransferException> late) throws TransferException {
        lock.lock();
        try {
            long deadline = deadline(timeout);
            while (failure == null && receipt == null) {
                await(deadline, "everything was sent, but no receipt came within " + timeout, late);
            }
            Totals totals = receipt;
            if (totals != null) {
                return totals;
            }
            throwIfFailed();
            throw new AssertionError("neither receipt nor failure");
        } finally {
            lock.unlock();
        }
    }

    /** Throws the first thing that went wrong, if anything did. */
    void throwIfFailed() throws TransferException {
        lock.lock();
        try {
            if (failure != null) {
                throw failure;
            }
        } finally {
            lock.unlock();
        }
    }

    private static long deadline(Duration timeout) {
        return System.nanoTime() + timeout.toNanos();
    }

    @SuppressWarnings("WaitNotInLoop") // The callers loop.
    private void await(long deadline, String what, Function<String, TransferException> late) {
        try {
            long left = deadline - System.nanoTime();
            if (left <= 0) {
                failure = late.apply(what);
            } else {
                changed.awaitNanos(left);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            failure = late.apply("the waiting thread was interrupted");
        }
    }
}
