package norikae.mirror.replica;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import norikae.failover.model.Epoch;
import norikae.failover.model.NodeId;
import norikae.mirror.LocalVolume;
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
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A copy that takes another node's writes. Thread-safe; guarded by itself.
 *
 * <p>At most one primary is attached; one with a higher epoch puts it out, and from that moment on nothing of the earlier one
 * is applied. Writes are applied in the order in which they come. A flush makes stable what came before it, before anything
 * that came after it is applied: so even a power failure here leaves a state that the primary's disk could have had, unless a
 * resync is under way, and then the record on disk says so.
 */
public final class ReplicaVolume implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(ReplicaVolume.class);
    private static final int EXTENTS_MAX = 64;
    private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(10);

    private final VolumeDirectory directory;
    private final NodeId node;
    private final StoreOpener opener;
    private BlockStore store;
    private UUID instance = UUID.randomUUID();
    private @Nullable Object attached;
    private long attachedEpoch;
    private volatile long applied;
    private volatile long stable;
    private boolean broken;
    private boolean still;
    private boolean closed;

    /** How the blocks are opened; tests put disks in here that fail. */
    @FunctionalInterface
    public interface StoreOpener {
        BlockStore open(VolumeDirectory directory) throws StoreException;
    }

    private ReplicaVolume(VolumeDirectory directory, NodeId node, StoreOpener opener) throws StoreException {
        this.directory = directory;
        this.node = node;
        this.opener = opener;
        this.store = opener.open(directory);
    }

    /** Opens a copy for a primary to write. */
    public static ReplicaVolume open(Path path, NodeId node) throws StoreException {
        return open(path, node, VolumeDirectory::openBlocks);
    }

    public static ReplicaVolume open(Path path, NodeId node, StoreOpener opener) throws StoreException {
        VolumeDirectory directory = VolumeDirectory.open(path);
        try {
            return new ReplicaVolume(directory, node, opener);
        } catch (StoreException e) {
            directory.close();
            throw e;
        }
    }

    public VolumeRecord record() {
        return directory.record();
    }

    NodeId node() {
        return node;
    }

    synchronized UUID instance() {
        return instance;
    }

    /** The number of the newest write that is in the blocks. */
    public long applied() {
        return applied;
    }

    /**
     * How far it is.
     *
     * @param applied the number of the newest write that is in the blocks
     * @param stable the number up to which all writes are on stable storage
     */
    record Progress(long applied, long stable) {}

    /** Does not wait for a flush that is under way; what is stable is read first, so that it is not ahead. */
    Progress progress() {
        long safe = stable;
        return new Progress(applied, safe);
    }

    /** Whether a primary is attached now. */
    public synchronized boolean isAttached() {
        return attached != null;
    }

    /**
     * A primary with this epoch speaks for the volume from now on.
     *
     * @return the connection that it has put out
     * @throws StoreException {@link Kind#FENCED} if a higher epoch was heard of
     */
    synchronized @Nullable Object attach(Object connection, Epoch epoch) throws StoreException {
        requireOpen();
        if (epoch.value() < record().epoch()) {
            throw new StoreException(
                    Kind.FENCED,
                    "volume " + record().name() + " on " + node + " has heard of epoch " + record().epoch()
                            + "; whoever comes with " + epoch + " is no longer its primary");
        }
        directory.update(r -> r.atEpoch(epoch).withPrimary(false));
        if (broken) {
            reopen();
        }
        Object earlier = attached;
        attached = connection;
        attachedEpoch = epoch.value();
        return earlier;
    }

    /** After a disk error: what the kernel still holds is not known, so every block counts as untouched by this instance. */
    private void reopen() throws StoreException {
        store.close();
        store = opener.open(directory);
        instance = UUID.randomUUID();
        broken = false;
    }

    /** The connection is gone; true if it was the attached one. */
    synchronized boolean detach(Object connection) {
        if (attached != connection) {
            return false;
        }
        attached = null;
        notifyAll();
        return true;
    }

    /** Nobody with a lower epoch may write here any more, from the moment at which this returns. */
    public synchronized void fence(Epoch epoch) throws StoreException {
        directory.update(r -> r.atEpoch(epoch));
        if (attached != null && attachedEpoch < epoch.value()) {
            attached = null;
            notifyAll();
        }
    }

    /**
     * From now on nothing is changed here, so that somebody can look at one state of the volume for a while: whoever comes with a
     * change is hung up on, and so learns that this copy is behind.
     *
     * @throws StoreException {@link Kind#DAMAGED} if this copy is no state of the volume
     */
    public synchronized void holdStill() throws StoreException {
        requireOpen();
        if (broken || record().condition() == Condition.RESYNCING) {
            throw new StoreException(
                    Kind.DAMAGED,
                    "the copy of volume " + record().name() + " on " + node
                            + " is no state of it just now: wait for its" + " resync");
        }
        still = true;
    }

    /** The opposite of {@link #holdStill}. */
    public synchronized void goOn() {
        still = false;
    }

    /** Reads what the copy holds, while it {@linkplain #holdStill holds still}. */
    public synchronized void readStill(long offset, ByteBuffer to) throws StoreException {
        requireOpen();
        if (!still) {
            throw new StoreException(
                    Kind.CLOSED, "volume " + record().name() + " on " + node + " is being written by its primary");
        }
        store.read(offset, to);
    }

    private void requireMoving() throws StoreException {
        if (still) {
            throw new StoreException(
                    Kind.CLOSED,
                    "the copy of volume " + record().name() + " on " + node
                            + " holds still, because the volume is about to be handed over to it");
        }
    }

    /** Ranges that this copy wrote as a primary and that others may lack. */
    synchronized List<Extent> dirty() throws StoreException {
        List<Extent> dirty = new ArrayList<>();
        Path path = directory.path();
        long size = record().size();
        if (Files.exists(path.resolve("activity.map"))) {
            try (ActivityLog log = directory.openActivity()) {
                log.active(dirty, size);
            }
        }
        for (NodeId tracked : record().tracked().keySet()) {
            try (BlockMap map = directory.openDiffers(tracked, true)) {
                map.extents(dirty, size);
            }
        }
        return dirty;
    }

    /** The primary will make this copy equal to its own: until {@link #endSync} it is of use to nobody. */
    synchronized void beginSync(Object connection, VolumeRecord primary) throws StoreException {
        requireAttached(connection);
        requireMoving();
        directory.update(r -> r.withCondition(Condition.RESYNCING).following(primary.generations(), 0));
        applied = 0; // numbers are this primary's from now on
        stable = 0;
    }

    /** The resync is complete: everything before it is stable, and the copy is a state of the volume again. */
    synchronized void endSync(Object connection, VolumeRecord primary, long number) throws StoreException {
        requireAttached(connection);
        flushStore();
        Condition condition = primary.newest().isEmpty() ? Condition.FRESH : Condition.CONSISTENT;
        directory.update(r -> r.following(primary.generations(), number)
                .withCondition(condition)
                .withTracked(Map.of()));
        forgetPrimary();
        applied = number;
        stable = number;
    }

    /** What it noted as a primary has been said and made good. */
    private void forgetPrimary() throws StoreException {
        try (var files = Files.newDirectoryStream(directory.path(), "{activity.map,differs-*.map}")) {
            for (Path file : files) {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw StoreException.of("forgetting the maps in " + directory.path(), e);
        }
    }

    /** Applies one frame that changes blocks. */
    synchronized void apply(Object connection, Frame frame) throws StoreException {
        requireAttached(connection);
        requireMoving();
        try {
            switch (frame.type()) {
                case WRITE, SYNC_DATA -> LocalVolume.put(store, frame.offset(), frame.payload());
                case ZERO, SYNC_ZERO -> zero(frame.offset(), frame.length(), frame.has(Frame.RELEASE));
                default -> throw new AssertionError(frame);
            }
        } catch (StoreException e) {
            broken = true;
            throw e;
        }
        if (frame.number() > 0) {
            applied = frame.number();
        }
    }

    private void zero(long offset, long bytes, boolean release) throws StoreException {
        BlockStore.checkRange(offset, bytes, store.size());
        if (!release) {
            store.zero(offset, bytes, false);
            return;
        }
        long at = offset;
        while (at < offset + bytes) {
            for (Extent extent : store.extents(at, offset + bytes - at, EXTENTS_MAX)) {
                if (!extent.hole()) {
                    store.zero(extent.offset(), extent.bytes(), true);
                }
                at = extent.end();
            }
        }
    }

    /** The primary begins a generation; what was before it is stable when its name is. */
    synchronized void follow(Object connection, VolumeRecord primary, long number) throws StoreException {
        requireAttached(connection);
        requireMoving();
        flushStore();
        directory.update(r -> r.following(primary.generations(), number)
                .withCondition(r.condition() == Condition.FRESH ? Condition.CONSISTENT : r.condition()));
        applied = number;
        stable = number;
    }

    synchronized long flush(Object connection) throws StoreException {
        requireAttached(connection);
        flushStore();
        stable = applied;
        return stable;
    }

    /** Makes stable what is applied now, while more is applied: no state of the disk is ruled out by it. */
    void settle(Object connection) throws StoreException {
        BlockStore of;
        long number;
        synchronized (this) {
            requireAttached(connection);
            of = store;
            number = applied;
        }
        StoreException failure = null;
        try {
            of.flush();
        } catch (StoreException e) {
            failure = e;
        }
        synchronized (this) {
            if (closed || store != of) {
                return; // whoever took it away has seen to it, or will
            }
            if (failure != null) {
                flushFailed();
                throw failure;
            }
            if (attached == connection) {
                stable = Math.max(stable, number);
            }
        }
    }

    private void flushStore() throws StoreException {
        try {
            store.flush();
        } catch (StoreException e) {
            flushFailed();
            throw e;
        }
    }

    /** What was written since the last flush may or may not be there, in any order. */
    private void flushFailed() throws StoreException {
        broken = true;
        directory.update(r -> r.condition() == Condition.FRESH ? r : r.withCondition(Condition.RESYNCING));
    }

    synchronized void read(Object connection, long offset, ByteBuffer to) throws StoreException {
        requireAttached(connection);
        store.read(offset, to);
    }

    private void requireAttached(Object connection) throws StoreException {
        requireOpen();
        if (attached != connection) {
            throw new StoreException(
                    Kind.FENCED,
                    "volume " + record().name() + " on " + node + " listens to a later primary now, of epoch "
                            + record().epoch());
        }
    }

    private void requireOpen() throws StoreException {
        if (closed) {
            throw new StoreException(Kind.CLOSED, "volume " + record().name() + " on " + node + " is closed");
        }
    }

    /**
     * Takes no more writes; what has arrived is applied and stable when this returns. Take it from its {@link ReplicaServer}
     * first, or this waits in vain for the primary to go, and puts it out after a while.
     */
    @Override
    public synchronized void close() throws StoreException {
        if (closed) {
            return;
        }
        long deadline = System.nanoTime() + CLOSE_PATIENCE.toNanos();
        while (attached != null && System.nanoTime() < deadline) {
            try {
                wait(Math.max(1, (deadline - System.nanoTime()) / 1_000_000));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                break;
            }
        }
        closed = true;
        attached = null;
        try {
            if (!broken) {
                flushStore();
                directory.update(r -> r.following(r.generations(), applied));
            }
        } finally {
            try {
                store.close();
            } finally {
                directory.close();
                LOG.info("replica closed: volume={} node={} applied={}", record().name(), node, applied);
            }
        }
    }

    /** Lets go of everything as it is, as if the process had been killed: what a test of crashes needs. */
    synchronized void crash() throws StoreException {
        closed = true;
        attached = null;
        notifyAll();
        store.close();
        directory.close();
    }
}
