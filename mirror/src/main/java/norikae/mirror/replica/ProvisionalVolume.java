package norikae.mirror.replica;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.zip.CRC32C;
import norikae.mirror.BlockDevice;
import norikae.mirror.Completion;
import norikae.mirror.store.BlockStore;
import norikae.mirror.store.Extent;
import norikae.mirror.store.StoreException;
import org.jspecify.annotations.Nullable;

/**
 * A replica as a disk for somebody who may become its primary, and may not: reads see the copy as it {@linkplain
 * ReplicaVolume#holdStill holds still}, and what is written goes to a file beside it. If the volume is handed over, the file is
 * {@linkplain #replay replayed} into it, write by write and flush by flush; if it is not, the file is deleted, and nothing has
 * happened. Thread-safe.
 *
 * <p>The file survives a crash of this process and is worth nothing after a crash of the node, when whoever wrote it is gone as
 * well: it belongs on a tmpfs. A record is the number of a block (8 bytes; -1 for a flush), the CRC-32C of what follows (4) and, but
 * for a flush, the block ({@value #BLOCK_BYTES}, with zeros beyond the volume's end).
 */
public final class ProvisionalVolume implements BlockDevice, AutoCloseable {

    private static final int BLOCK_BYTES = 4096;
    private static final int HEADER_BYTES = 12;
    private static final long FLUSH = -1;

    /** What mounting a file system writes is a small part of it; whoever writes more does not just mount. */
    private static final long BYTES_MAX = 64L << 20;

    private final ReplicaVolume below;
    private final long size;
    private final FileChannel file;
    private final Map<Long, Long> places = new HashMap<>();
    private long end;

    private ProvisionalVolume(ReplicaVolume below, FileChannel file) {
        this.below = below;
        this.size = below.record().size();
        this.file = file;
    }

