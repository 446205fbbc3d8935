package norikae.mirror.primary;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import norikae.mirror.store.BlockMap;
import norikae.mirror.store.Extent;
import norikae.mirror.store.StoreException;
import norikae.mirror.wire.BlockHashes;
import norikae.mirror.wire.Frame;
import norikae.mirror.wire.FrameType;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings a replica's blocks up to date, or compares them, while the service goes on writing. Thread-safe; guarded by itself.
 *
 * <p>Each run of blocks is read, and what follows from it put into the replica's stream, under the lock of its range: so what
 * the replica gets is, at that place in the stream, what the primary has, whatever is written before or after. Blocks leave the
 * map when the replica has them on stable storage, in steps, so that an interrupted resync goes on where the last step ended.
 */
final class Resync {

    private static final Logger LOG = LoggerFactory.getLogger(Resync.class);
    private static final int RUN_BLOCKS = Frame.PAYLOAD_BYTES_MAX / Frame.HASHED_BYTES;

    /** Runs that wait to be compared: enough to keep a replica busy over a long line; a write of the service waits behind them. */
    private static final int COMPARING_MAX = 16;

    private static final long STEP_BYTES = 128L << 20;
    private static final int EXTENTS_MAX = 64;

    /** What it is for. */
    enum Purpose {
        /** Send what the map has. */
        SEND,
        /** Send what the map has, to a replica that is all zeros. */
        FILL,
        /** Compare what the map has, and send what is not the same. */
        COMPARE,
        /** Compare everything, in a replica that streams, and send nothing. */
        VERIFY,
        /** The same, and send what is not the same. */
        REPAIR
    }

    /** How it ended. */
    interface Outcome {
        /** Everything was compared. */
        void verified(long differingBytes);

        /** The replica has confirmed the end. */
        void resynced();

        /** It cannot go on. */
        void failed(String reason);
    }

    private record Run(int first, int end, boolean compared) {}

    private final PrimaryVolume volume;
    private final ReplicaLink link;
    private final Purpose purpose;
    private final Outcome outcome;
    private final BlockMap map;
    private final byte[] key = BlockHashes.newKey();
    private final long total;
    private final long begun = System.nanoTime();
    private final Deque<Run> differing = new ArrayDeque<>();
    private final Map<Long, Run> comparing = new HashMap<>();
    private final Map<Long, BitSet> steps = new HashMap<>();
    private BitSet finished = new BitSet();
    private long finishedBytes;
    private int cursor;
    private int workers;
    private long tokens;
    private final AtomicLong doneBytes = new AtomicLong();
    private final AtomicLong sentBytes = new AtomicLong();
    private long differingBytes;
    private boolean over;
    private boolean stopped;

    Resync(PrimaryVolume volume, ReplicaLink link, Purpose purpose, Outcome outcome) {
        this.volume = volume;
        this.link = link;
        this.purpose = purpose;
        this.outcome = outcome;
        this.map = link.differs();
        this.total = all() ? volume.size() : map.markedBytes();
    }

    private boolean all() {
        return purpose == Purpose.VERIFY || purpose == Purpose.REPAIR;
    }

    /** Begins; returns at once. */
    void start(int threads) {
        workers = threads;
        for (int i = 0; i < threads; i++) {
            Thread.ofPlatform()
                    .name("mirror-resync-" + volume.name() + "-" + link.node() + "-" + i)
                    .daemon(true)
                    .start(this::work);
        }
    }

    long done() {
        return doneBytes.get();
    }

    long total() {
        return total;
    }

    long sent() {
        return sentBytes.get();
    }

    Duration time() {
        return Duration.ofNanos(System.nanoTime() - begun);
    }

    private void work() {
        ByteBuf buffer = PooledByteBufAllocator.DEFAULT.directBuffer(Frame.PAYLOAD_BYTES_MAX);
        BlockHashes hashes = new BlockHashes();
        hashes.use(key);
        try {
            for (Run run = next(); run != null; run = next()) {
                long before = System.nanoTime();
                if (!link.awaitSyncRoom(this)) {
                    abort();
                    return;
                }
                long bytes = process(run, buffer, hashes);
                volume.pace().spent(bytes, System.nanoTime() - before);
            }
            if (isLast()) {
                end();
            }
        } catch (StoreException | RuntimeException e) {
            LOG.error("resync fails: volume={} node={}", volume.name(), link.node(), e);
            abort();
            outcome.failed("the resync cannot read this copy: " + e.getMessage());
        } finally {
            buffer.release();
        }
    }

