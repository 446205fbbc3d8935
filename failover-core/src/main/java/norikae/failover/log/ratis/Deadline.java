package norikae.failover.log.ratis;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** A point in monotonic time until which somebody has patience. */
final class Deadline {

    private final Duration patience;
    private final long atNanos;

    private Deadline(Duration patience) {
        this.patience = patience;
        this.atNanos = System.nanoTime() + patience.toNanos();
    }

    static Deadline in(Duration patience) {
        return new Deadline(patience);
    }

    boolean passed() {
        return remainingMillis() <= 0;
    }

    long remainingMillis() {
        return TimeUnit.NANOSECONDS.toMillis(atNanos - System.nanoTime());
    }

    /** Sleeps for {@code millis}, or less if patience ends before. */
    void pause(long millis) throws InterruptedException {
        long time = Math.min(millis, remainingMillis());
        if (time > 0) {
            Thread.sleep(time);
        }
    }

    @Override
    public String toString() {
        return patience.toMillis() + " ms";
    }
}
