package norikae.mirror.primary;

import java.util.concurrent.locks.ReentrantLock;

/**
 * Keeps overlapping requests apart while each gets its number and changes the disk, so that disk and replicas see them in one
 * order. Thread-safe. Ranges that do not overlap may hinder each other, which costs little: nothing waits under these locks
 * but for the disk.
 */
final class RangeLocks {

    private static final int LOCKS = 64;
    private static final long SLICE_BYTES = 1 << 20;

    private final ReentrantLock[] locks = new ReentrantLock[LOCKS];

    RangeLocks() {
        for (int i = 0; i < LOCKS; i++) {
            locks[i] = new ReentrantLock();
        }
    }

    /** Which locks a range needs, as bits. */
    static long of(long offset, long bytes) {
        long first = offset / SLICE_BYTES;
        long last = (offset + Math.max(bytes, 1) - 1) / SLICE_BYTES;
        if (last - first >= LOCKS - 1) {
            return -1L;
        }
        long set = 0;
        for (long slice = first; slice <= last; slice++) {
            set |= 1L << slice % LOCKS;
        }
        return set;
    }

    void lock(long set) {
        for (int i = 0; i < LOCKS; i++) {
            if ((set >>> i & 1) != 0) {
                locks[i].lock();
            }
        }
    }

    void unlock(long set) {
        for (int i = LOCKS - 1; i >= 0; i--) {
            if ((set >>> i & 1) != 0) {
                locks[i].unlock();
            }
        }
    }
}
