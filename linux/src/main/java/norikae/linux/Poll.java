package norikae.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;

/** Waiting on one descriptor; poll(2). Thread-safe. */
final class Poll {

    static final short IN = 1;
    static final short PRI = 2;
    static final short OUT = 4;

    /** One call waits at most so long, then the clock is asked again: it counts milliseconds in an int. */
    private static final long SLICE_MILLIS_MAX = 60_000;

    /** Waiting longer than this is waiting for ever. */
    private static final Duration PATIENCE_MAX = Duration.ofDays(10_000);

    private Poll() {}

    static boolean readable(OwnedFd fd, Duration patience) throws LinuxException {
        return wait(fd, IN, patience);
    }

    /** Whether one of {@code events}, an error or a hang-up came within {@code patience}. */
    static boolean wait(OwnedFd fd, short events, Duration patience) throws LinuxException {
        long deadline = deadlineAfter(patience);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment poll = arena.allocate(8, 4); // struct pollfd
            poll.set(ValueLayout.JAVA_SHORT, 4, events);
            while (true) {
                poll.set(ValueLayout.JAVA_INT, 0, fd.fd()); // asked again each time: it may be closed meanwhile
                long left = deadline - System.nanoTime();
                long millis = Math.clamp(left / 1_000_000 + (left % 1_000_000 > 0 ? 1 : 0), 0, SLICE_MILLIS_MAX);
                long ready = LibC.syscallOnce(Numbers.POLL, poll.address(), 1, millis);
                if (ready > 0) {
                    return true;
                }
                // A signal ends the wait early; the time that is left is worked out anew.
                if (ready < 0 && ready != -Errno.EINTR.code()) {
                    throw LinuxException.of("poll", (int) -ready, fd.toString());
                }
                if (deadline - System.nanoTime() <= 0) {
                    return false;
                }
            }
        }
    }

    static long deadlineAfter(Duration patience) {
        Duration bounded = patience.compareTo(PATIENCE_MAX) > 0 ? PATIENCE_MAX : patience;
        return System.nanoTime() + bounded.toNanos();
    }
}
