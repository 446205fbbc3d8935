package norikae.mirror.testing;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import norikae.mirror.store.BlockStore;
import norikae.mirror.store.Extent;
import norikae.mirror.store.StoreException;
import norikae.mirror.store.StoreException.Kind;

/** A disk that fails when a test wants it to. */
public final class BrittleStore implements BlockStore {

    private final BlockStore inner;
    private volatile Kind onWrite = Kind.RANGE;
    private volatile boolean failsWrites;
    private volatile boolean failsFlushes;
    private volatile CountDownLatch flushesHeld = new CountDownLatch(0);
    private final AtomicInteger waiting = new AtomicInteger();

    public BrittleStore(BlockStore inner) {
        this.inner = inner;
    }

    public void failWrites(Kind kind) {
        onWrite = kind;
        failsWrites = true;
    }

    public void failFlushes() {
        failsFlushes = true;
    }

    public void heal() {
        failsWrites = false;
        failsFlushes = false;
    }

    /** Flushes take until {@link #letFlushesGo}. */
    public void holdFlushes() {
        flushesHeld = new CountDownLatch(1);
    }

    public void letFlushesGo() {
        flushesHeld.countDown();
    }

    /** How many flushes are held now. */
    public int heldFlushes() {
        return waiting.get();
    }

    private void maybeFail() throws StoreException {
        if (failsWrites) {
            throw new StoreException(onWrite, "the test's disk fails: " + onWrite);
        }
    }

    @Override
    public long size() {
        return inner.size();
    }

    @Override
    public void read(long offset, ByteBuffer to) throws StoreException {
        inner.read(offset, to);
    }

    @Override
    public void write(long offset, ByteBuffer from) throws StoreException {
        maybeFail();
        inner.write(offset, from);
    }

    @Override
    public void zero(long offset, long bytes, boolean release) throws StoreException {
        maybeFail();
        inner.zero(offset, bytes, release);
    }

    @Override
    public void flush() throws StoreException {
        if (failsFlushes) {
            throw new StoreException(Kind.DISK, "the test's disk cannot flush");
        }
        waiting.incrementAndGet();
        try {
            flushesHeld.await();
        } catch (InterruptedException e) {
            throw new StoreException(Kind.CLOSED, "interrupted", e);
        } finally {
            waiting.decrementAndGet();
        }
        inner.flush();
    }

    @Override
    public List<Extent> extents(long offset, long bytes, int limit) throws StoreException {
        return inner.extents(offset, bytes, limit);
    }

    @Override
    public void close() throws StoreException {
        inner.close();
    }
}
