package norikae.agent.cli;

import java.time.Duration;

/** The time between two questions to the cluster, which Ctrl-C cuts short. Thread-safe; guarded by itself. */
final class Patience {

    private boolean interrupted;

    synchronized void interrupt() {
        interrupted = true;
        notifyAll();
    }

    synchronized boolean interrupted() {
        return interrupted;
    }

    /** Waits as long, or until it is interrupted. */
    synchronized void waitFor(Duration time) throws InterruptedException {
        long deadline = System.nanoTime() + time.toNanos();
        while (!interrupted) {
            long millis = (deadline - System.nanoTime()) / 1_000_000;
            if (millis <= 0) {
                return;
            }
            wait(millis);
        }
    }
}
