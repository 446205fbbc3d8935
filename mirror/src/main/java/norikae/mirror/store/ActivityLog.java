package norikae.mirror.store;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/**
 * Where a primary may have been writing when it crashed: coarse regions of the volume, each on stable storage <em>before</em>
 * the first write to it. Thread-safe; guarded by itself.
 *
 * <p>After a crash the marked regions may differ from a replica in either direction and are compared with it; nothing else is.
 * A region is unmarked when all that was written to it is stable on every replica, or stands in that replica's {@link BlockMap}
 * on stable storage.
 */
public final class ActivityLog implements AutoCloseable {

    /** One region: large, so that a first write, which costs a flush, is rare. */
    public static final long REGION_BYTES = 4L << 20;

    private final BlockMap regions;
    private final Map<Integer, Activity> active = new HashMap<>();

    private long marks;
    private volatile long savedMarks;

    private static final class Activity {
        private int inside;
        private long lastWrite;
    }

    private ActivityLog(BlockMap regions) {
        this.regions = regions;
    }

    /** Opens that of a volume, or makes an empty one. */
    public static ActivityLog open(Path path, long volumeBytes) throws StoreException {
        return new ActivityLog(BlockMap.open(path, volumeBytes, REGION_BYTES, false));
    }

    /** Marks in {@code map} all that was active when the log was last written, and forgets it. */
    public synchronized void moveInto(Iterable<BlockMap> maps) throws StoreException {
        for (BlockMap map : maps) {
            for (int region = regions.nextMarked(0); region >= 0; region = regions.nextMarked(region + 1)) {
                map.mark(region * REGION_BYTES, REGION_BYTES);
            }
            map.save();
        }
        active.clear();
        regions.clear(0, regions.blocks());
        regions.save();
    }

    /** Adds what was active when the log was last written. */
    public void active(List<Extent> to, long volumeBytes) {
        regions.extents(to, volumeBytes);
    }

    /** A write to this range is about to begin: returns when its regions are on stable storage. */
    public void enter(long offset, long bytes) throws StoreException {
        long needed;
        synchronized (this) {
            if (regions.mark(offset, bytes)) {
                marks++;
            }
            needed = marks;
            for (int region = first(offset); region <= last(offset, bytes); region++) {
                active.computeIfAbsent(region, _ -> new Activity()).inside++;
            }
        }
        if (savedMarks >= needed) {
            return;
        }
        try {
            regions.save();
        } catch (StoreException e) {
            leave(offset, bytes, Long.MAX_VALUE);
            throw e;
        }
        synchronized (this) {
            savedMarks = Math.max(savedMarks, needed);
        }
    }

    /** The write that entered is handed to the replicas and to the disk, with this number. */
    public synchronized void leave(long offset, long bytes, long number) {
        for (int region = first(offset); region <= last(offset, bytes); region++) {
            Activity activity = active.get(region);
            if (activity != null) {
                activity.inside--;
                activity.lastWrite = Math.max(activity.lastWrite, number);
            }
        }
    }

    /** How many bytes would be compared after a crash now. */
    public long activeBytes() {
        return regions.markedBytes();
    }

    /**
     * Unmarks the regions whose last write is not after {@code number}. The caller has seen to it that all writes up to that
     * number are stable on the replicas or in their maps. The file follows at the next save: a mark too many does no harm.
     */
    public synchronized void settle(long number) {
        for (Iterator<Map.Entry<Integer, Activity>> i = active.entrySet().iterator(); i.hasNext(); ) {
            Map.Entry<Integer, Activity> entry = i.next();
            if (entry.getValue().inside == 0 && entry.getValue().lastWrite <= number) {
                regions.clear(entry.getKey(), entry.getKey() + 1);
                i.remove();
            }
        }
    }

    private static int first(long offset) {
        return (int) (offset / REGION_BYTES);
    }

    private static int last(long offset, long bytes) {
        return (int) ((offset + Math.max(bytes, 1) - 1) / REGION_BYTES);
    }

    @Override
    public void close() throws StoreException {
        regions.close();
    }

    /** Leaves the file as a crash would. */
    public void abandon() {
        regions.abandon();
    }
}
