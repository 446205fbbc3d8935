package norikae.transfer;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Waits for conditions. */
final class Await {

    private static final Duration PATIENCE = Duration.ofSeconds(15);

    private Await() {}

    static void until(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("not within " + PATIENCE + ": " + what);
            }
            LockSupport.parkNanos(2_000_000);
        }
    }

    /** Every buffer that a test has made ours use is given back. */
    static void noBufferInUse() {
        until("pinned direct memory is 0", () -> Links.BUFFERS.pinnedDirectMemory() == 0);
    }
}
