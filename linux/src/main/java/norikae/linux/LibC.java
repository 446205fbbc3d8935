package norikae.linux;

import static norikae.linux.Downcalls.INT;
import static norikae.linux.Downcalls.LONG;
import static norikae.linux.Downcalls.POINTER;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** The C functions that we call, as they are; callers give them names and types. Thread-safe. */
final class LibC {

    private static final MethodHandle SYSCALL =
            Downcalls.function("syscall", FunctionDescriptor.of(LONG, LONG, LONG, LONG, LONG, LONG, LONG, LONG), 1);
    private static final MethodHandle STRERROR =
            Downcalls.function("strerror_l", FunctionDescriptor.of(POINTER, INT, POINTER), -1);
    private static final MethodHandle NEWLOCALE =
            Downcalls.function("newlocale", FunctionDescriptor.of(POINTER, INT, POINTER, POINTER), -1);
    private static final long STRERROR_BYTES_MAX = 256;

    static {
        Numbers.requireArchitecture(); // a number of another architecture would be another call
    }

    private LibC() {}

    /**
     * A raw system call, repeated while a signal interrupts it.
     *
     * @return what the kernel returned, never negative
     */
    static long syscall(String name, long number, String arguments, long... a) throws LinuxException {
        while (true) {
            long result = syscallOnce(number, a);
            if (result >= 0) {
                return result;
            }
            if (result != -Errno.EINTR.code()) {
                throw LinuxException.of(name, (int) -result, arguments);
            }
        }
    }

    /** A raw system call, not repeated: its result, or the negative errno. */
    static long syscallOnce(long number, long... a) {
        try {
            long result = (long) SYSCALL.invokeExact(
                    Downcalls.state(), number, arg(a, 0), arg(a, 1), arg(a, 2), arg(a, 3), arg(a, 4), arg(a, 5));
            return result == -1 ? -Downcalls.errno() : result;
        } catch (Throwable t) {
            throw new AssertionError("syscall " + number, t);
        }
    }

    private static long arg(long[] a, int i) {
        return i < a.length ? a[i] : 0;
    }

    static String strerror(int errno) {
        try {
            MemorySegment c = Locale.C;
            MemorySegment text = (MemorySegment) STRERROR.invokeExact(Downcalls.state(), errno, c);
            return text.reinterpret(STRERROR_BYTES_MAX).getString(0);
        } catch (Throwable t) {
            throw new AssertionError("strerror_l", t);
        }
    }

    private static final class Locale {
        private static final int LC_ALL_MASK = 0x1FBF;
        static final MemorySegment C = make();

        private static MemorySegment make() {
            try (Arena arena = Arena.ofConfined()) {
                return (MemorySegment) NEWLOCALE.invokeExact(
                        Downcalls.state(), LC_ALL_MASK, arena.allocateFrom("C"), MemorySegment.NULL);
            } catch (Throwable t) {
                throw new AssertionError("newlocale", t);
            }
        }
    }
}
