package norikae.failover.member;

/**
 * Tells when one node has been silent for suspiciously long. The limit follows how regularly its heartbeats come: mean
 * distance plus {@value #DEVIATIONS} mean deviations (Jacobson's estimator, as TCP uses it for its retransmission timer),
 * but never less than the configured floor, and never more than {@value #CEILING} times that. Confined to one thread.
 */
final class ArrivalDetector {

    private static final int DEVIATIONS = 8;
    private static final int CEILING = 5;
    private static final double MEAN_GAIN = 1.0 / 8;
    private static final double DEVIATION_GAIN = 1.0 / 4;

    private long lastNanos;
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
    }

    /** The observer itself stood still for {@code gapNanos}: what it did not hear meanwhile proves nothing. */
    void forgive(long gapNanos) {
        lastNanos += gapNanos;
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
