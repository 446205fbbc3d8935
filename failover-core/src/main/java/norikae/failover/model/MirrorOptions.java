package norikae.failover.model;

/**
 * How a volume's primary keeps its replicas up to date.
 *
 * @param historyMemoryBytes what may wait in memory for each asynchronous replica
 * @param historyDiskBytes what may wait on the primary's disk beyond that
 * @param whenFull what becomes of writes when both are full
 * @param resyncBytesPerSecond what a resync takes at most; 0 for no limit
 */
public record MirrorOptions(
        long historyMemoryBytes, long historyDiskBytes, WhenFull whenFull, long resyncBytesPerSecond) {

    private static final long MEMORY_MIN = 1 << 20;
    private static final long MEMORY_MAX = 64L << 30;
    private static final long DISK_MAX = 64L << 40;
    private static final long RATE_MIN = 64 << 10; // below it the smallest volume is never done

    public static final MirrorOptions DEFAULT = new MirrorOptions(64L << 20, 4L << 30, WhenFull.THROTTLE, 0);

    /** What becomes of writes when an asynchronous replica cannot follow. */
    public enum WhenFull {
        /** They wait, as long as the replica is connected. */
        THROTTLE,
        /** They go on; the replica keeps its earlier state for the moment and is resynchronised then. */
        RESYNC
    }

    public MirrorOptions {
        if (historyMemoryBytes < MEMORY_MIN || historyMemoryBytes > MEMORY_MAX) {
            throw new IllegalArgumentException("a history of " + historyMemoryBytes
                    + " bytes in memory is not possible: use " + MEMORY_MIN + " to " + MEMORY_MAX);
        }
        if (historyDiskBytes < 0 || historyDiskBytes > DISK_MAX) {
            throw new IllegalArgumentException(
                    "a history of " + historyDiskBytes + " bytes on disk is not possible: use 0 (none) to " + DISK_MAX);
        }
        if (resyncBytesPerSecond != 0 && resyncBytesPerSecond < RATE_MIN) {
            throw new IllegalArgumentException("a resync of " + resyncBytesPerSecond
                    + " bytes a second would never end: use 0 (no limit), or at least " + RATE_MIN);
        }
    }
}