    private void abort() {
        synchronized (this) {
            over = true;
            notifyAll();
        }
        if (all()) {
            link.endVerify(this);
            outcome.failed(
                    wasStopped()
                            ? "the comparison with replica " + link.node() + " was stopped"
                            : "replica " + link.node() + " was lost while it was compared");
        }
    }

    /** Ends a comparison as soon as each thread is done with what it is at; false if this is none. */
    boolean stop() {
        if (!all()) {
            return false;
        }
        synchronized (this) {
            stopped = true;
            over = true;
            notifyAll();
        }
        return true;
    }

    private synchronized boolean wasStopped() {
        return stopped;
    }

    private boolean isLast() {
        boolean broken;
        synchronized (this) {
            workers--;
            if (workers > 0) {
                return false;
            }
            broken = over;
        }
        if (broken) {
            abort();
        }
        return !broken;
    }

    /** What to do next; null if there is nothing left. */
    private synchronized @Nullable Run next() {
        while (!over) {
            Run known = differing.pollFirst();
            if (known != null) {
                return known;
            }
            if (comparing.size() < COMPARING_MAX) {
                int first = all() ? cursor : cursor < map.blocks() ? map.nextMarked(cursor) : -1;
                if (first >= 0 && first < map.blocks()) {
                    int end = Math.min(all() ? map.blocks() : map.nextUnmarked(first), first + RUN_BLOCKS);
                    cursor = end;
                    return new Run(first, end, false);
                }
                if (comparing.isEmpty()) {
                    return null;
                }
            }
            if (link.resync() != this) {
                over = true;
                return null;
            }
            try {
                wait(200);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                over = true;
            }
        }
        return null;
    }

    private long offset(int block) {
        return block * map.blockBytes();
    }

    private long bytes(Run run) {
        return Math.min(offset(run.end()), volume.size()) - offset(run.first());
    }

    private long process(Run run, ByteBuf buffer, BlockHashes hashes) throws StoreException {
        long offset = offset(run.first());
        int length = (int) bytes(run);
        boolean compare = !run.compared() && (all() || purpose == Purpose.COMPARE);
        long locks = RangeLocks.of(offset, length);
        volume.locks().lock(locks);
        try {
            if (compare) {
                compare(run, offset, length, buffer, hashes);
            } else {
                send(offset, length, buffer);
            }
        } finally {
            volume.locks().unlock(locks);
        }
        if (!compare) {
            finished(run);
        }
        return length;
    }

    private void compare(Run run, long offset, int length, ByteBuf buffer, BlockHashes hashes) throws StoreException {
        ByteBuffer content = buffer.nioBuffer(0, length);
        volume.store().read(offset, content);
        ByteBuf all = PooledByteBufAllocator.DEFAULT.directBuffer(
                BlockHashes.KEY_BYTES + BlockHashes.count(length) * Frame.HASH_BYTES);
        all.writeBytes(key);
        hashes.append(content.flip(), all);
        long token;
        synchronized (this) {
            token = ++tokens;
            comparing.put(token, run);
        }
        link.appendSync(this, new Frame(FrameType.HASHES, 0, token, offset, length, all));
    }

    private void send(long offset, int length, ByteBuf buffer) throws StoreException {
        long at = offset;
        long end = offset + length;
        while (at < end) {
            for (Extent extent : volume.store().extents(at, end - at, EXTENTS_MAX)) {
                if (extent.hole()) {
                    sendZeros(extent.offset(), extent.bytes());
                } else {
                    sendData(extent.offset(), (int) extent.bytes(), buffer);
                }
                at = extent.end();
            }
        }
    }

    private void sendData(long offset, int length, ByteBuf buffer) throws StoreException {
        ByteBuffer content = buffer.nioBuffer(0, length);
        volume.store().read(offset, content);
        content.flip();
        int from = 0;
        while (from < length) {
            boolean zeros = isZero(content, from, blockEnd(offset, from, length));
            int to = blockEnd(offset, from, length);
            while (to < length && isZero(content, to, blockEnd(offset, to, length)) == zeros) {
                to = blockEnd(offset, to, length);
            }
            if (zeros) {
                sendZeros(offset + from, to - from);
            } else {
                ByteBuf piece = PooledByteBufAllocator.DEFAULT.directBuffer(to - from);
                piece.writeBytes(content.duplicate().position(from).limit(to));
                sentBytes.addAndGet(to - from);
                link.appendSync(this, Frame.data(FrameType.SYNC_DATA, 0, offset + from, piece));
            }
            from = to;
        }
    }

