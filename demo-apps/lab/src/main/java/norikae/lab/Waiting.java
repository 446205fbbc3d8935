package norikae.lab;

import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Waits for conditions of the machine, which has no way to tell us. */
final class Waiting {

    private static final long LOOK_AGAIN_MILLIS = 10;

    private Waiting() {}

    /**
     * Returns as soon as the condition holds.
     *
     * @param what for the message: "laboratory lab: WHAT did not come true within ..."
     * @throws LabException if it does not in time, or if the thread is interrupted
     */
    static void until(Duration patience, Supplier<String> what, BooleanSupplier condition) {
        until(patience, LOOK_AGAIN_MILLIS, what, condition);
    }

    /** The same for conditions that are dear to look at. */
    static void until(Duration patience, long everyMillis, Supplier<String> what, BooleanSupplier condition) {
        long end = System.nanoTime() + patience.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - end > 0) {
                throw new LabException("waited " + patience.toMillis() + " ms in vain: " + what.get());
            }
            try {
                Thread.sleep(everyMillis);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new LabException("interrupted while waiting: " + what.get(), e);
            }
        }
    }
}
