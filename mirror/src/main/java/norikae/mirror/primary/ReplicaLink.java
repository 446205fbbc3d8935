package norikae.mirror.primary;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.UUID;
import norikae.failover.model.NodeId;
import norikae.failover.model.ReplicationMode;
import norikae.mirror.primary.ReplicaSpec.Packing;
import norikae.mirror.primary.ReplicaSpec.WhenFull;
import norikae.mirror.state.Reconciliation;
import norikae.mirror.state.ReplicaEvent;
import norikae.mirror.state.ReplicaProtocol;
import norikae.mirror.state.ReplicaState;
import norikae.mirror.store.BlockMap;
import norikae.mirror.store.Generation;
import norikae.mirror.store.StoreException;
import norikae.mirror.wire.Frame;
import norikae.mirror.wire.FrameCodec;
import norikae.mirror.wire.FrameType;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One replica, as its primary sees it: its state, what it has still to get, and who waits for it. Thread-safe; guarded by
 * itself, and the state changes only under the volume's order lock as well.
 *
 * <p>Every write is, for each replica, in exactly one place until it is stable there: in the history, among what was sent, among
 * what is written but not stable, or in the map.
 */
final class ReplicaLink {

    private static final Logger LOG = LoggerFactory.getLogger(ReplicaLink.class);

    /** What may be on its way to an asynchronous replica: it is held in memory until it has been written there. */
    private static final long SENT_BYTES_MAX = 16L << 20;

    /** What a resync may have in the queue: more would only delay the service's writes. */
    private static final long SYNC_BYTES_MAX = 4L << 20;

    /** After so many writes the replica is asked to make them stable, if the service does not ask. */
    private static final int UNSTABLE_MAX = 32_768;

    private static final long UNSTABLE_BYTES_MAX = 128L << 20;

    /** And after so long, as file systems do; while a disk is at it, each write takes several times as long. */
    private static final long UNSTABLE_NANOS_MAX = 5_000_000_000L;

    private static final long STAMP_NANOS = 20_000_000;

    private final PrimaryVolume volume;
    private final ReplicaSpec spec;
    private final BlockMap differs;
    private final History history;
    private final Deque<Frame> sent = new ArrayDeque<>();
    private final Deque<Written> unstable = new ArrayDeque<>();
    private final Deque<Waiter> onReceived = new ArrayDeque<>();
    private final Deque<Waiter> onWritten = new ArrayDeque<>();
    private final Deque<Waiter> onStable = new ArrayDeque<>();
    private final Deque<Stamp> stamps = new ArrayDeque<>();
    private final LineWatch line = new LineWatch();
    private final ReplicaConnector connector;

    private ReplicaState state = ReplicaState.DETACHED;
    private String reason = "not connected yet";
    private Reconciliation.@Nullable Refusal refusal;
    private final Deque<Begun> begun = new ArrayDeque<>();
    private @Nullable Generation generation;
    private @Nullable Long consistentNanos;
    private @Nullable ReplicaConnection connection;
    private volatile @Nullable Resync resync;
    private volatile long lastResyncSent;
    private @Nullable UUID instance;
    private boolean ending;
    private boolean broken;
    private long settleAsked;
    private long settleTime = System.nanoTime();
    private long sentBytes;
    private long unstableBytes;
    private long syncBytes;
    private long lastSent;
    private long received;
    private long written;
    private long stable;
    private long syncedAt;

    private record Written(long number, long offset, long bytes) {}

    private record Waiter(long number, Pending pending) {}

    /** A generation whose name the replica has been, or will be, sent with this number. */
    private record Begun(long number, Generation generation) {}

    private record Stamp(long number, long nanos) {}

    ReplicaLink(PrimaryVolume volume, ReplicaSpec spec, BlockMap differs) {
        this.volume = volume;
        this.spec = spec;
        this.differs = differs;
        boolean async = spec.mode() == ReplicationMode.ASYNC;
        this.history = new History(
                volume.directory().historyOf(spec.node()),
                async ? spec.historyMemory() : Long.MAX_VALUE,
                async ? spec.historyDisk() : 0);
        this.connector = new ReplicaConnector(volume, this);
    }

    ReplicaSpec spec() {
        return spec;
    }

    NodeId node() {
        return spec.node();
    }

    BlockMap differs() {
        return differs;
    }

    ReplicaConnector connector() {
        return connector;
    }

    synchronized ReplicaState state() {
        return state;
    }

    // ---- writes -----------------------------------------------------------------------------------------------------

