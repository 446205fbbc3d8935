package norikae.linux;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * Takes sockets out of repair mode. A CRIU that is killed while it holds a dumped tree leaves its TCP sockets in it, and
 * they would neither send nor answer for ever.
 */
public final class TcpRepair {

    private static final int IPPROTO_TCP = 6;
    private static final int SOL_SOCKET = 1;
    private static final int SO_DOMAIN = 39;
    private static final int SO_TYPE = 3;
    private static final int AF_INET = 2;
    private static final int AF_INET6 = 10;
    private static final int SOCK_STREAM = 1;
    private static final int TCP_REPAIR = 19;
    private static final int TCP_REPAIR_OFF = 0;

    private TcpRepair() {}

    /** Heals every TCP socket of these processes; returns how many were in repair mode. Vanished processes are skipped. */
    public static int heal(List<Integer> pids) throws IOException {
        int healed = 0;
        for (int pid : pids) {
            healed += heal(pid);
        }
        return healed;
    }

    private static int heal(int pid) throws IOException {
        int healed = 0;
        try (PidFd process = PidFd.open(pid);
                Stream<Path> fds = Files.list(Path.of("/proc/" + pid + "/fd"))) {
            for (Path fd : fds.toList()) {
                if (isSocket(fd)) {
                    try (OwnedFd socket =
                            process.getFd(Integer.parseInt(fd.getFileName().toString()))) {
                        healed += healSocket(socket) ? 1 : 0;
                    } catch (LinuxException e) {
                        if (e.errno() != Errno.EBADF) {
                            throw e; // the descriptor was closed meanwhile, or something worth knowing
                        }
                    }
                }
            }
        } catch (LinuxException e) {
            if (e.errno() != Errno.ESRCH) {
                throw e;
            }
        }
        return healed;
    }

    private static boolean isSocket(Path fd) {
        try {
            return Files.readSymbolicLink(fd).toString().startsWith("socket:");
        } catch (IOException e) {
            return false; // closed meanwhile
        }
    }

    private static boolean healSocket(OwnedFd socket) throws LinuxException {
        int domain = get(socket, SOL_SOCKET, SO_DOMAIN);
        if ((domain != AF_INET && domain != AF_INET6)
                || get(socket, SOL_SOCKET, SO_TYPE) != SOCK_STREAM
                || get(socket, IPPROTO_TCP, TCP_REPAIR) == 0) {
            return false;
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment off = arena.allocateFrom(ValueLayout.JAVA_INT, TCP_REPAIR_OFF);
            LibC.syscall(
                    "setsockopt",
                    Numbers.SETSOCKOPT,
                    "TCP_REPAIR off on " + socket,
                    socket.fd(),
                    IPPROTO_TCP,
                    TCP_REPAIR,
                    off.address(),
                    4);
        }
        return true;
    }

    private static int get(OwnedFd socket, int level, int option) throws LinuxException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment value = arena.allocate(4, 4);
            MemorySegment length = arena.allocateFrom(ValueLayout.JAVA_INT, 4);
            LibC.syscall(
                    "getsockopt",
                    Numbers.GETSOCKOPT,
                    "level=" + level + ", option=" + option,
                    socket.fd(),
                    level,
                    option,
                    value.address(),
                    length.address());
            return value.get(ValueLayout.JAVA_INT, 0);
        }
    }
}
