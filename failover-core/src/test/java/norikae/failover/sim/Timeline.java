package norikae.failover.sim;

import java.util.PriorityQueue;

/** Real time, and what is going to happen in it. Confined to one thread. */
final class Timeline {

    static final long MILLI = 1_000_000L;
    static final long SECOND = 1_000 * MILLI;

    private record Due(long atNanos, long order, Runnable what) implements Comparable<Due> {
        @Override
        public int compareTo(Due other) {
            int byTime = Long.compare(atNanos, other.atNanos);
            return byTime != 0 ? byTime : Long.compare(order, other.order);
        }
    }

    private final PriorityQueue<Due> queue = new PriorityQueue<>(1_024);
    private long now = SECOND;
    private long order;

    long now() {
        return now;
    }

    void after(long delayNanos, Runnable what) {
        at(now + delayNanos, what);
    }

    void at(long atNanos, Runnable what) {
        queue.add(new Due(Math.max(now, atNanos), order++, what));
    }

    /** Makes the next thing happen; false if nothing is due by then. */
    boolean step(long untilNanos) {
        Due next = queue.peek();
        if (next == null || next.atNanos() > untilNanos) {
            now = Math.max(now, untilNanos);
            return false;
        }
        queue.remove();
        now = next.atNanos();
        next.what().run();
        return true;
    }
}
