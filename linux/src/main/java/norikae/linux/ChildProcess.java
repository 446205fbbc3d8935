package norikae.linux;

import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A program that {@link Spawn} started. It is reaped as soon as somebody looks after it has ended. Thread-safe. */
public final class ChildProcess implements AutoCloseable {

    private static final int P_PID = 1;
    private static final int WEXITED = 4;
    private static final Duration DEATH = Duration.ofSeconds(10);
    private static final Logger LOG = LoggerFactory.getLogger(ChildProcess.class);

    private final String name;
    private final PidFd pidFd;
    private @Nullable ExitStatus status;

    private ChildProcess(String name, PidFd pidFd) {
        this.name = name;
        this.pidFd = pidFd;
    }

    static ChildProcess of(int pid, String name) throws LinuxException {
        try {
            return new ChildProcess(name, PidFd.open(pid)); // nobody else waits for it, so the number is still its own
        } catch (LinuxException e) {
            LibC.syscallOnce(Numbers.KILL, pid, PidFd.SIGKILL);
            LibC.syscall("waitid", Numbers.WAITID, "pid=" + pid, P_PID, pid, 0, WEXITED, 0);
            throw e; // no descriptor for it, so no child: nothing is left
        }
    }

    public int pid() {
        return pidFd.pid();
    }

    public PidFd pidFd() {
        return pidFd;
    }

    public boolean alive() throws LinuxException {
        return awaitExit(Duration.ZERO).isEmpty();
    }

    /** How it ended, if it does within {@code patience}. */
    public Optional<ExitStatus> awaitExit(Duration patience) throws LinuxException {
        synchronized (this) {
            if (status != null) {
                return Optional.of(status);
            }
        }
        if (!pidFd.awaitExit(patience)) {
            return Optional.empty();
        }
        synchronized (this) {
            if (status == null) {
                status = pidFd.reap();
            }
            return Optional.of(status);
        }
    }

    public void kill() throws LinuxException {
        synchronized (this) {
            if (status != null) {
                return;
            }
        }
        pidFd.signal(PidFd.SIGKILL);
    }

    /** Kills it if it still runs, and reaps it. */
    @Override
    public void close() {
        try {
            kill();
            if (awaitExit(DEATH).isEmpty()) {
                LOG.error(
                        "child {} (pid {}) survives SIGKILL: it hangs in the kernel, and will be a zombie",
                        name,
                        pidFd.pid());
            }
        } catch (LinuxException e) {
            throw new IllegalStateException("child " + name + " could not be reaped", e);
        } finally {
            pidFd.close();
        }
    }
}
