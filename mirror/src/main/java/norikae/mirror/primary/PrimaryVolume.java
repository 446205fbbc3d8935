package norikae.mirror.primary;

import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import norikae.failover.model.NodeId;
import norikae.failover.model.VolumeName;
import norikae.mirror.BlockDevice;
import norikae.mirror.Completion;
import norikae.mirror.LocalVolume;
import norikae.mirror.Threads;
import norikae.mirror.state.Reconciliation;
import norikae.mirror.state.ReplicaEvent;
import norikae.mirror.state.ReplicaProtocol;
import norikae.mirror.state.ReplicaState;
import norikae.mirror.store.ActivityLog;
import norikae.mirror.store.BlockMap;
import norikae.mirror.store.BlockStore;
import norikae.mirror.store.Condition;
import norikae.mirror.store.Extent;
import norikae.mirror.store.StoreException;
import norikae.mirror.store.StoreException.Kind;
import norikae.mirror.store.VolumeDirectory;
import norikae.mirror.store.VolumeRecord;
import norikae.mirror.wire.Frame;
import norikae.mirror.wire.FrameType;
import norikae.mirror.wire.Hello;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A volume where it is written: a disk for its user, whose writes go to its replicas as well. Thread-safe.
 *
 * <p>Every write gets a number. The numbers follow the order in which writes could depend on one another: whoever sends a
 * write after another was acknowledged gets a higher one. Each replica is sent them in that order, so what it holds at any
 * moment is all writes up to some number, and none after.
 *
 * <p>{@link #fence} or a stale epoch ends the right to write: nothing is changed or acknowledged afterwards.
 */
public final class PrimaryVolume implements BlockDevice, AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(PrimaryVolume.class);

    /** What a crash may oblige to compare, before the activity log is tidied. */
    private static final long ACTIVE_BYTES_MAX = 1L << 30;

    private static final int RESYNC_THREADS = 2;
    private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(10);

    private final VolumeDirectory directory;
    private final VolumeOptions options;
    private final BlockStore store;
    private final ActivityLog activity;
    private final EventLoopGroup loops;
    private final ExecutorService background;
    private final RangeLocks locks = new RangeLocks();
    private final ResyncPace pace;
    private final List<ReplicaLink> links = new ArrayList<>();
    private final Map<NodeId, UUID> discards = new ConcurrentHashMap<>();
    private final Object order = new Object();
    private long last;
    private boolean generationWanted = true;
    private final AtomicBoolean looking = new AtomicBoolean();
    private volatile @Nullable StoreException fenced;

    private PrimaryVolume(VolumeDirectory directory, VolumeOptions options) throws StoreException {
        this.directory = directory;
        this.options = options;
        this.pace = new ResyncPace(options.resyncBytesPerSecond());
        requireFit();
        this.store = options.store().open(directory);
        List<BlockMap> maps = openMaps();
        directory.update(r -> tracking(r.atEpoch(options.epoch()).withPrimary(true)));
        directory.keepDiffers(directory.record().tracked().keySet());
        this.activity = directory.openActivity();
        activity.moveInto(maps);
        this.loops = Threads.loops("mirror-" + directory.record().name(), Math.clamp(maps.size(), 1, 4));
        this.background = Executors.newSingleThreadExecutor(Thread.ofPlatform()
                .name("mirror-background-" + directory.record().name())
                .daemon(true)
                .factory());
        for (int i = 0; i < maps.size(); i++) {
            links.add(new ReplicaLink(this, options.replicas().get(i), maps.get(i)));
        }
        links.forEach(link -> link.connector().connect());
    }

    /**
     * Opens a copy as the primary.
     *
     * @throws StoreException {@link Kind#FENCED} if a higher epoch was heard of; {@link Kind#DAMAGED} if the copy is in
     *     mid-resync, and so no state of the volume
     */
    public static PrimaryVolume open(Path path, VolumeOptions options) throws StoreException {
        VolumeDirectory directory = VolumeDirectory.open(path);
        try {
            return new PrimaryVolume(directory, options);
        } catch (StoreException | RuntimeException e) {
            directory.close();
            throw e;
        }
    }

    private void requireFit() throws StoreException {
        VolumeRecord record = directory.record();
        if (record.epoch() > options.epoch().value()) {
            throw new StoreException(
                    Kind.FENCED,
                    "volume " + record.name() + " has heard of epoch " + record.epoch() + "; epoch " + options.epoch()
                            + " may not write it any more");
        }
        if (record.condition() == Condition.RESYNCING) {
            throw new StoreException(
                    Kind.DAMAGED,
                    "the copy of volume " + record.name() + " in " + directory.path()
                            + " was being resynchronised when it was cut off, and is no state of the volume."
                            + " Use another copy; if there is none, restore a backup");
        }
    }

    /**
     * The maps as they are when the record begins to vouch for them. Of a replica that is new here nothing is known: a copy that
     * followed another primary may lack any of that one's last writes, which this copy may have. Only of whoever made those
     * writes it is known that it has them, and where it does not for certain, it tells itself.
     */
    private List<BlockMap> openMaps() throws StoreException {
        VolumeRecord record = directory.record();
        List<BlockMap> maps = new ArrayList<>();
        for (ReplicaSpec spec : options.replicas()) {
            NodeId node = spec.node();
            boolean known = record.tracked().containsKey(node);
            BlockMap map = directory.openDiffers(node, known);
            boolean wroteLast =
                    record.newest().map(newest -> newest.writer().equals(node)).orElse(true);
            if (!known && !wroteLast) {
                map.markAll();
                map.save();
            }
            maps.add(map);
        }
        return maps;
    }

    /**
     * Since when the map of each replica is complete; where there is none yet, from now on. What is known of a replica that does
     * not take part any more is forgotten, for its map is no longer kept; and so that it can never take this copy for one whose
     * writes it has, they get a name that it does not know.
     */
    private VolumeRecord tracking(VolumeRecord record) {
        Map<NodeId, Optional<UUID>> tracked = new HashMap<>(record.tracked());
        boolean dropped = tracked.keySet()
                .retainAll(options.replicas().stream().map(ReplicaSpec::node).toList());
        VolumeRecord now =
                dropped && record.newest().isPresent() ? record.begin(options.epoch(), options.node()) : record;
        for (ReplicaSpec spec : options.replicas()) {
            tracked.putIfAbsent(spec.node(), now.newest().map(g -> g.id()));
        }
        return now.withTracked(tracked);
    }

    // ---- the disk

    @Override
    public long size() {
        return store.size();
    }

    @Override
    public boolean readOnly() {
        return false;
    }

    @Override
    public void read(long offset, ByteBuffer to) throws StoreException {
        pace.requested();
        requireWritable();
        store.read(offset, to);
    }

    @Override
    public List<Extent> extents(long offset, long bytes, int limit) throws StoreException {
        return store.extents(offset, bytes, limit);
    }

    @Override
    public void write(long offset, ByteBuf data, boolean fua, Completion completion) {
        int length = data.readableBytes();
        change(offset, length, fua, completion, new Change() {
            @Override
            public void send(Pending pending) {
                for (int at = 0; at < length; at += Frame.PAYLOAD_BYTES_MAX) {
                    int bytes = Math.min(Frame.PAYLOAD_BYTES_MAX, length - at);
                    Frame frame = Frame.data(
                            FrameType.WRITE, ++last, offset + at, data.slice(data.readerIndex() + at, bytes));
                    boolean isLast = at + bytes == length;
                    links.forEach(link -> link.append(frame, isLast ? pending : null));
                }
            }

            @Override
            public void store() throws StoreException {
                LocalVolume.put(store, offset, data);
            }
        });
    }

    @Override
    public void zero(long offset, long bytes, boolean release, boolean fua, Completion completion) {
        change(offset, bytes, fua, completion, new Change() {
            @Override
            public void send(Pending pending) {
                Frame frame = Frame.zero(FrameType.ZERO, ++last, offset, bytes, release);
                links.forEach(link -> link.append(frame, pending));
            }

            @Override
            public void store() throws StoreException {
                store.zero(offset, bytes, release);
            }
        });
    }

    /** The two halves of a change. */
    private interface Change {
        /** Numbers it and hands it to the replicas; under the order lock. */
        void send(Pending pending) throws StoreException;

        void store() throws StoreException;
    }

    private void change(long offset, long bytes, boolean fua, Completion completion, Change change) {
        pace.requested();
        Pending pending = new Pending(completion);
        boolean through = fua || options.writeThrough();
        boolean sent = false;
        try {
            BlockStore.checkRange(offset, bytes, store.size());
            requireWritable();
            links.forEach(ReplicaLink::awaitRoom);
            long set = RangeLocks.of(offset, bytes);
            locks.lock(set);
            try {
                if (!links.isEmpty()) {
                    activity.enter(offset, bytes);
                }
                long number = 0;
                try {
                    synchronized (order) {
                        requireWritable();
                        if (generationWanted) {
                            beginGeneration();
                        }
                        sent = true;
                        change.send(pending);
                        number = last;
                        if (through) {
                            links.forEach(link -> link.appendFlush(last, pending));
                        }
                    }
                    change.store();
                } finally {
                    if (!links.isEmpty()) {
                        activity.leave(offset, bytes, number);
                    }
                }
            } finally {
                locks.unlock(set);
            }
            if (through) {
                store.flush();
            }
            pending.done(null);
        } catch (StoreException e) {
            if (sent) {
                // The replicas have it and this disk may not: what they hold is to be replaced when they meet next.
                links.forEach(link -> link.differs().mark(offset, bytes));
                LOG.error("write fails: volume={} offset={} bytes={}", name(), offset, bytes, e);
            }
            pending.done(e);
        }
    }

    @Override
    public void flush(Completion completion) {
        pace.requested();
        Pending pending = new Pending(completion);
        try {
            synchronized (order) {
                requireWritable();
                links.forEach(link -> link.appendFlush(last, pending));
            }
            store.flush();
            pending.done(null);
        } catch (StoreException e) {
            pending.done(e);
        }
        tidyActivity();
    }

    private void requireWritable() throws StoreException {
        StoreException why = fenced;
        if (why != null) {
            throw new StoreException(why.kind(), String.valueOf(why.getMessage()), why);
        }
    }

    /** Under the order lock. */
    private void beginGeneration() throws StoreException {
        VolumeRecord record = directory.update(r -> r.begin(options.epoch(), options.node()));
        generationWanted = false;
        Frame frame = Frame.text(FrameType.GENERATION, ++last, record.text());
        links.forEach(link -> link.begins(last, record.newest().orElseThrow()));
        links.forEach(link -> link.append(frame, null));
        LOG.info(
                "generation begins: volume={} generation={}",
                name(),
                record.newest().orElseThrow());
    }

    private void tidyActivity() {
        if (links.isEmpty() || activity.activeBytes() < ACTIVE_BYTES_MAX) {
            return;
        }
        inBackground(() -> {
            long settled;
            synchronized (order) {
                settled = last;
            }
            try {
                for (ReplicaLink link : links) {
                    settled = link.settled(settled);
                    link.differs().save();
                }
                activity.settle(settled);
            } catch (StoreException e) {
                LOG.warn("activity log of {} grows: {}", name(), e.getMessage());
            }
        });
    }

    // ---- replicas

    /** A replica was greeted: decides what it needs. On its event loop. */
    void agree(ReplicaLink link, ReplicaConnection by, Hello.Replica them, long applied, List<Extent> dirty) {
        synchronized (order) {
            Reconciliation plan =
                    Reconciliation.decide(directory.record(), link.node(), them.volume(), discard(link.node()));
            if (plan instanceof Reconciliation.Refusal no) {
                by.close();
                refused(link, no);
                return;
            }
            link.knows(them.volume().newest().orElse(null));
            ReplicaState state = link.state();
            if (state == ReplicaState.CLOSED || state == ReplicaState.LOSING || fenced != null) {
                by.close();
                return;
            }
            if (them.volume().condition() == Condition.CONSISTENT && link.resume(by, them.instance(), applied)) {
                transition(link, ReplicaEvent.RESUMED, "its history goes on after write " + applied);
                link.connector().pumpSoon();
                return;
            }
            resync(link, by, them, plan, dirty);
        }
    }

    private void resync(
            ReplicaLink link, ReplicaConnection by, Hello.Replica them, Reconciliation plan, List<Extent> dirty) {
        Optional<UUID> theirs = them.volume().newest().map(g -> g.id());
        Optional<UUID> ours = directory.record().newest().map(g -> g.id());
        Resync.Purpose purpose = Resync.Purpose.SEND;
        if (plan instanceof Reconciliation.Everything everything) {
            link.differs().markAll();
            purpose = everything.compare() ? Resync.Purpose.COMPARE : Resync.Purpose.FILL;
        } else if (theirs.isPresent()) {
            purpose = Resync.Purpose.COMPARE;
        }
        transition(
                link,
                ReplicaEvent.RESYNC_NEEDED,
                plan + (dirty.isEmpty() ? "" : ", it wrote " + dirty.size() + " ranges itself"));
        for (Extent extent : dirty) {
            link.differs().mark(extent.offset(), extent.bytes());
        }
        Optional<UUID> since = plan instanceof Reconciliation.Changes && theirs.isPresent() ? theirs : ours;
        try {
            link.differs().save();
            directory.update(r -> r.withTracked(with(r.tracked(), link.node(), since)));
        } catch (StoreException e) {
            by.fail("the map of its blocks cannot be saved: " + e.getMessage());
        }
        link.adopt(by, them.instance(), last);
        Resync resync = new Resync(this, link, purpose, new SyncOutcome(link, by));
        link.begin(resync);
        link.appendSync(
                resync, Frame.text(FrameType.SYNC_BEGIN, 0, directory.record().text()));
        resync.start(RESYNC_THREADS);
    }

    private static Map<NodeId, Optional<UUID>> with(
            Map<NodeId, Optional<UUID>> tracked, NodeId node, Optional<UUID> since) {
        Map<NodeId, Optional<UUID>> more = new HashMap<>(tracked);
        more.put(node, since);
        return more;
    }

    /** All of a resync is in the stream: its end follows, and from there on every write waits for the replica. */
    void endSync(ReplicaLink link, Resync resync) {
        synchronized (order) {
            directory.record().newest().ifPresent(newest -> link.begins(last, newest));
            link.appendSync(
                    resync,
                    Frame.text(FrameType.SYNC_END, last, directory.record().text()));
        }
    }

    private final class SyncOutcome implements Resync.Outcome {
        private final ReplicaLink link;
        private final ReplicaConnection by;

        SyncOutcome(ReplicaLink link, ReplicaConnection by) {
            this.link = link;
            this.by = by;
        }

        @Override
        public void verified(long differingBytes) {
            throw new IllegalStateException("a resync is no comparison");
        }

        @Override
        public void resynced() {
            synchronized (order) {
                if (!link.isCurrent(by) || link.state() != ReplicaState.RESYNCING) {
                    return;
                }
                discards.remove(link.node());
                link.hasSynced();
                try {
                    Optional<UUID> since = directory.record().newest().map(g -> g.id());
                    directory.update(r -> r.withTracked(with(r.tracked(), link.node(), since)));
                } catch (StoreException e) {
                    LOG.warn("record of {} not updated, a later resync takes longer: {}", name(), e.getMessage());
                }
                transition(link, ReplicaEvent.RESYNCED, "resync complete");
            }
        }

        @Override
        public void failed(String reason) {
            by.fail(reason);
        }
    }

    /** A connection is gone, or was not made. */
    void lost(ReplicaLink link, ReplicaConnection by, String reason) {
        synchronized (order) {
            ReplicaState state = link.state();
            if (link.isCurrent(by)) {
                transition(link, ReplicaEvent.LOST, reason);
            } else if (state == ReplicaState.DETACHED || state == ReplicaState.PAUSED) {
                transition(link, ReplicaEvent.LOST, reason);
            }
        }
    }

    /** The replica, or this side, refuses to join the two copies. */
    void refused(ReplicaLink link, Reconciliation.Refusal refusal) {
        synchronized (order) {
            switch (refusal.code()) {
                case NOT_READY -> transition(link, ReplicaEvent.LOST, refusal.message());
                case STALE_EPOCH -> {
                    transition(link, ReplicaEvent.REFUSED, refusal.message());
                    fence(refusal.message());
                }
                default -> {
                    LOG.error("replica refused: volume={} node={} {}", name(), link.node(), refusal);
                    transition(link, ReplicaEvent.REFUSED, refusal.message());
                }
            }
            link.refusedFor(refusal);
        }
    }

    /** Puts an event to a replica's state machine and does what follows; under the order lock. */
    void transition(ReplicaLink link, ReplicaEvent event, String reason) {
        ReplicaProtocol.Decision decision =
                ReplicaProtocol.decide(link.state(), event, link.spec().mode());
        if (decision.effects().contains(ReplicaProtocol.Effect.NEW_GENERATION)) {
            generationWanted = true;
        }
        List<Pending> released = link.enter(decision, reason);
        StoreException failure = null;
        if (!released.isEmpty() && generationWanted) {
            // Writes are acknowledged that the replica lacks: that must be known by name before.
            try {
                beginGeneration();
            } catch (StoreException e) {
                failure = e;
            }
        }
        for (Pending one : released) {
            one.done(failure);
        }
        if (decision.effects().contains(ReplicaProtocol.Effect.ASK_CLUSTER)) {
            inBackground(() -> options.loss()
                    .replicaLost(name(), options.epoch(), link.node(), noted -> lossAnswered(link, noted)));
        }
        if (decision.effects().contains(ReplicaProtocol.Effect.RETRY)) {
            link.connector().retry();
        }
    }

    private void lossAnswered(ReplicaLink link, boolean noted) {
        if (!noted) {
            fence("the cluster says that this node is no longer the primary of volume " + name());
            return;
        }
        synchronized (order) {
            if (link.state() == ReplicaState.LOSING) {
                transition(link, ReplicaEvent.LOSS_NOTED, link.status().reason());
            }
        }
    }

    // ---- commands

    /** How each replica stands. */
    public List<ReplicaStatus> status() {
        return links.stream().map(ReplicaLink::status).toList();
    }

    /** How many bytes of content the last resync of that replica took; 0 if there was none. */
    public long lastResyncSent(NodeId node) {
        return link(node).lastResyncSent();
    }

    /** What the volume knows of itself. */
    public VolumeRecord record() {
        return directory.record();
    }

    /** The number of the newest write. */
    public long written() {
        synchronized (order) {
            return last;
        }
    }

    /** What would be compared with the replicas after a crash now. */
    public long activeBytes() {
        return activity.activeBytes();
    }

    /**
     * Tries again to join a replica that was refused.
     *
     * @param discard the replica's newest generation, whose writes are to be lost; null to lose none
     */
    public void resync(NodeId node, @Nullable UUID discard) {
        ReplicaLink link = link(node);
        if (discard != null) {
            discards.put(node, discard);
        }
        link.connector().connect();
    }

    /**
     * Compares a replica with this copy, block by block, while both are in use.
     *
     * @param repair whether to send what is not the same
     * @return how many bytes were not the same, in whole blocks
     */
    public CompletableFuture<Long> verify(NodeId node, boolean repair) {
        ReplicaLink link = link(node);
        CompletableFuture<Long> result = new CompletableFuture<>();
        Resync verify = new Resync(
                this, link, repair ? Resync.Purpose.REPAIR : Resync.Purpose.VERIFY, new VerifyOutcome(result));
        if (!link.beginVerify(verify)) {
            result.completeExceptionally(
                    new IOException("replica " + node + " of volume " + name() + " is " + link.state()
                            + "; only one that is STREAMING, and is not being verified already, can be verified"));
            return result;
        }
        verify.start(RESYNC_THREADS);
        return result;
    }

    /** Ends a comparison that runs; its result fails then. False if none runs. */
    public boolean stopVerify(NodeId node) {
        Resync running = link(node).resync();
        return running != null && running.stop();
    }

    private record VerifyOutcome(CompletableFuture<Long> result) implements Resync.Outcome {
        @Override
        public void verified(long differingBytes) {
            result.complete(differingBytes);
        }

        @Override
        public void resynced() {
            throw new IllegalStateException("a comparison is no resync");
        }

        @Override
        public void failed(String reason) {
            result.completeExceptionally(new IOException(reason));
        }
    }

    private ReplicaLink link(NodeId node) {
        return links.stream()
                .filter(l -> l.node().equals(node))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("volume " + name() + " has no replica on " + node));
    }

    /** Ends the right to write, at once: when this returns, nothing is changed or acknowledged any more. */
    public void fence(String reason) {
        synchronized (order) {
            if (fenced != null) {
                return;
            }
            StoreException why = new StoreException(Kind.FENCED, reason);
            fenced = why;
            LOG.warn("volume fenced: volume={} epoch={} reason={}", name(), options.epoch(), reason);
            for (ReplicaLink link : links) {
                link.takeWaiters().forEach(p -> p.done(why));
            }
        }
    }

    /**
     * Has the copy's record read again, and {@link #fence}s if another node has come to it with a higher epoch. Needed where the
     * copy lies on a storage that others reach. Returns at once; a storage that does not answer holds up nobody.
     */
    public void lookAtRecord() {
        if (!looking.compareAndSet(false, true)) {
            return;
        }
        inBackground(() -> {
            try {
                directory.requireOwn();
            } catch (StoreException e) {
                if (e.kind() == Kind.FENCED) {
                    fence(String.valueOf(e.getMessage()));
                } else {
                    LOG.warn("record of {} cannot be read: {}", name(), e.getMessage());
                }
            } finally {
                looking.set(false);
            }
        });
    }

    /**
     * Brings what was completed so far to stable storage here and on one replica. The caller lets nobody write meanwhile.
     *
     * @return whether that replica has everything
     */
    public boolean settle(NodeId node, Duration patience) throws StoreException {
        ReplicaLink link = link(node);
        synchronized (order) {
            requireWritable();
            link.appendFlush(last, null);
        }
        store.flush();
        return link.awaitDrained(patience);
    }

    /**
     * Takes no more writes, brings what there is to stable storage here and to every replica that can be reached, and closes.
     * What a replica lacks then stands in its map.
     *
     * @return the replicas that have everything
     */
    public List<NodeId> handOver(Duration patience) throws StoreException {
        List<NodeId> complete = new ArrayList<>();
        boolean sound;
        synchronized (order) {
            sound = fenced == null;
            if (sound) {
                fenced = new StoreException(Kind.CLOSED, "volume " + name() + " is closed");
                links.forEach(link -> link.appendFlush(last, null));
            }
        }
        try {
            if (sound) {
                store.flush();
                for (ReplicaLink link : links) {
                    if (link.awaitDrained(patience)) {
                        complete.add(link.node());
                    }
                }
            }
        } finally {
            shutDown(sound);
        }
        return complete;
    }

    private void shutDown(boolean sound) throws StoreException {
        synchronized (order) {
            for (ReplicaLink link : links) {
                transition(link, ReplicaEvent.CLOSE, "the volume is closed");
                StoreException closed = new StoreException(Kind.CLOSED, "volume " + name() + " is closed");
                link.takeWaiters().forEach(p -> p.done(closed));
                link.connector().close();
            }
        }
        background.shutdown();
        Threads.stop(loops);
        if (!isOwn()) {
            leave();
            return;
        }
        try {
            for (ReplicaLink link : links) {
                link.differs().close();
            }
            if (sound) {
                activity.settle(Long.MAX_VALUE);
                directory.update(r -> r.withPrimary(false));
            }
            activity.close();
            store.close();
        } finally {
            directory.close();
        }
    }

    private boolean isOwn() {
        try {
            directory.requireOwn();
            return true;
        } catch (StoreException e) {
            return e.kind() != Kind.FENCED; // one that cannot be read is left to those who will write into it
        }
    }

    /** Another node has the copy now, and its maps and its record are that one's to write. */
    private void leave() throws StoreException {
        try {
            links.forEach(link -> link.differs().abandon());
            activity.abandon();
            store.close();
        } finally {
            directory.close();
        }
    }

    @Override
    public void close() throws StoreException {
        handOver(CLOSE_PATIENCE);
    }

    /** Lets go of everything as it is, as if the process had been killed: what a test of crashes needs. */
    void crash() throws StoreException {
        links.forEach(link -> link.connector().close());
        fence("crashed");
        background.shutdown();
        Threads.stop(loops);
        links.forEach(ReplicaLink::abandon);
        links.forEach(link -> link.differs().abandon());
        activity.abandon();
        store.close();
        directory.close();
    }

    // ---- for this package

    VolumeName name() {
        return directory.record().name();
    }

    VolumeDirectory directory() {
        return directory;
    }

    VolumeOptions options() {
        return options;
    }

    BlockStore store() {
        return store;
    }

    RangeLocks locks() {
        return locks;
    }

    ResyncPace pace() {
        return pace;
    }

    EventLoopGroup loops() {
        return loops;
    }

    @Nullable
    UUID discard(NodeId node) {
        return discards.get(node);
    }

    void inBackground(Runnable task) {
        try {
            background.execute(task);
        } catch (RejectedExecutionException e) {
            LOG.debug("volume {} is closed; a task is dropped", name());
        }
    }
}
