package norikae.agent.criu;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import norikae.linux.Errno;
import norikae.linux.LinuxException;
import norikae.linux.PidFd;

/**
 * Stops a capsule's processes with SIGSTOP and lets them go on with SIGCONT.
 *
 * <p>Why, when CRIU freezes the tree itself: the kernel frees CRIU's tasks in the instant in which CRIU dies. From the
 * time when sockets are dumped until the end of the dump they are in repair mode, and a task that runs then gets EPERM
 * from its connections within microseconds; no healing comes in time. The cgroup's freezer cannot be on at that time,
 * because CRIU runs code of its own inside the tasks. A stop by signal does not hinder CRIU, outlives it, and travels:
 * tasks that were stopped at the dump are stopped after the restore. So every way on ends with {@link #release}, on the
 * source as on the target: sockets healed, link attached, cgroup thawed, released.
 */
public final class GroupStop {

    private static final int SIGCONT = 18;
    private static final int SIGSTOP = 19;
    private static final long POLL_NANOS = 200_000;

    private GroupStop() {}

    /**
     * Stops them all, those too that are forked meanwhile, and returns when every thread stands still.
     *
     * @throws IOException if one does not stop within {@code patience}; then all have been released again
     */
    static void stop(String service, ProcessTable processes, Duration patience) throws IOException {
        long deadline = System.nanoTime() + patience.toNanos();
        Set<Integer> told = new HashSet<>();
        boolean wereStill = false;
        while (true) {
            List<Integer> pids = processes.pids();
            boolean allStill = true;
            for (int pid : pids) {
                if (told.add(pid)) {
                    signal(pid, SIGSTOP);
                    allStill = false;
                } else {
                    allStill &= still(pid);
                }
            }
            // A fork may have ended between the list and the look at its parent: only a second list knows all children.
            if (allStill && wereStill) {
                return;
            }
            wereStill = allStill;
            if (System.nanoTime() - deadline > 0) {
                release(pids);
                throw new CriuException("service " + service + ": freeze: its processes " + pids
                        + " did not stop within " + patience.toMillis() + " ms; one may hang in the kernel (state D)");
            }
            if (!allStill) {
                LockSupport.parkNanos(POLL_NANOS);
            }
        }
    }

    /** Lets stopped processes go on; does nothing to the others. What has vanished is skipped. */
    public static void release(List<Integer> pids) throws IOException {
        for (int pid : pids) {
            signal(pid, SIGCONT);
        }
    }

    private static boolean still(int pid) throws IOException {
        Path tasks = Path.of("/proc/" + pid + "/task");
        try (DirectoryStream<Path> threads = Files.newDirectoryStream(tasks)) {
            for (Path thread : threads) {
                if (!ProcessStat.read(thread).map(ProcessStat::still).orElse(true)) {
                    return false;
                }
            }
            return true;
        } catch (NoSuchFileException e) {
            return true;
        }
    }

    private static void signal(int pid, int signal) throws IOException {
        try (PidFd process = PidFd.open(pid)) {
            process.signal(signal);
        } catch (LinuxException e) {
            if (e.errno() != Errno.ESRCH) {
                throw e;
            }
        }
    }
}
