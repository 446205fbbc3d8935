package norikae.failover.model;

/**
 * How the cluster notices that a server is lost, and what it may do then; immutable.
 *
 * @param enabled whether servers are fenced and their services started elsewhere at all
 * @param beatMillis distance of two heartbeats of a node
 * @param leaseMillis how long a node may run its services after the last heartbeat that a majority of the voters has
 *     granted; counted on its own clock from the moment of sending
 * @param suspectMillis the shortest silence that makes a node suspect; the detector waits longer where heartbeats come
 *     irregularly
 * @param watchdogSeconds the longest time-out that the watchdog of any node has; 0 if not all nodes have one, and then time
 *     alone proves nothing
 */
public record FailoverPolicy(boolean enabled, int beatMillis, int leaseMillis, int suspectMillis, int watchdogSeconds) {

    /** Nothing is fenced. */
    public static final FailoverPolicy OFF = new FailoverPolicy(false, 100, 2_000, 600, 0);

    private static final int BEATS_MIN = 3; // one lost packet, or two, must not matter
    private static final int MILLIS_MAX = 600_000;

    public FailoverPolicy {
        require(beatMillis >= 20 && beatMillis <= 10_000, "beat of " + beatMillis + " ms", "20 to 10000 ms");
        require(
                leaseMillis >= BEATS_MIN * beatMillis && leaseMillis <= MILLIS_MAX,
                "lease of " + leaseMillis + " ms",
                "at least " + BEATS_MIN + " beats (" + BEATS_MIN * beatMillis + " ms) and at most 10 minutes");
        require(
                suspectMillis >= BEATS_MIN * beatMillis && suspectMillis <= MILLIS_MAX,
                "suspicion after " + suspectMillis + " ms",
                "at least " + BEATS_MIN + " beats (" + BEATS_MIN * beatMillis + " ms) and at most 10 minutes");
        require(
                watchdogSeconds >= 0 && watchdogSeconds <= 3_600,
                "watchdog of " + watchdogSeconds + " s",
                "0 (none) to 3600 s");
    }

    private static void require(boolean holds, String what, String range) {
        if (!holds) {
            throw new IllegalArgumentException("a " + what + " is out of range: use " + range);
        }
    }
}
