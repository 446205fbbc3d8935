package norikae.mirror.primary;

/**
 * Whether the line to a replica is what its stream waits for. Confined to whoever holds the link's lock.
 *
 * <p>Told by pings that travel in the stream: one that takes clearly longer than the fastest ever had to queue up, in this
 * program, in the kernel or in the network, behind what the line has not yet taken. How deep the queue is would tell less: the
 * kernel alone may hold megabytes, a history may be shorter than that, and neither says how fast they move.
 */
final class LineWatch {

    /** What a ping may take beyond the fastest before it has queued up; a replica that is busy answers later, too. */
    private static final long SLACK_NANOS = 10_000_000;

    /** If even the fastest took longer, then because the line was full from the beginning. */
    private static final long FASTEST_NANOS_MAX = 200_000_000;

    private static final long PAUSE_NANOS = 5_000_000;

    private long number;
    private boolean underWay;
    private long begun;
    private long latest;
    private long fastest = FASTEST_NANOS_MAX;

    /** There is a new connection. */
    void restart() {
        underWay = false;
        latest = 0;
        fastest = FASTEST_NANOS_MAX;
    }

    /** The number of the ping that shall follow what was just sent; 0 if none need to. */
    long probe(long now) {
        if (underWay || now - begun < PAUSE_NANOS) {
            return 0;
        }
        underWay = true;
        begun = now;
        return ++number;
    }

    /** The ping of this number was answered. */
    void answered(long which, long now) {
        if (underWay && which == number) {
            underWay = false;
            latest = now - begun;
            fastest = Math.min(fastest, latest);
        }
    }

    /** Whether what is sent now will wait for the line. */
    boolean isLimit(long now) {
        long time = underWay ? Math.max(latest, now - begun) : latest;
        return time > fastest + SLACK_NANOS;
    }
}
