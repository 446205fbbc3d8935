package norikae.linux;

import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Takes sockets out of repair mode. A CRIU that is killed while it holds a dumped tree leaves its TCP sockets in it, and
 * they would neither send nor answer for ever. Thread-safe.
 */
public final class TcpRepair {

    private static final int TCP_REPAIR = 19;
    private static final int TCP_REPAIR_OFF = 0;

    private TcpRepair() {}

    /**
     * Heals every TCP socket of these processes; returns how many were in repair mode. Vanished processes are skipped.
     *
     * @throws IOException after all have been tried, if some could not be healed
     */
    public static int heal(List<Integer> pids) throws IOException {
        int healed = 0;
        IOException failure = null;
        for (int pid : pids) {
            try {
                healed += healProcess(pid);
            } catch (IOException e) {
                failure = add(failure, e);
            }
        }
        if (failure != null) {
            throw failure;
        }
        return healed;
    }

    /** The same for one process. */
    public static int healProcess(int pid) throws IOException {
        int healed = 0;
        IOException failure = null;
        try (PidFd process = PidFd.open(pid)) {
            for (int number : sockets(pid)) {
                try (OwnedFd socket = process.getFd(number)) {
                    healed += healSocket(socket) ? 1 : 0;
                } catch (LinuxException e) {
                    if (e.errno() == Errno.ESRCH) {
                        return healed; // the process has ended, and its connections with it
                    }
                    if (e.errno() != Errno.EBADF) { // the descriptor was closed meanwhile, or something worth knowing
                        failure = add(failure, e); // one socket that cannot be healed must not leave the others sick
                    }
                }
            }
        } catch (LinuxException e) {
            if (e.errno() != Errno.ESRCH) {
                throw e;
            }
        }
        if (failure != null) {
            throw failure;
        }
        return healed;
    }

    private static IOException add(@Nullable IOException first, IOException next) {
        if (first == null) {
            return next;
        }
        first.addSuppressed(next);
        return first;
    }

    private static List<Integer> sockets(int pid) throws IOException {
        try {
            return Procfs.descriptors(pid).stream()
                    .filter(descriptor -> descriptor.target().startsWith("socket:"))
                    .map(Procfs.Descriptor::number)
                    .toList();
        } catch (NoSuchProcessException e) {
            return List.of();
        }
    }

    /** Whether a TCP socket is in repair mode; false for every other kind of descriptor. */
    public static boolean isOn(OwnedFd socket) throws LinuxException {
        return SocketOptions.is(socket, SocketOptions.IPPROTO_TCP)
                && SocketOptions.get(socket, SocketOptions.IPPROTO_TCP, TCP_REPAIR) != 0;
    }

    /** Ends repair mode; the kernel then probes the peer's window, so that a stalled conversation goes on. */
    public static void turnOff(OwnedFd socket) throws LinuxException {
        SocketOptions.set(socket, SocketOptions.IPPROTO_TCP, TCP_REPAIR, TCP_REPAIR_OFF);
        // The kernel overwrote SO_REUSEADDR when repair began, and clears it now. What it was nobody can tell; nearly
        // all
        // servers set it, and without it none could listen on its port again before this connection has ended.
        SocketOptions.set(socket, SocketOptions.SOL_SOCKET, SocketOptions.SO_REUSEADDR, 1);
    }

    private static boolean healSocket(OwnedFd socket) throws LinuxException {
        if (!isOn(socket)) {
            return false;
        }
        turnOff(socket);
        return true;
    }
}