    /** Waits while this replica's history is full and its writes are to be throttled. */
    void awaitRoom() {
        if (spec.mode() != ReplicationMode.ASYNC || spec.whenFull() != WhenFull.THROTTLE) {
            return;
        }
        synchronized (this) {
            while (isConnected() && history.isFull(sentBytes)) {
                try {
                    wait(1000);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    return;
                }
            }
        }
    }

    private boolean isConnected() {
        return state == ReplicaState.STREAMING || state == ReplicaState.RESYNCING;
    }

    /** Whether an acknowledgement waits for this replica. */
    private boolean counts() {
        return spec.mode() != ReplicationMode.ASYNC
                && (state == ReplicaState.STREAMING
                        || state == ReplicaState.LOSING
                        || (state == ReplicaState.RESYNCING && ending));
    }

    /**
     * Takes a numbered frame, whose payload stays the caller's; under the volume's order lock.
     *
     * @param pending who waits for it; null if a later frame of the same request does
     */
    void append(Frame frame, @Nullable Pending pending) {
        synchronized (this) {
            if (counts() && pending != null) {
                pending.expect();
                (spec.mode() == ReplicationMode.SYNC ? onWritten : onReceived)
                        .addLast(new Waiter(frame.number(), pending));
            }
            if (!keeps()) {
                mark(frame.offset(), frame.length());
                return;
            }
            if (spec.mode() == ReplicationMode.ASYNC
                    && history.isFull(sentBytes)
                    && (state == ReplicaState.PAUSED || spec.whenFull() == WhenFull.RESYNC)) {
                volume.transition(this, ReplicaEvent.OVERRUN, "its history is full: " + history.bytes() + " bytes");
                mark(frame.offset(), frame.length());
                return;
            }
            long now = System.nanoTime();
            if (stamps.isEmpty() || now - stamps.getLast().nanos() > STAMP_NANOS) {
                stamps.addLast(new Stamp(frame.number(), now));
            }
            enqueue(owned(frame));
        }
        connector.pumpSoon();
    }

    /** A generation has begun with this number; under the volume's order lock, before its frame is appended. */
    synchronized void begins(long number, Generation next) {
        if (keeps()) {
            begun.addLast(new Begun(number, next));
        }
    }

    /** The replica has told what it has, or has all of this since a resync. */
    synchronized void knows(@Nullable Generation newest) {
        generation = newest;
    }

    /** What was the newest generation when its resync ended is there, though no write may have followed to confirm it. */
    synchronized void hasSynced() {
        Resync ended = resync;
        if (ended != null) {
            lastResyncSent = ended.sent();
        }
        while (!begun.isEmpty() && begun.getFirst().number() <= syncedAt) {
            generation = begun.removeFirst().generation();
        }
    }

    long lastResyncSent() {
        return lastResyncSent;
    }

    private boolean keeps() {
        return !broken && (isConnected() || state == ReplicaState.PAUSED);
    }

    private Frame owned(Frame frame) {
        ByteBuf payload = frame.payload();
        if (!payload.isReadable()) {
            return frame;
        }
        // A request's buffer may be a small part of a large one: what may wait for long gets one of its own size.
        ByteBuf own = spec.mode() == ReplicationMode.ASYNC
                ? PooledByteBufAllocator.DEFAULT
                        .directBuffer(payload.readableBytes())
                        .writeBytes(payload.duplicate())
                : payload.retainedDuplicate();
        return new Frame(frame.type(), frame.flags(), frame.number(), frame.offset(), frame.length(), own);
    }

    private void enqueue(Frame frame) {
        long offset = frame.offset();
        long bytes = frame.type() == FrameType.FLUSH || frame.type() == FrameType.SETTLE ? 0 : frame.length();
        try {
            history.add(frame, sentBytes);
        } catch (IOException e) {
            // What is in the history may still be sent, but nothing may follow the frame that is missing.
            broken = true;
            mark(offset, bytes);
            ReplicaConnection to = connection;
            if (to != null) {
                to.fail("its history cannot be kept: " + e.getMessage());
            } else {
                LOG.warn(
                        "history of {} on {} cannot be kept, a resync will take its place: {}",
                        volume.name(),
                        node(),
                        e.getMessage());
                noteInMap(); // of no use to anybody, and somebody needs the room
            }
        }
    }

    private void mark(long offset, long bytes) {
        differs.mark(offset, bytes);
    }

