package norikae.agent.failover;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;

/** How often a service was started again in the newest window of time. Thread-safe. */
final class RestartCount {

    private final Deque<Long> at = new ArrayDeque<>();

    /** The number of the start that may follow now; empty if there were enough. */
    synchronized Optional<Integer> next(int max, int windowSeconds, long nowNanos) {
        while (!at.isEmpty() && nowNanos - at.getFirst() > windowSeconds * 1_000_000_000L) {
            at.removeFirst();
        }
        if (at.size() >= max) {
            return Optional.empty();
        }
        at.addLast(nowNanos);
        return Optional.of(at.size());
    }
}
