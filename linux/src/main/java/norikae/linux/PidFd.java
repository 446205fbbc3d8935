package norikae.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;

/** A process that cannot be mistaken for another one that gets its number later; pidfd_open(2). Thread-safe. */
public final class PidFd implements AutoCloseable {

    public static final int SIGTERM = 15;
    public static final int SIGKILL = 9;

    private static final int P_PIDFD = 3;
    private static final int WEXITED = 4;
    private static final int CLD_EXITED = 1;

    private final int pid;
    private final OwnedFd fd;

    private PidFd(int pid, OwnedFd fd) {
        this.pid = pid;
        this.fd = fd;
    }

    /** @throws LinuxException ESRCH if there is no such process */
    public static PidFd open(int pid) throws LinuxException {
        long fd = LibC.syscall("pidfd_open", Numbers.PIDFD_OPEN, "pid=" + pid, pid, 0);
        return new PidFd(pid, new OwnedFd((int) fd, "pidfd of " + pid));
    }

    public int pid() {
        return pid;
    }

    /** Whether the process has ended, waiting for it at most so long. A zombie has ended. */
    public boolean awaitExit(Duration patience) throws LinuxException {
        return Poll.readable(fd, patience);
    }

    /** Does nothing to a process that has ended. */
    public void signal(int signal) throws LinuxException {
        try {
            LibC.syscall(
                    "pidfd_send_signal",
                    Numbers.PIDFD_SEND_SIGNAL,
                    "pid=" + pid + ", signal=" + signal,
                    fd.fd(),
                    signal,
                    0,
                    0);
        } catch (LinuxException e) {
            if (e.errno() != Errno.ESRCH) {
                throw e;
            }
        }
    }

    /** A duplicate of one of the process's descriptors; pidfd_getfd(2). */
    public OwnedFd getFd(int targetFd) throws LinuxException {
        long got = LibC.syscall(
                "pidfd_getfd", Numbers.PIDFD_GETFD, "pid=" + pid + ", fd=" + targetFd, fd.fd(), targetFd, 0);
        return new OwnedFd((int) got, "fd " + targetFd + " of process " + pid);
    }

    /** How the process ended; waits for that, and reaps it. @throws LinuxException ECHILD if it is not our own child */
    public ExitStatus reap() throws LinuxException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment info = arena.allocate(128, 8); // siginfo_t
            LibC.syscall("waitid", Numbers.WAITID, "pid=" + pid, P_PIDFD, fd.fd(), info.address(), WEXITED, 0);
            int code = info.get(ValueLayout.JAVA_INT, 8); // si_code
            int status = info.get(ValueLayout.JAVA_INT, 24); // si_status
            return code == CLD_EXITED ? new ExitStatus(status, 0) : new ExitStatus(-1, status);
        }
    }

    @Override
    public void close() {
        fd.close();
    }
}