    /** A barrier: all before it is stable there before anything after it; {@code pending} waits for it, if it counts. */
    void appendFlush(long number, @Nullable Pending pending) {
        synchronized (this) {
            if (counts() && pending != null) {
                boolean sync = spec.mode() == ReplicationMode.SYNC;
                if ((sync ? stable : received) < number) {
                    pending.expect();
                    (sync ? onStable : onReceived).addLast(new Waiter(number, pending));
                }
            }
            if (!keeps()) {
                return;
            }
            enqueue(Frame.of(FrameType.FLUSH, number));
        }
        connector.pumpSoon();
    }

    // ---- resync -----------------------------------------------------------------------------------------------------

    /** Waits until a resync may put more into the queue; false if that resync is over. */
    synchronized boolean awaitSyncRoom(Resync by) {
        while (resync == by && syncBytes >= SYNC_BYTES_MAX) {
            try {
                wait(1000);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return false;
            }
        }
        return resync == by;
    }

    /** Takes a frame of a resync, and owns it; false, and it is released, if that resync is over. */
    boolean appendSync(Resync by, Frame frame) {
        synchronized (this) {
            if (resync != by || !keeps()) {
                frame.release();
                return false;
            }
            syncBytes += frame.weight();
            if (frame.type() == FrameType.SYNC_END) {
                ending = true;
                syncedAt = frame.number();
            }
            enqueue(frame);
            if (broken) {
                return false;
            }
        }
        connector.pumpSoon();
        return true;
    }

    /** Lets a comparison run beside the stream; false if the replica is not streaming or one runs already. */
    synchronized boolean beginVerify(Resync verify) {
        if (state != ReplicaState.STREAMING || resync != null) {
            return false;
        }
        resync = verify;
        return true;
    }

    synchronized void endVerify(Resync verify) {
        if (resync == verify) {
            resync = null;
            syncBytes = 0;
            notifyAll();
        }
    }

    /** The one that runs; without a lock, for it is asked under the resync's own. */
    @Nullable
    Resync resync() {
        return resync;
    }

    // ---- the connection ---------------------------------------------------------------------------------------------

    /** Sends what the line takes; on the connection's event loop. */
    void pump(ReplicaConnection by) {
        boolean wrote = false;
        synchronized (this) {
            try {
                while (connection == by && by.isWritable() && sentBytes < SENT_BYTES_MAX) {
                    Frame frame = history.poll();
                    if (frame == null) {
                        if (unstable.size() <= UNSTABLE_MAX && unstableBytes <= UNSTABLE_BYTES_MAX) {
                            break;
                        }
                        if (!askToSettle()) {
                            break;
                        }
                        continue;
                    }
                    send(by, frame);
                    wrote = true;
                }
                long probe = wrote ? line.probe(System.nanoTime()) : 0;
                if (probe != 0) {
                    by.write(FrameCodec.encode(Frame.of(FrameType.PING, probe), by.allocator(), false));
                }
            } catch (IOException e) {
                by.fail("its history cannot be read: " + e.getMessage());
            }
            notifyAll(); // there is room again, for a resync or a throttled write
        }
        if (wrote) {
            by.flush();
        }
    }

    private void send(ReplicaConnection by, Frame frame) {
        switch (frame.type()) {
            case SYNC_BEGIN, SYNC_DATA, SYNC_ZERO, SYNC_END, HASHES -> syncBytes -= frame.weight();
            default -> {}
        }
        if (frame.number() > 0 && isNumbered(frame.type())) {
            lastSent = frame.number();
            remember(frame);
        }
        boolean pack = spec.packing() == Packing.ALWAYS
                || (spec.packing() == Packing.WHEN_WAITING && line.isLimit(System.nanoTime()));
        by.write(FrameCodec.encode(frame, by.allocator(), pack));
    }

    private static boolean isNumbered(FrameType type) {
        return type == FrameType.WRITE || type == FrameType.ZERO || type == FrameType.GENERATION;
    }

    /** Holds what was sent until it is written there: as a whole if it may have to be sent again. */
    private void remember(Frame frame) {
        if (spec.mode() == ReplicationMode.ASYNC) {
            frame.payload().retain();
            sent.addLast(frame);
            sentBytes += frame.weight();
        } else {
            sent.addLast(
                    new Frame(frame.type(), 0, frame.number(), frame.offset(), frame.length(), Unpooled.EMPTY_BUFFER));
        }
    }

    /** Has what is written there made stable, without holding up what follows; false if that was asked for and is not done. */
    private boolean askToSettle() {
        if (settleAsked > stable) {
            return false;
        }
        settleAsked = lastSent;
        settleTime = System.nanoTime();
        enqueue(Frame.of(FrameType.SETTLE, lastSent));
        return true;
    }

