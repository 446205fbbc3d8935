package ledger;

/**
 * The worst that has been seen of each clock and timer since the last reset. Thread-safe; guarded by its own monitor.
 *
 * <p>The report's members, all times in milliseconds:
 *
 * <ul>
 *   <li>{@code pid}, {@code uptimeNanos}, {@code uptimeWallMillis}, {@code wallMillis} (since start, and now);
 *       {@code sinceResetMillis}
 *   <li>{@code ticks}, {@code ticksExpected}: of a fixed rate of {@value #TICK_MILLIS} ms; {@code tickLateMillisMax},
 *       {@code tickEarlyMillisMax}: against the plan counted by nanoTime; {@code tickGapMillisMax}: between two ticks
 *   <li>{@code sleeps}, {@code sleepLateMillisMax}, {@code sleepEarlyMillisMax}: of {@value #SLEEP_MILLIS} ms each
 *   <li>{@code nanoSamples}, {@code nanoJumpMillisMax}: the longest step of nanoTime between two samples (5 ms apart);
 *       {@code nanoBackwards}, {@code nanoBackwardsMillisMax}
 *   <li>{@code wallJumpMillisMax}: the longest step of currentTimeMillis over a sleep; {@code wallBackwards},
 *       {@code wallBackwardsMillisMax}
 *   <li>{@code wallMinusNanoMillis}: how far the wall clock has run ahead of nanoTime since the reset (after a move, the
 *       time for which the monotonic clock stood still); {@code wallMinusNanoStepMillisMax}: the largest step of it, in
 *       either direction, over one sleep
 * </ul>
 */
final class TimeRecord {
    static final int TICK_MILLIS = 50;
    static final int SLEEP_MILLIS = 50;

    private static final long TICK_NANOS = TICK_MILLIS * 1_000_000L;
    private static final long SLEEP_NANOS = SLEEP_MILLIS * 1_000_000L;

    private final long startedNanos;
    private final long startedMillis;

    private long resetNanos;
    private long resetMillis;
    /** The plan starts at the first tick after a reset; before that there is none. */
    private boolean planned;

    private long firstTickNanos;
    private long lastTickNanos;
    private long ticks;
    private long tickLateMax;
    private long tickEarlyMax;
    private long tickGapMax;
    private long sleeps;
    private long sleepLateMax;
    private long sleepEarlyMax;
    private long nanoSamples;
    private long nanoJumpMax;
    private long nanoBackwards;
    private long nanoBackwardsMax;
    private long wallJumpMax;
    private long wallBackwards;
    private long wallBackwardsMax;
    private long driftStepMax;

    TimeRecord(long nowNanos, long nowMillis) {
        startedNanos = nowNanos;
        startedMillis = nowMillis;
        reset(nowNanos, nowMillis);
    }

    synchronized void reset(long nowNanos, long nowMillis) {
        resetNanos = nowNanos;
        resetMillis = nowMillis;
        planned = false;
        ticks = tickLateMax = tickEarlyMax = tickGapMax = 0;
        sleeps = sleepLateMax = sleepEarlyMax = 0;
        nanoSamples = nanoJumpMax = nanoBackwards = nanoBackwardsMax = 0;
        wallJumpMax = wallBackwards = wallBackwardsMax = driftStepMax = 0;
    }

    /** A tick of the fixed-rate timer came. */
    synchronized void tick(long nowNanos) {
        if (!planned) {
            planned = true;
            firstTickNanos = nowNanos;
        } else {
            long late = nowNanos - (firstTickNanos + ticks * TICK_NANOS);
            tickLateMax = Math.max(tickLateMax, late);
            tickEarlyMax = Math.max(tickEarlyMax, -late);
            tickGapMax = Math.max(tickGapMax, nowNanos - lastTickNanos);
        }
        lastTickNanos = nowNanos;
        ticks++;
    }

    /** A sleep took so long, by the one clock and by the other. */
    synchronized void slept(long nanos, long wallMillis) {
        sleeps++;
        sleepLateMax = Math.max(sleepLateMax, nanos - SLEEP_NANOS);
        sleepEarlyMax = Math.max(sleepEarlyMax, SLEEP_NANOS - nanos);
        wallJumpMax = Math.max(wallJumpMax, wallMillis);
        if (wallMillis < 0) {
            wallBackwards++;
            wallBackwardsMax = Math.max(wallBackwardsMax, -wallMillis);
        }
        driftStepMax = Math.max(driftStepMax, Math.abs(wallMillis * 1_000_000L - nanos));
    }

    /** So much lay between two readings of nanoTime. */
    synchronized void sampled(long nanos) {
        nanoSamples++;
        nanoJumpMax = Math.max(nanoJumpMax, nanos);
        if (nanos < 0) {
            nanoBackwards++;
            nanoBackwardsMax = Math.max(nanoBackwardsMax, -nanos);
        }
    }

    synchronized Json report(long nowNanos, long nowMillis) {
        long ticksExpected = planned ? 1 + (nowNanos - firstTickNanos) / TICK_NANOS : 0;
        return new Json()
                .put("pid", ProcessHandle.current().pid())
                .put("uptimeNanos", nowNanos - startedNanos)
                .put("uptimeWallMillis", nowMillis - startedMillis)
                .put("wallMillis", nowMillis)
                .put("sinceResetMillis", millis(nowNanos - resetNanos))
                .put("ticks", ticks)
                .put("ticksExpected", ticksExpected)
                .put("tickLateMillisMax", millis(tickLateMax))
                .put("tickEarlyMillisMax", millis(tickEarlyMax))
                .put("tickGapMillisMax", millis(tickGapMax))
                .put("sleeps", sleeps)
                .put("sleepLateMillisMax", millis(sleepLateMax))
                .put("sleepEarlyMillisMax", millis(sleepEarlyMax))
                .put("nanoSamples", nanoSamples)
                .put("nanoJumpMillisMax", millis(nanoJumpMax))
                .put("nanoBackwards", nanoBackwards)
                .put("nanoBackwardsMillisMax", millis(nanoBackwardsMax))
                .put("wallJumpMillisMax", wallJumpMax)
                .put("wallBackwards", wallBackwards)
                .put("wallBackwardsMillisMax", wallBackwardsMax)
                .put("wallMinusNanoMillis", (nowMillis - resetMillis) - millis(nowNanos - resetNanos))
                .put("wallMinusNanoStepMillisMax", millis(driftStepMax));
    }

    private static double millis(long nanos) {
        return nanos / 1e6;
    }
}
