package norikae.transfer;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import norikae.transfer.wire.Frame;
import org.jspecify.annotations.Nullable;

/**
 * Frames between the event loop that reads them and the thread that feeds the sink. Thread-safe; guarded by {@code
 * lock}. It does not refuse frames: it says when it has enough, and reading stops; what is already read still fits.
 */
final class FrameQueue {

    /** Reading stops above this. What one read from the socket brings may come on top. */
    static final int HIGH_BYTES = 4 * 1024 * 1024;

    /** Reading goes on below this. */
    static final int LOW_BYTES = 1024 * 1024;

    /** What a frame costs besides its contents. */
    private static final long FRAME_COST_BYTES = 256;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final ArrayDeque<Frame> frames = new ArrayDeque<>();
    private long bytes;
    private boolean ended;
    private @Nullable IOException broken;

    /** Adds a frame, or releases it if nobody wants it any more. */
    void put(Frame frame) {
        lock.lock();
        try {
            if (ended || broken != null) {
                frame.release();
                return;
            }
            frames.add(frame);
            bytes += cost(frame);
            changed.signal();
        } finally {
            lock.unlock();
        }
    }

    /**
     * The next frame; waits for it.
     *
     * @throws IOException what {@link #fail} was called with, before any frame that still waits
     */
    Frame take() throws IOException, InterruptedException {
        lock.lockInterruptibly();
        try {
            while (broken == null && frames.isEmpty()) {
                changed.await();
            }
            if (broken != null) {
                throw broken;
            }
            Frame frame = frames.remove();
            bytes -= cost(frame);
            return frame;
        } finally {
            lock.unlock();
        }
    }

    /** The stream is broken; what waits is worth nothing. The first cause stays. */
    void fail(IOException cause) {
        lock.lock();
        try {
            if (broken == null) {
                broken = cause;
            }
            clear();
            changed.signal();
        } finally {
            lock.unlock();
        }
    }

    /** Nothing more will be taken. */
    void end() {
        lock.lock();
        try {
            ended = true;
            clear();
        } finally {
            lock.unlock();
        }
    }

    boolean isFull() {
        return bytes() > HIGH_BYTES;
    }

    boolean isLow() {
        return bytes() < LOW_BYTES;
    }

    private long bytes() {
        lock.lock();
        try {
            return bytes;
        } finally {
            lock.unlock();
        }
    }

    private void clear() {
        frames.forEach(Frame::release);
        frames.clear();
        bytes = 0;
    }

    private static long cost(Frame frame) {
        return FRAME_COST_BYTES
                + switch (frame) {
                    case Frame.Pages pages -> (long) pages.data().capacity();
                    case Frame.FileChunk chunk -> (long) chunk.data().capacity();
                    default -> 0L;
                };
    }
}
