package norikae.agent.capsule;

import java.time.Duration;

/**
 * How a service was stopped.
 *
 * @param killed it did not end by itself in the time that it was given
 */
public record StopResult(boolean killed, Duration grace) {

    @Override
    public String toString() {
        return killed ? "killed after " + grace.toSeconds() + " s" : "stopped";
    }
}