    /** The replica has heard a ping of the stream. */
    synchronized void pong(ReplicaConnection by, long number) {
        if (connection == by) {
            line.answered(number, System.nanoTime());
        }
    }

    /** From time to time: what is written there shall not stay unstable for ever. */
    void tick() {
        synchronized (this) {
            if (!isConnected() || unstable.isEmpty() || System.nanoTime() - settleTime < UNSTABLE_NANOS_MAX) {
                return;
            }
            if (!askToSettle()) {
                return;
            }
        }
        connector.pumpSoon();
    }

    /** The replica has got so far. */
    void acknowledged(ReplicaConnection by, Frame ack) {
        List<Pending> done = new ArrayList<>();
        synchronized (this) {
            if (connection != by) {
                return;
            }
            if (ack.length() > lastSent || ack.number() > ack.length() || ack.offset() > ack.number()) {
                by.fail("it acknowledges what it was not sent: " + ack + ", last sent " + lastSent);
                return;
            }
            received = Math.max(received, ack.length());
            written = Math.max(written, ack.number());
            stable = Math.max(stable, ack.offset());
            settle();
            take(onReceived, received, done);
            take(onWritten, written, done);
            take(onStable, stable, done);
            notifyAll();
        }
        done.forEach(p -> p.done(null));
        connector.pumpSoon();
    }

    private void settle() {
        while (!begun.isEmpty() && begun.getFirst().number() <= written) {
            generation = begun.removeFirst().generation();
        }
        while (!sent.isEmpty() && sent.getFirst().number() <= written) {
            Frame frame = sent.removeFirst();
            if (spec.mode() == ReplicationMode.ASYNC) {
                sentBytes -= frame.weight();
            }
            if (frame.type() != FrameType.GENERATION) {
                unstable.addLast(new Written(frame.number(), frame.offset(), frame.length()));
                unstableBytes += frame.length();
            }
            frame.release();
        }
        while (!unstable.isEmpty() && unstable.getFirst().number() <= stable) {
            unstableBytes -= unstable.removeFirst().bytes();
        }
        while (stamps.size() > 1 && second(stamps).number() <= written) {
            stamps.removeFirst();
        }
        if (sent.isEmpty() && history.frames() == 0) {
            stamps.clear();
        }
    }

    /** Whether what it has now follows from what it has confirmed. */
    private static boolean holdsState(ReplicaState state) {
        return state == ReplicaState.STREAMING || state == ReplicaState.PAUSED;
    }

    private Duration behind() {
        return stamps.isEmpty()
                ? Duration.ZERO
                : Duration.ofNanos(System.nanoTime() - stamps.getFirst().nanos());
    }

    private @Nullable Duration consistentAge() {
        Long since = consistentNanos;
        if (since != null) {
            return Duration.ofNanos(System.nanoTime() - since);
        }
        return holdsState(state) ? behind() : null;
    }

    private static Stamp second(Deque<Stamp> stamps) {
        Iterator<Stamp> i = stamps.iterator();
        i.next();
        return i.next();
    }

    private static void take(Deque<Waiter> from, long number, List<Pending> to) {
        while (!from.isEmpty() && from.getFirst().number() <= number) {
            to.add(from.removeFirst().pending());
        }
    }

    /** Up to which number all writes are stable there, or in the map; {@code last} if all are. */
    synchronized long settled(long last) {
        long open = Long.MAX_VALUE;
        if (!unstable.isEmpty()) {
            open = unstable.getFirst().number();
        } else if (!sent.isEmpty()) {
            open = sent.getFirst().number();
        } else if (history.frames() > 0) {
            open = Math.max(written + 1, 1);
        }
        return Math.min(last, open - 1);
    }

    // ---- states: all of these under the order lock
    // ----------------------------------------------------------------------

    /** Tries to go on with the history where the replica stopped. */
    synchronized boolean resume(ReplicaConnection by, UUID theirInstance, long applied) {
        boolean contiguous = !broken
                && state == ReplicaState.PAUSED
                && theirInstance.equals(instance)
                && applied >= written
                && applied <= lastSent;
        if (!contiguous) {
            return false;
        }
        connection = by;
        received = Math.max(received, applied);
        written = applied;
        settle();
        List<Frame> again = new ArrayList<>(sent);
        sent.clear();
        sentBytes = 0;
        history.putBack(again);
        settleAsked = 0;
        line.restart();
        return true;
    }

    /** Starts from nothing with a connection that has been greeted. */
    synchronized void adopt(ReplicaConnection by, UUID theirInstance, long last) {
        connection = by;
        instance = theirInstance;
        received = last;
        written = last;
        stable = last;
        lastSent = last;
        syncBytes = 0;
        broken = false;
        settleAsked = 0;
        line.restart();
        ending = false;
        stamps.clear();
        begun.clear();
    }

