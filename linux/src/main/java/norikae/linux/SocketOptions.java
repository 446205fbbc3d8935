package norikae.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Options of sockets that are numbers; getsockopt(2). */
final class SocketOptions {

    static final int SOL_SOCKET = 1;
    static final int SO_REUSEADDR = 2;
    static final int SO_PROTOCOL = 38;
    static final int SO_DOMAIN = 39;
    static final int AF_INET = 2;
    static final int AF_INET6 = 10;
    static final int IPPROTO_TCP = 6;
    static final int IPPROTO_UDP = 17;

    private SocketOptions() {}

    /** Whether it is a socket of this protocol over IPv4 or IPv6; false for what is no socket at all. */
    static boolean is(OwnedFd descriptor, int protocol) throws LinuxException {
        try {
            int domain = get(descriptor, SOL_SOCKET, SO_DOMAIN);
            return (domain == AF_INET || domain == AF_INET6) && get(descriptor, SOL_SOCKET, SO_PROTOCOL) == protocol;
        } catch (LinuxException e) {
            if (e.errno() == Errno.ENOTSOCK) {
                return false;
            }
            throw e;
        }
    }

    static void set(OwnedFd socket, int level, int option, int value) throws LinuxException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment data = arena.allocateFrom(ValueLayout.JAVA_INT, value);
            LibC.syscall(
                    "setsockopt",
                    Numbers.SETSOCKOPT,
                    socket + ", level=" + level + ", option=" + option + ", value=" + value,
                    socket.fd(),
                    level,
                    option,
                    data.address(),
                    4);
        }
    }

    /** Its first four bytes, if it is longer. */
    static int get(OwnedFd socket, int level, int option) throws LinuxException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment value = arena.allocate(4, 4);
            MemorySegment length = arena.allocateFrom(ValueLayout.JAVA_INT, 4);
            LibC.syscall(
                    "getsockopt",
                    Numbers.GETSOCKOPT,
                    socket + ", level=" + level + ", option=" + option,
                    socket.fd(),
                    level,
                    option,
                    value.address(),
                    length.address());
            return value.get(ValueLayout.JAVA_INT, 0);
        }
    }
}
