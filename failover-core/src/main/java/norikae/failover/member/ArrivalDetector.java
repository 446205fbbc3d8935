package norikae.failover.member;

/**
 * Tells when one node has been silent for suspiciously long. The limit follows how regularly its heartbeats come: mean
 * distance plus {@value #DEVIATIONS} mean deviations (Jacobson's estimator, as TCP uses it for its retransmission timer),
 * but never less than the configured floor, and never more than {@value #CEILING} times that. Confined to one thread.
 */
final class ArrivalDetector {

    private static final int DEVIATIONS = 8;
    private static final int CEILING = 5;
    private static final int FORGIVEN_LIMITS = 2;
    private static final double MEAN_GAIN = 1.0 / 8;
    private static final double DEVIATION_GAIN = 1.0 / 4;

    private long lastNanos;
    private long forgivenNanos;
    private double mean;
    private double deviation;

    ArrivalDetector(long nowNanos) {
        this.lastNanos = nowNanos;
    }

    void arrived(long nowNanos) {
        long distance = Math.max(0, nowNanos - lastNanos);
        double error = distance - mean;
        mean += MEAN_GAIN * error;
        deviation += DEVIATION_GAIN * (Math.abs(error) - deviation);
        lastNanos = Math.max(lastNanos, nowNanos);
        forgivenNanos = 0;
    }

    /**
     * The observer itself stood still for {@code gapNanos} until now: what it did not hear meanwhile proves nothing. What
     * came while it stood still counts from when it came, so nothing is ever put into the future, or an observer that stands
     * still often would be blind for as long as it has done so. And one that stands still again and again must notice a
     * silence all the same: after two limits' worth, no more is forgiven until the node is heard again.
     */
    void forgive(long gapNanos, long nowNanos, long floorNanos) {
        if (forgivenNanos < FORGIVEN_LIMITS * limitNanos(floorNanos)) {
            forgivenNanos += gapNanos;
            lastNanos = Math.max(lastNanos, Math.min(lastNanos + gapNanos, nowNanos));
        }
    }

    long silenceNanos(long nowNanos) {
        return Math.max(0, nowNanos - lastNanos);
    }

    boolean silent(long nowNanos, long floorNanos) {
        return silenceNanos(nowNanos) > limitNanos(floorNanos);
    }

    long limitNanos(long floorNanos) {
        return Math.clamp((long) (mean + DEVIATIONS * deviation), floorNanos, CEILING * floorNanos);
    }
}
