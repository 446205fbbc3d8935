package norikae.mirror;

import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import java.util.List;
import norikae.mirror.store.BlockStore;
import norikae.mirror.store.Extent;
import norikae.mirror.store.StoreException;

/** A volume without replicas: what a store holds, as a disk. Thread-safe. */
public record LocalVolume(BlockStore store, boolean readOnly) implements BlockDevice {

    @Override
    public long size() {
        return store.size();
    }

    @Override
    public void read(long offset, ByteBuffer to) throws StoreException {
        store.read(offset, to);
    }

    @Override
    public void write(long offset, ByteBuf data, boolean fua, Completion completion) {
        try {
            put(store, offset, data);
            end(fua, completion);
        } catch (StoreException e) {
            completion.done(e);
        }
    }

    /** Writes a buffer, piece by piece if it has several, and leaves its indices alone. */
    public static void put(BlockStore store, long offset, ByteBuf data) throws StoreException {
        if (data.nioBufferCount() == 1) {
            store.write(offset, data.nioBuffer());
            return;
        }
        long at = offset;
        for (ByteBuffer piece : data.nioBuffers()) {
            int bytes = piece.remaining();
            store.write(at, piece);
            at += bytes;
        }
    }

    @Override
    public void zero(long offset, long bytes, boolean release, boolean fua, Completion completion) {
        try {
            store.zero(offset, bytes, release);
            end(fua, completion);
        } catch (StoreException e) {
            completion.done(e);
        }
    }

    private void end(boolean fua, Completion completion) throws StoreException {
        if (fua) {
            store.flush();
        }
        completion.done(null);
    }

    @Override
    public void flush(Completion completion) {
        try {
            store.flush();
            completion.done(null);
        } catch (StoreException e) {
            completion.done(e);
        }
    }

    @Override
    public List<Extent> extents(long offset, long bytes, int limit) throws StoreException {
        return store.extents(offset, bytes, limit);
    }
}
