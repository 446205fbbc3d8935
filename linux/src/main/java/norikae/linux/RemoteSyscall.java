package norikae.linux;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.locks.LockSupport;

/**
 * Makes one thread of another process do system calls, by ptrace(2), and lets it go as if nothing had happened: its
 * registers, its signal mask and an interrupted call of its own are as they were. Only threads that sleep in the kernel
 * are taken: one in the middle of a restartable sequence (rseq) would lose its atomicity.
 *
 * <p>ptrace obeys the one thread of ours that attached, so an instance is confined to the thread that made it; it must be a
 * platform thread. No call may touch the stack or block.
 */
final class RemoteSyscall implements AutoCloseable {

    private static final long PTRACE_CONT = 7;
    private static final long PTRACE_SINGLESTEP = 9;
    private static final long PTRACE_GETREGS = 12;
    private static final long PTRACE_SETREGS = 13;
    private static final long PTRACE_DETACH = 17;
    private static final long PTRACE_SEIZE = 0x4206;
    private static final long PTRACE_INTERRUPT = 0x4207;
    private static final long PTRACE_GETSIGMASK = 0x420a;
    private static final long PTRACE_SETSIGMASK = 0x420b;
    private static final long WAIT_ALL_CHILDREN = 0x40000000; // __WALL: threads, too
    private static final int PTRACE_EVENT_STOP = 128;
    private static final int STOPPED = 0x7f; // WIFSTOPPED
    private static final int SIGTRAP = 5;
    private static final long SIGNAL_SET_BYTES = 8;

    // struct user_regs_struct of x86-64 (arch/x86/include/asm/user_64.h)
    private static final int REGISTERS_BYTES = 27 * 8;
    private static final int RDX = 12 * 8;
    private static final int RSI = 13 * 8;
    private static final int RDI = 14 * 8;
    private static final int RAX = 10 * 8;
    private static final int ORIG_RAX = 15 * 8;
    private static final int RIP = 16 * 8;

    private static final byte[] SYSCALL_INSTRUCTION = {0x0f, 0x05};
    private static final long SLEEPER_PATIENCE_NANOS = 200_000_000;

    private final Arena arena = Arena.ofConfined();
    private final MemorySegment saved = arena.allocate(REGISTERS_BYTES, 8);
    private final MemorySegment registers = arena.allocate(REGISTERS_BYTES, 8);
    private final MemorySegment savedMask = arena.allocate(SIGNAL_SET_BYTES, 8);
    private final MemorySegment status = arena.allocate(4, 4);
    private final int thread;
    private final long instruction;

    private RemoteSyscall(int thread, long instruction) {
        this.thread = thread;
        this.instruction = instruction;
    }

    /**
     * Stops one thread of {@code pid}; closing lets it go.
     *
     * @throws LinuxException EBUSY if all its threads are running, EPERM if it has a tracer already
     */
    static RemoteSyscall into(int pid) throws IOException {
        long instruction = findInstruction(pid);
        RemoteSyscall remote = new RemoteSyscall(awaitSleeper(pid), instruction);
        try {
            remote.ptrace("PTRACE_SEIZE", PTRACE_SEIZE, 0, 0);
        } catch (LinuxException e) {
            remote.arena.close();
            throw e;
        }
        try {
            remote.stop();
        } catch (LinuxException e) {
            remote.detach();
            remote.arena.close();
            throw e;
        }
        return remote;
    }

    private void stop() throws LinuxException {
        ptrace("PTRACE_INTERRUPT", PTRACE_INTERRUPT, 0, 0);
        int stop = await();
        while (stop >> 16 != PTRACE_EVENT_STOP) {
            if ((stop & 0xff) != STOPPED) {
                throw new LinuxException("ptrace", Errno.ESRCH, "thread=" + thread + " ended");
            }
            // A signal came before our interrupt: it gets it, and our turn comes after it.
            ptrace("PTRACE_CONT", PTRACE_CONT, 0, stop >> 8 & 0xff);
            stop = await();
        }
        ptrace("PTRACE_GETREGS", PTRACE_GETREGS, 0, saved.address());
        ptrace("PTRACE_GETSIGMASK", PTRACE_GETSIGMASK, SIGNAL_SET_BYTES, savedMask.address());
        MemorySegment all = arena.allocateFrom(ValueLayout.JAVA_LONG, -1L);
        ptrace("PTRACE_SETSIGMASK", PTRACE_SETSIGMASK, SIGNAL_SET_BYTES, all.address());
    }

