package norikae.mirror.primary;

import java.util.concurrent.locks.LockSupport;

/**
 * How fast a resync may go: not faster than it was told, and at half its speed while the service uses the volume, so that it
 * takes what the service leaves over. Thread-safe.
 */
final class ResyncPace {

    private static final long BUSY_NANOS = 100_000_000;
    private static final long PAUSE_NANOS_MAX = 50_000_000;

    private final long bytesPerSecond;
    private volatile long lastRequest = System.nanoTime() - BUSY_NANOS;
    private long free = System.nanoTime();

    ResyncPace(long bytesPerSecond) {
        this.bytesPerSecond = bytesPerSecond;
    }

    /** The service has asked for something. */
    void requested() {
        lastRequest = System.nanoTime();
    }

    /** Waits as long as {@code bytes}, which took {@code nanos}, oblige to. */
    void spent(long bytes, long nanos) {
        if (System.nanoTime() - lastRequest < BUSY_NANOS) {
            LockSupport.parkNanos(Math.min(nanos, PAUSE_NANOS_MAX));
        }
        if (bytesPerSecond > 0) {
            long until;
            synchronized (this) {
                free = Math.max(free, System.nanoTime()) + bytes * 1_000_000_000L / bytesPerSecond;
                until = free;
            }
            for (long left = until - System.nanoTime(); left > 0; left = until - System.nanoTime()) {
                LockSupport.parkNanos(left);
            }
        }
    }
}