    /** Begins with an empty file. The copy must hold still, and is the caller's to close. */
    public static ProvisionalVolume open(ReplicaVolume below, Path file) throws StoreException {
        try {
            return new ProvisionalVolume(
                    below,
                    FileChannel.open(
                            file,
                            StandardOpenOption.CREATE,
                            StandardOpenOption.TRUNCATE_EXISTING,
                            StandardOpenOption.READ,
                            StandardOpenOption.WRITE));
        } catch (IOException e) {
            throw StoreException.of("making " + file, e);
        }
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
    public synchronized void read(long offset, ByteBuffer to) throws StoreException {
        int start = to.position();
        int bytes = to.remaining();
        below.readStill(offset, to);
        long first = offset / BLOCK_BYTES;
        long last = (offset + bytes - 1) / BLOCK_BYTES;
        for (long block = first; block <= last; block++) {
            Long place = places.get(block);
            if (place != null) {
                long from = Math.max(offset, block * BLOCK_BYTES);
                long until = Math.min(offset + bytes, (block + 1) * BLOCK_BYTES);
                ByteBuffer part = to.duplicate();
                part.position(start + (int) (from - offset)).limit(start + (int) (until - offset));
                fill(part, place + HEADER_BYTES + from % BLOCK_BYTES);
            }
        }
    }

    private void fill(ByteBuffer part, long at) throws StoreException {
        long from = at;
        try {
            while (part.hasRemaining()) {
                int read = file.read(part, from);
                if (read < 0) {
                    throw new EOFException("it ends at " + from);
                }
                from += read;
            }
        } catch (IOException e) {
            throw StoreException.of("reading what was written provisionally", e);
        }
    }

    @Override
    public void write(long offset, ByteBuf data, boolean fua, Completion completion) {
        completion.done(attempt(() -> {
            BlockStore.checkRange(offset, data.readableBytes(), size);
            ByteBuf from = data.slice();
            long at = offset;
            while (from.isReadable()) {
                int within = (int) (at % BLOCK_BYTES);
                int bytes = Math.min(BLOCK_BYTES - within, from.readableBytes());
                ByteBuffer block = block(at / BLOCK_BYTES, bytes);
                block.position(within).limit(within + bytes);
                from.readBytes(block);
                append(at / BLOCK_BYTES, block.clear());
                at += bytes;
            }
        }));
    }

    @Override
    public void zero(long offset, long bytes, boolean release, boolean fua, Completion completion) {
        completion.done(attempt(() -> {
            BlockStore.checkRange(offset, bytes, size);
            long at = offset;
            while (at < offset + bytes) {
                int within = (int) (at % BLOCK_BYTES);
                int now = (int) Math.min(BLOCK_BYTES - within, offset + bytes - at);
                ByteBuffer block = block(at / BLOCK_BYTES, now);
                for (int i = within; i < within + now; i++) {
                    block.put(i, (byte) 0);
                }
                append(at / BLOCK_BYTES, block.clear());
                at += now;
            }
        }));
    }

    @Override
    public void flush(Completion completion) {
        completion.done(attempt(() -> append(FLUSH, ByteBuffer.allocate(0))));
    }

    private interface Work {
        void run() throws StoreException;
    }

    private synchronized @Nullable StoreException attempt(Work work) {
        try {
            work.run();
            return null;
        } catch (StoreException e) {
            return e;
        }
    }

    /** A block as it reads now, unless all of it is about to be written. */
    private ByteBuffer block(long number, int written) throws StoreException {
        ByteBuffer block = ByteBuffer.allocate(BLOCK_BYTES);
        if (written < BLOCK_BYTES) {
            long at = number * BLOCK_BYTES;
            block.limit((int) Math.min(BLOCK_BYTES, size - at));
            read(at, block);
        }
        return block.clear();
    }

    private void append(long number, ByteBuffer block) throws StoreException {
        if (end + HEADER_BYTES + block.remaining() > BYTES_MAX) {
            throw new StoreException(
                    StoreException.Kind.NO_SPACE,
                    "more than " + BYTES_MAX + " bytes were written to volume "
                            + below.record().name() + " before it was handed over");
        }
        CRC32C crc = new CRC32C();
        crc.update(block.duplicate());
        ByteBuffer record = ByteBuffer.allocate(HEADER_BYTES + block.remaining());
        record.putLong(number).putInt((int) crc.getValue()).put(block).flip();
        try {
            long at = end;
            while (record.hasRemaining()) {
                at += file.write(record, at);
            }
            if (number != FLUSH) {
                places.put(number, end);
            }
            end = at;
        } catch (IOException e) {
            throw StoreException.of("writing provisionally", e);
        }
    }

    @Override
    public List<Extent> extents(long offset, long bytes, int limit) throws StoreException {
        BlockStore.checkRange(offset, bytes, size);
        return List.of(new Extent(offset, bytes, false));
    }

    @Override
    public synchronized void close() throws StoreException {
        try {
            file.close();
        } catch (IOException e) {
            throw StoreException.of("closing what was written provisionally", e);
        }
    }

    /**
     * Writes what a file has to the volume itself, in the order in which it was written. A record that a crash has cut off was never
     * acknowledged: it is the end. May be repeated.
     */
    public static void replay(Path file, BlockDevice into) throws StoreException {
        try (FileChannel from = FileChannel.open(file, StandardOpenOption.READ)) {
            ByteBuffer header = ByteBuffer.allocate(HEADER_BYTES);
            ByteBuffer block = ByteBuffer.allocate(BLOCK_BYTES);
            while (readFully(from, header.clear())) {
                long number = header.getLong(0);
                if (number == FLUSH) {
                    await(into::flush);
                    continue;
                }
                CRC32C crc = new CRC32C();
                if (!readFully(from, block.clear())) {
                    break;
                }
                crc.update(block.flip().duplicate());
                long offset = number * BLOCK_BYTES;
                if ((int) crc.getValue() != header.getInt(8) || number < 0 || offset >= into.size()) {
                    throw new StoreException(
                            StoreException.Kind.DAMAGED,
                            file + " is damaged at byte " + (from.position() - BLOCK_BYTES));
                }
                block.limit((int) Math.min(BLOCK_BYTES, into.size() - offset));
                ByteBuf data = Unpooled.wrappedBuffer(java.util.Arrays.copyOf(block.array(), block.limit()));
                await(done -> into.write(offset, data, false, done));
            }
            await(into::flush);
        } catch (IOException e) {
            throw StoreException.of("replaying " + file, e);
        }
    }

    private static boolean readFully(FileChannel from, ByteBuffer to) throws IOException {
        while (to.hasRemaining()) {
            if (from.read(to) < 0) {
                return false;
            }
        }
        return true;
    }

    private interface Asynchronous {
        void begin(Completion completion);
    }

    private static void await(Asynchronous request) throws StoreException {
        CompletableFuture<Void> done = new CompletableFuture<>();
        request.begin(failure -> {
            if (failure == null) {
                done.complete(null);
            } else {
                done.completeExceptionally(failure);
            }
        });
        try {
            done.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException failure) {
                throw StoreException.of("replaying", failure);
            }
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StoreException(StoreException.Kind.CLOSED, "interrupted", e);
        }
    }
}
