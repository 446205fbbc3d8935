package norikae.failover.monitor;

import norikae.failover.model.Reaction;

/**
 * How a monitor stands, for display.
 *
 * @param monitor what it looks at, such as {@code tcp 7000}
 * @param phase what it is about
 * @param probes how many have ended
 * @param lastAtMillis when the last one ended, on the clock that the machine is told; meaningless if none has
 * @param last what it found; of no probe yet: healthy, "not probed yet"
 * @param streak how many results of that kind came in a row; of failures, only those that count
 */
public record MonitorStatus(
        String monitor,
        MonitorState.Phase phase,
        Reaction then,
        long probes,
        long lastAtMillis,
        ProbeResult last,
        int streak) {

    /** The same on another clock. */
    public MonitorStatus lastAt(long millis) {
        return new MonitorStatus(monitor, phase, then, probes, millis, last, streak);
    }
}