    /** Applies a decision; the result are those whose wait is over. */
    synchronized List<Pending> enter(ReplicaProtocol.Decision decision, String why) {
        if (decision.state() != state) {
            LOG.info(
                    "replica: volume={} node={} mode={} from={} to={} reason=\"{}\"",
                    volume.name(),
                    node(),
                    spec.mode(),
                    state,
                    decision.state(),
                    why);
        }
        boolean holdsState = holdsState(decision.state());
        if (holdsState(state) && !holdsState) {
            consistentNanos = System.nanoTime() - behind().toNanos();
        }
        if (holdsState || decision.state() == ReplicaState.RESYNCING) {
            consistentNanos = null;
        }
        state = decision.state();
        reason = state == ReplicaState.STREAMING ? "" : why;
        refusal = state == ReplicaState.REFUSED ? refusal : null;
        if (!isConnected()) {
            resync = null;
            ending = false;
            ReplicaConnection gone = connection;
            connection = null;
            if (gone != null) {
                gone.close();
            }
        } else if (state == ReplicaState.STREAMING) {
            resync = null;
        }
        List<Pending> released = new ArrayList<>();
        for (ReplicaProtocol.Effect effect : decision.effects()) {
            switch (effect) {
                case NOTE_IN_MAP -> noteInMap();
                case RELEASE -> takeAll(released);
                default -> {} // the volume's
            }
        }
        notifyAll();
        return released;
    }

    /** The replica is in the state {@code REFUSED} for this. */
    synchronized void refusedFor(Reconciliation.Refusal why) {
        refusal = state == ReplicaState.REFUSED ? why : null;
    }

    synchronized void begin(Resync with) {
        resync = with;
    }

    private void noteInMap() {
        try {
            history.clear(frame -> {
                if (isNumbered(frame.type())) {
                    mark(frame.offset(), frame.length());
                }
            });
        } catch (IOException e) {
            LOG.error(
                    "history of {} on {} is lost, all blocks will be compared: {}",
                    volume.name(),
                    node(),
                    e.toString());
            differs.markAll();
        }
        for (Frame frame : sent) {
            mark(frame.offset(), frame.length());
            frame.release();
        }
        for (Written one : unstable) {
            mark(one.offset(), one.bytes());
        }
        sent.clear();
        unstable.clear();
        stamps.clear();
        begun.clear();
        sentBytes = 0;
        unstableBytes = 0;
    }

    /** Gives up all that waits. */
    synchronized List<Pending> takeWaiters() {
        List<Pending> all = new ArrayList<>();
        takeAll(all);
        return all;
    }

    private void takeAll(List<Pending> to) {
        take(onReceived, Long.MAX_VALUE, to);
        take(onWritten, Long.MAX_VALUE, to);
        take(onStable, Long.MAX_VALUE, to);
    }

    /** Lets go of all that it holds, and of nothing else: what a test of crashes needs. */
    synchronized void abandon() {
        connection = null;
        resync = null;
        broken = true;
        history.abandon();
        sent.forEach(Frame::release);
        sent.clear();
        notifyAll();
    }

    synchronized boolean isCurrent(ReplicaConnection by) {
        return connection == by;
    }

    /** Waits until it has everything, stable; false if it does not within that time, or is not streaming. */
    synchronized boolean awaitDrained(Duration patience) throws StoreException {
        long deadline = System.nanoTime() + patience.toNanos();
        while (state == ReplicaState.STREAMING && (history.frames() > 0 || !sent.isEmpty() || !unstable.isEmpty())) {
            long left = deadline - System.nanoTime();
            if (left <= 0) {
                return false;
            }
            try {
                wait(Math.max(1, Math.min(100, left / 1_000_000)));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new StoreException(StoreException.Kind.CLOSED, "interrupted while waiting for " + node(), e);
            }
        }
        return state == ReplicaState.STREAMING;
    }

    synchronized ReplicaStatus status() {
        Resync now = resync;
        return new ReplicaStatus(
                node(),
                spec.mode(),
                state,
                reason,
                differs.markedBytes(),
                history.bytes() + sentBytes,
                history.frames() + sent.size(),
                behind(),
                now == null ? 0 : now.done(),
                now == null ? 0 : now.total(),
                now == null ? 0 : now.sent(),
                now == null ? Duration.ZERO : now.time(),
                refusal,
                history.spilledBytes(),
                consistentAge(),
                generation);
    }
}
