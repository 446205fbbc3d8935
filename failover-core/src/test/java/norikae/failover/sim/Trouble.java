package norikae.failover.sim;

/** Until when something is, or may still echo, that can rightly make a node suspect. Confined to one thread. */
final class Trouble {

    private static final long ECHO = 10 * Timeline.SECOND; // commands that come late, caches, returning nodes

    private final Timeline time;
    private long until = Long.MIN_VALUE;

    Trouble(Timeline time) {
        this.time = time;
    }

    /** It lasts so long from now on. */
    void lasts(long nanos) {
        until = Math.max(until, time.now() + nanos + ECHO);
    }

    boolean isOver() {
        return time.now() > until;
    }
}
