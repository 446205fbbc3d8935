package norikae.failover.fencing;

import java.time.Duration;

/**
 * One way to stop one certain server. Implementations are thread-safe, and never throw for what a device does or says:
 * that is {@link FencingResult.Unproven}.
 */
public interface Fencer {

    /** What it is and where, in one line without secrets. */
    String description();

    /**
     * Stops the server at once and makes sure of it. A server that is off already is stopped.
     *
     * @param patience after which the answer is {@link FencingResult.Unproven}; a time-out is never a success
     */
    FencingResult stop(Duration patience) throws InterruptedException;

    /** Whether {@link #stop} could work now; changes nothing. Asked now and then, so that a dead device is known early. */
    Readiness check(Duration patience) throws InterruptedException;

    /**
     * What {@link #check} found.
     *
     * @param detail one line: the power state it told, or what is wrong and the remedy
     */
    record Readiness(boolean ready, String detail) {}
}