    private int blockEnd(long offset, int from, int length) {
        long block = (offset + from) / map.blockBytes() + 1;
        return (int) Math.min(block * map.blockBytes() - offset, length);
    }

    private void sendZeros(long offset, long bytes) {
        if (purpose != Purpose.FILL) {
            link.appendSync(this, Frame.zero(FrameType.SYNC_ZERO, 0, offset, bytes, true));
        }
    }

    private static boolean isZero(ByteBuffer content, int from, int to) {
        int at = from;
        for (; at + Long.BYTES <= to; at += Long.BYTES) {
            if (content.getLong(at) != 0) {
                return false;
            }
        }
        for (; at < to; at++) {
            if (content.get(at) != 0) {
                return false;
            }
        }
        return true;
    }

    private void finished(Run run) {
        long token = 0;
        synchronized (this) {
            finished.set(run.first(), run.end());
            long bytes = bytes(run);
            doneBytes.addAndGet(bytes);
            finishedBytes += bytes;
            if (finishedBytes >= STEP_BYTES && !all()) {
                finishedBytes = 0;
                token = ++tokens;
                steps.put(token, finished);
                finished = new BitSet();
            }
            notifyAll();
        }
        if (token != 0) {
            link.appendSync(this, new Frame(FrameType.FLUSH, 0, 0, token, 0, io.netty.buffer.Unpooled.EMPTY_BUFFER));
        }
    }

    /** All is in the stream. */
    private void end() {
        if (all()) {
            long found;
            synchronized (this) {
                found = differingBytes;
            }
            link.endVerify(this);
            outcome.verified(found);
        } else {
            volume.endSync(link, this);
        }
    }

    /** The replica has answered something. */
    void heard(Frame frame) {
        switch (frame.type()) {
            case DIFFERING -> differing(frame);
            case FLUSHED -> volume.inBackground(() -> stepIsStable(frame.number()));
            case SYNCED ->
                volume.inBackground(() -> {
                    clear(finished());
                    outcome.resynced();
                });
            default -> throw new AssertionError(frame);
        }
    }

    private synchronized BitSet finished() {
        BitSet all = (BitSet) finished.clone();
        steps.values().forEach(all::or);
        steps.clear();
        return all;
    }

    private void stepIsStable(long token) {
        BitSet blocks;
        synchronized (this) {
            blocks = steps.remove(token);
        }
        if (blocks != null && link.resync() == this) {
            clear(blocks);
        }
    }

    private void clear(BitSet blocks) {
        for (int first = blocks.nextSetBit(0); first >= 0; ) {
            int end = blocks.nextClearBit(first);
            map.clear(first, end);
            first = blocks.nextSetBit(end);
        }
        try {
            map.save();
        } catch (StoreException e) {
            LOG.warn(
                    "map of {} could not be saved, a crash would cost a longer resync: {}",
                    volume.name(),
                    e.getMessage());
        }
    }

    private void differing(Frame frame) {
        Run run;
        synchronized (this) {
            run = comparing.remove(frame.number());
            if (run == null) {
                return;
            }
            ByteBuf bits = frame.payload();
            int first = run.first();
            while (first < run.end()) {
                boolean differs = isSet(bits, first - run.first());
                int end = first + 1;
                while (end < run.end() && isSet(bits, end - run.first()) == differs) {
                    end++;
                }
                Run part = new Run(first, end, true);
                if (differs) {
                    differingBytes += bytes(part);
                }
                if (differs && purpose != Purpose.VERIFY) {
                    differing.addLast(part);
                } else {
                    finished.set(first, end);
                    doneBytes.addAndGet(bytes(part));
                    finishedBytes += bytes(part);
                }
                first = end;
            }
            notifyAll();
        }
    }

    private static boolean isSet(ByteBuf bits, int bit) {
        return bit / 8 < bits.readableBytes() && (bits.getByte(bit / 8) >>> bit % 8 & 1) != 0;
    }
}
