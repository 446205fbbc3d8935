package norikae.fencing.device;

import java.time.Duration;

/** A moment after which nobody waits any more; immutable. */
public final class Deadline {

    private final Duration patience;
    private final long end;

    private Deadline(Duration patience) {
        this.patience = patience;
        this.end = System.nanoTime() + patience.toNanos();
    }

    public static Deadline after(Duration patience) {
        return new Deadline(patience);
    }

    /** The time that is left, zero if it is over. */
    public Duration left() {
        return Duration.ofNanos(Math.max(0, end - System.nanoTime()));
    }

    public boolean isOver() {
        return end - System.nanoTime() <= 0;
    }

    /** Waits a while, but no longer than to the end. */
    public void pause(Duration atMost) throws InterruptedException {
        Duration left = left();
        Thread.sleep(left.compareTo(atMost) < 0 ? left : atMost);
    }

    /** The whole time that it began with, for messages. */
    public String patienceText() {
        return patience.toMillis() + " ms";
    }
}
