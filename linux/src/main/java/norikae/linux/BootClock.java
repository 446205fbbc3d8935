package norikae.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * {@code CLOCK_BOOTTIME}: nanoseconds since the machine (or the time namespace) started, the time in which it was suspended
 * included, so that a lease cannot outlive a sleep. Thread-safe; for platform threads.
 */
public final class BootClock {

    private static final int CLOCK_BOOTTIME = 7;
    private static final ThreadLocal<MemorySegment> TIMESPEC =
            ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(16, 8));

    private BootClock() {}

    public static long nanos() {
        MemorySegment time = TIMESPEC.get();
        long result = LibC.syscallOnce(Numbers.CLOCK_GETTIME, CLOCK_BOOTTIME, time.address());
        if (result != 0) {
            throw new AssertionError("clock_gettime(CLOCK_BOOTTIME) failed: " + Errno.of((int) -result));
        }
        return time.get(ValueLayout.JAVA_LONG, 0) * 1_000_000_000L + time.get(ValueLayout.JAVA_LONG, 8);
    }
}
