package norikae.failover.model;

import org.jspecify.annotations.Nullable;

/**
 * One monitor of a service; immutable.
 *
 * @param intervalMillis from the end of one probe to the start of the next; {@code null}: what the probe's kind suggests
 * @param timeoutMillis a probe that takes longer has failed; {@code null}: what the probe's kind suggests
 * @param retries how many failures in a row are borne: one more, and it reacts
 * @param startGraceMillis after the service's start within which failures do not count, until the first success
 * @param then the reaction
 */
public record MonitorSpec(
        Probe probe,
        @Nullable Integer intervalMillis,
        @Nullable Integer timeoutMillis,
        int retries,
        int startGraceMillis,
        Reaction then) {

    public static final int INTERVAL_MILLIS_DEFAULT = 10_000;
    public static final int TIMEOUT_MILLIS_DEFAULT = 5_000;
    public static final int RETRIES_DEFAULT = 2;
    public static final int START_GRACE_MILLIS_DEFAULT = 30_000;
    public static final int MILLIS_MIN = 100; // what is asked more often does nothing but answer
    public static final int MILLIS_MAX = 24 * 3_600_000;
    public static final int RETRIES_MAX = 1_000;

    /** One with every default. */
    public MonitorSpec(Probe probe) {
        this(probe, null, null, RETRIES_DEFAULT, START_GRACE_MILLIS_DEFAULT, Reaction.RESTART);
    }

    public MonitorSpec {
        requireRange("interval", intervalMillis == null ? INTERVAL_MILLIS_DEFAULT : intervalMillis, MILLIS_MIN, " ms");
        requireRange("timeout", timeoutMillis == null ? TIMEOUT_MILLIS_DEFAULT : timeoutMillis, MILLIS_MIN, " ms");
        requireRange("startGrace", startGraceMillis, 0, " ms");
        if (retries < 0 || retries > RETRIES_MAX) {
            throw new IllegalArgumentException(
                    "retries " + retries + " of a monitor is out of range: use 0 to " + RETRIES_MAX);
        }
    }

    private static void requireRange(String what, int value, int min, String unit) {
        if (value < min || value > MILLIS_MAX) {
            throw new IllegalArgumentException(what + " " + value + unit + " of a monitor is out of range: use " + min
                    + unit + " to " + MILLIS_MAX + unit);
        }
    }
}
