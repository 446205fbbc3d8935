package norikae.failover.sim;

import java.util.PriorityQueue;

/** True time, which no node knows, and what happens next in it. Confined to one thread. */
final class Timeline {

    static final long MILLI = 1_000_000L;
    static final long SECOND = 1_000 * MILLI;

    private record Event(long at, long order, Runnable what) implements Comparable<Event> {
        @Override
        public int compareTo(Event other) {
            return at != other.at ? Long.compare(at, other.at) : Long.compare(order, other.order);
        }
    }

    private final PriorityQueue<Event> queue = new PriorityQueue<>();
    private long now;
    private long order;

    long now() {
        return now;
    }

    void after(long nanos, Runnable what) {
        queue.add(new Event(now + Math.max(0, nanos), order++, what));
    }

    /** Lets the next thing happen, unless it is later than {@code untilNanos}; then time is there, and the answer false. */
    boolean step(long untilNanos) {
        Event next = queue.peek();
        if (next == null || next.at() > untilNanos) {
            now = Math.max(now, untilNanos);
            return false;
        }
        queue.poll();
        now = next.at();
        next.what().run();
        return true;
    }
}
