package norikae.agent.server;

import java.time.Duration;
import norikae.failover.log.ClusterLog;

/** Lets handlers wait for the log to change. Thread-safe. */
final class Changes {

    private long version;

    Changes(ClusterLog log) {
        log.onChange(this::changed);
    }

    synchronized long version() {
        return version;
    }

    /** Returns when there was a change after {@code seen}, or after {@code atMost} at the latest. */
    synchronized long awaitAfter(long seen, Duration atMost) throws InterruptedException {
        long deadline = System.nanoTime() + atMost.toNanos();
        while (version == seen) {
            long left = (deadline - System.nanoTime()) / 1_000_000;
            if (left <= 0) {
                break;
            }
            wait(left);
        }
        return version;
    }

    private synchronized void changed() {
        version++;
        notifyAll();
    }
}
