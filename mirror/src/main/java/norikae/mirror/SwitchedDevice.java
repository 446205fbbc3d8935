package norikae.mirror;

import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import norikae.mirror.store.Extent;
import norikae.mirror.store.StoreException;
import org.jspecify.annotations.Nullable;

/**
 * A disk that stays the same for its user while what is behind it is exchanged: requests wait while it is {@linkplain #hold held},
 * and none is lost. Thread-safe.
 */
public final class SwitchedDevice implements BlockDevice {

    private final long size;
    private @Nullable BlockDevice backing;
    private @Nullable StoreException ended;
    private boolean served;
    private int underWay;

    /** Held until {@link #goOn}. */
    public SwitchedDevice(long size) {
        this.size = size;
    }

    /**
     * From now on requests wait; when this returns, none is under way.
     *
     * @throws StoreException if those that are under way do not end within {@code patience}; then it goes on as before
     */
    public synchronized void hold(Duration patience) throws StoreException {
        BlockDevice before = backing;
        backing = null;
        long deadline = System.nanoTime() + patience.toNanos();
        while (underWay > 0 && ended == null) {
            long left = (deadline - System.nanoTime()) / 1_000_000;
            if (left <= 0) {
                backing = before;
                notifyAll();
                throw new StoreException(
                        StoreException.Kind.DISK, underWay + " requests are still under way after " + patience);
            }
            pause(left);
        }
    }

    /** Serves what waited, and what will come, from {@code next}. */
    public synchronized void goOn(BlockDevice next) {
        backing = next;
        served = true;
        notifyAll();
    }

    /** Whether requests wait. */
    public synchronized boolean isHeld() {
        return backing == null && ended == null;
    }

    /** Refuses what waits and what will come. */
    public synchronized void end(StoreException why) {
        ended = why;
        notifyAll();
    }

    private synchronized BlockDevice enter() throws StoreException {
        while (true) {
            StoreException why = ended;
            if (why != null) {
                throw new StoreException(why.kind(), String.valueOf(why.getMessage()), why);
            }
            BlockDevice now = backing;
            if (now != null) {
                underWay++;
                return now;
            }
            pause(0);
        }
    }

    @SuppressWarnings("WaitNotInLoop") // its callers loop
    private synchronized void pause(long millis) throws StoreException {
        try {
            wait(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StoreException(StoreException.Kind.CLOSED, "interrupted", e);
        }
    }

    private synchronized void leave() {
        underWay--;
        notifyAll();
    }

    private interface Request {
        void send(BlockDevice to, Completion completion);
    }

    private void pass(Completion completion, Request request) {
        BlockDevice to;
        try {
            to = enter();
        } catch (StoreException e) {
            completion.done(e);
            return;
        }
        request.send(to, failure -> {
            leave();
            completion.done(failure);
        });
    }

    @Override
    public long size() {
        return size;
    }

    @Override
    public boolean readOnly() {
        return false;
    }

    @Override
    public void read(long offset, ByteBuffer to) throws StoreException {
        BlockDevice from = enter();
        try {
            from.read(offset, to);
        } finally {
            leave();
        }
    }

    @Override
    public List<Extent> extents(long offset, long bytes, int limit) throws StoreException {
        BlockDevice of = enter();
        try {
            return of.extents(offset, bytes, limit);
        } finally {
            leave();
        }
    }

    @Override
    public void write(long offset, ByteBuf data, boolean fua, Completion completion) {
        pass(completion, (to, done) -> to.write(offset, data, fua, done));
    }

    @Override
    public void zero(long offset, long bytes, boolean release, boolean fua, Completion completion) {
        pass(completion, (to, done) -> to.zero(offset, bytes, release, fua, done));
    }

    /** Before anything was served there is nothing to make stable, and who attaches a disk flushes it first. */
    private synchronized boolean isUntouched() {
        return !served && ended == null;
    }

    @Override
    public void flush(Completion completion) {
        if (isUntouched()) {
            completion.done(null);
            return;
        }
        pass(completion, BlockDevice::flush);
    }
}
