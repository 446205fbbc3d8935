package norikae.linux;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;

/**
 * All threads of a process, standing still by ptrace(2) until this is closed. Unlike a stopped cgroup it needs nobody's care:
 * when this program dies, the kernel lets them go. A process that was stopped by a signal stays so.
 *
 * <p>Confined to the thread that made it, which must be a platform thread.
 */
final class StoppedProcess implements AutoCloseable {

    private static final long PTRACE_CONT = 7;
    private static final long PTRACE_DETACH = 17;
    private static final long PTRACE_SEIZE = 0x4206;
    private static final long PTRACE_INTERRUPT = 0x4207;
    private static final long WAIT_NOW = 0x40000001; // __WALL | WNOHANG
    private static final int PTRACE_EVENT_STOP = 128;
    private static final int STOPPED = 0x7f; // WIFSTOPPED
    private static final long POLL_NANOS = 50_000;

    private final int pid;
    private final Set<Integer> held = new HashSet<>();

    private StoppedProcess(int pid) {
        this.pid = pid;
    }

    /**
     * Stops them all, those too that are started meanwhile.
     *
     * @throws LinuxException EBUSY if one does not stop within {@code patience}, EPERM if it has a tracer already, ESRCH if
     *     the process is gone; then all have been let go
     */
    static StoppedProcess of(int pid, Duration patience) throws IOException {
        StoppedProcess process = new StoppedProcess(pid);
        try (Arena arena = Arena.ofConfined()) {
            process.stop(System.nanoTime() + patience.toNanos(), arena.allocate(4, 4));
            return process;
        } catch (IOException | RuntimeException e) {
            process.close();
            throw e;
        }
    }

    private void stop(long deadline, MemorySegment status) throws IOException {
        Set<Integer> seen = new HashSet<>();
        boolean fresh = true;
        while (fresh) {
            fresh = false;
            List<Integer> asked = new ArrayList<>();
            for (int thread : Procfs.tasks(pid)) {
                if (seen.add(thread) && seize(thread)) {
                    asked.add(thread);
                    fresh = true;
                }
            }
            while (!asked.isEmpty()) {
                for (Iterator<Integer> each = asked.iterator(); each.hasNext(); ) {
                    if (hasStopped(each.next(), status)) {
                        each.remove();
                    }
                }
                if (!asked.isEmpty()) {
                    if (System.nanoTime() - deadline > 0) {
                        throw new LinuxException(
                                "ptrace", Errno.EBUSY, "pid=" + pid + ": its threads " + asked + " do not stop");
                    }
                    LockSupport.parkNanos(POLL_NANOS);
                }
            }
        }
    }

    /** False if it is ending. */
    private boolean seize(int thread) throws LinuxException {
        long result = LibC.syscallOnce(Numbers.PTRACE, PTRACE_SEIZE, thread, 0, 0);
        if (result != 0) {
            if (result == -Errno.ESRCH.code() || ending(thread)) {
                return false;
            }
            throw LinuxException.of("PTRACE_SEIZE", (int) -result, "thread=" + thread);
        }
        held.add(thread);
        long _ = LibC.syscallOnce(Numbers.PTRACE, PTRACE_INTERRUPT, thread, 0, 0); // fails if it ends; wait4 will tell
        return true;
    }

    private boolean hasStopped(int thread, MemorySegment status) throws LinuxException {
        long waited = LibC.syscallOnce(Numbers.WAIT4, thread, status.address(), WAIT_NOW, 0);
        if (waited == 0 || waited == -Errno.EINTR.code()) {
            return false;
        }
        int what = status.get(ValueLayout.JAVA_INT, 0);
        if (waited < 0 || (what & 0xff) != STOPPED) {
            held.remove(thread);
            return true; // for ever: it has ended
        }
        if (what >> 16 == PTRACE_EVENT_STOP) {
            return true;
        }
        // A signal came before our interrupt: it gets it, and our turn comes after it.
        long _ = LibC.syscallOnce(Numbers.PTRACE, PTRACE_CONT, thread, 0, what >> 8 & 0xff);
        return false;
    }

    private boolean ending(int thread) {
        try {
            String stat = Files.readString(
                    Path.of("/proc/" + pid + "/task/" + thread + "/stat"), StandardCharsets.ISO_8859_1);
            char state = stat.charAt(stat.lastIndexOf(')') + 2);
            return state == 'Z' || state == 'X';
        } catch (IOException e) {
            return true;
        }
    }

    /** Lets them go. What was killed meanwhile has nothing to be let go. */
    @Override
    public void close() {
        for (int thread : held) {
            long _ = LibC.syscallOnce(Numbers.PTRACE, PTRACE_DETACH, thread, 0, 0);
        }
        held.clear();
    }
}
