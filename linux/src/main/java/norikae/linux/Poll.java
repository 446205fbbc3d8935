package norikae.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;

/** Waiting on one descriptor; poll(2). */
final class Poll {

    static final short IN = 1;
    static final short PRI = 2;
    static final short OUT = 4;

    private Poll() {}

    static boolean readable(OwnedFd fd, Duration patience) throws LinuxException {
        return wait(fd, IN, patience);
    }

    /** Whether one of {@code events}, an error or a hang-up came within {@code patience}. */
    static boolean wait(OwnedFd fd, short events, Duration patience) throws LinuxException {
        long deadline = System.nanoTime() + patience.toNanos();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment poll = arena.allocate(8, 4);
            poll.set(ValueLayout.JAVA_INT, 0, fd.fd());
            poll.set(ValueLayout.JAVA_SHORT, 4, events);
            while (true) {
                long left = Math.max(0, (deadline - System.nanoTime() + 999_999) / 1_000_000);
                long ready =
                        LibC.syscall("poll", Numbers.POLL, fd.toString(), poll.address(), 1, Math.min(left, 60_000));
                if (ready > 0) {
                    return true;
                }
                if (deadline - System.nanoTime() <= 0) {
                    return false;
                }
            }
        }
    }
}