    /** What the kernel returned to the thread: a result, or a negative errno. */
    long call(long number, long a, long b, long c) throws LinuxException {
        registers.copyFrom(saved);
        registers.set(ValueLayout.JAVA_LONG, RAX, number);
        registers.set(ValueLayout.JAVA_LONG, ORIG_RAX, -1L); // no call of its own to be restarted just now
        registers.set(ValueLayout.JAVA_LONG, RIP, instruction);
        registers.set(ValueLayout.JAVA_LONG, RDI, a);
        registers.set(ValueLayout.JAVA_LONG, RSI, b);
        registers.set(ValueLayout.JAVA_LONG, RDX, c);
        ptrace("PTRACE_SETREGS", PTRACE_SETREGS, 0, registers.address());
        ptrace("PTRACE_SINGLESTEP", PTRACE_SINGLESTEP, 0, 0);
        int stop = await();
        if ((stop & 0xff) != STOPPED || (stop >> 8 & 0xff) != SIGTRAP) {
            throw new LinuxException("ptrace", Errno.ECHILD, "thread=" + thread + " ended or was killed in between");
        }
        ptrace("PTRACE_GETREGS", PTRACE_GETREGS, 0, registers.address());
        return registers.get(ValueLayout.JAVA_LONG, RAX);
    }

    @Override
    public void close() throws LinuxException {
        try {
            ptrace("PTRACE_SETREGS", PTRACE_SETREGS, 0, saved.address());
            ptrace("PTRACE_SETSIGMASK", PTRACE_SETSIGMASK, SIGNAL_SET_BYTES, savedMask.address());
        } finally {
            detach();
            arena.close();
        }
    }

    private void detach() {
        // It may have been killed: then there is nothing to let go.
        LibC.syscallOnce(Numbers.PTRACE, PTRACE_DETACH, thread, 0, 0);
    }

    private void ptrace(String name, long request, long address, long data) throws LinuxException {
        LibC.syscall(name, Numbers.PTRACE, "thread=" + thread, request, thread, address, data);
    }

    private int await() throws LinuxException {
        LibC.syscall("wait4", Numbers.WAIT4, "thread=" + thread, thread, status.address(), WAIT_ALL_CHILDREN, 0);
        return status.get(ValueLayout.JAVA_INT, 0);
    }

    /** Every process has the vDSO, or a C library, with such an instruction in it. */
    private static long findInstruction(int pid) throws IOException {
        for (String preferred : new String[] {"[vdso]", "libc", "ld-", ""}) {
            for (Procfs.Mapping mapping : Procfs.maps(pid)) {
                if (mapping.permissions().charAt(2) != 'x'
                        || !mapping.path().contains(preferred)
                        || mapping.path().equals("[vsyscall]")) {
                    continue;
                }
                long found = findInstruction(pid, mapping);
                if (found != 0) {
                    return found;
                }
            }
        }
        if (Procfs.maps(pid).isEmpty()) { // the last thing that a process does is to give its memory back
            throw new LinuxException("ptrace", Errno.ESRCH, "pid=" + pid + ": it is ending");
        }
        throw new IOException("process " + pid + " has no system call instruction that could be borrowed");
    }

    private static long findInstruction(int pid, Procfs.Mapping mapping) {
        byte[] code = new byte[(int) Math.min(mapping.bytes(), 2 << 20)];
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment copy = arena.allocate(code.length, 8);
            long got = ProcessMemory.read(pid, mapping.start(), copy);
            MemorySegment.copy(copy, ValueLayout.JAVA_BYTE, 0, code, 0, (int) got);
        } catch (LinuxException e) {
            return 0;
        }
        for (int i = 0; i + 1 < code.length; i++) {
            if (code[i] == SYSCALL_INSTRUCTION[0] && code[i + 1] == SYSCALL_INSTRUCTION[1]) {
                return mapping.start() + i;
            }
        }
        return 0;
    }

    private static String callOf(int pid, int task) throws IOException {
        try {
            return Files.readString(Path.of("/proc/" + pid + "/task/" + task + "/syscall"));
        } catch (IOException e) {
            if (Procfs.exists(pid)) {
                return "-1"; // only this thread has ended
            }
            throw new LinuxException("ptrace", Errno.ESRCH, "pid=" + pid + ": it is gone");
        }
    }

    private static int awaitSleeper(int pid) throws IOException {
        long deadline = System.nanoTime() + SLEEPER_PATIENCE_NANOS;
        do {
            for (int task : Procfs.tasks(pid)) {
                String call = callOf(pid, task);
                if (!call.startsWith("running") && !call.startsWith("-1")) {
                    return task;
                }
            }
            LockSupport.parkNanos(1_000_000);
        } while (System.nanoTime() < deadline);
        throw new LinuxException("ptrace", Errno.EBUSY, "pid=" + pid + ": none of its threads ever waits for anything");
    }
}
