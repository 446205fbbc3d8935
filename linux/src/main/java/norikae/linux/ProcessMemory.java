package norikae.linux;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/** Reads the memory of another process; process_vm_readv(2) where not told otherwise. Thread-safe. */
public final class ProcessMemory {

    public static final int PAGE_BYTES = 4096;

    /** UIO_MAXIOV of the kernel. */
    private static final int RANGES_MAX = 1024;

    private static final int IOVEC_BYTES = 16;

    private ProcessMemory() {}

    /** Addresses of another process, from {@code start} up to but without {@code end}. */
    public record Range(long start, long end) {

        public Range {
            if (Long.compareUnsigned(start, end) > 0) {
                throw new IllegalArgumentException(
                        "range from " + Long.toHexString(start) + " to " + Long.toHexString(end));
            }
        }

        public long bytes() {
            return end - start;
        }
    }

    /**
     * Reads all ranges, one after the other, into {@code to} from its position on, which is advanced by what was read.
     *
     * @param ranges at most 1024, together at most as long as what remains of {@code to}
     * @param to direct
     * @return how many bytes were read: fewer than asked for if a range is no longer mapped; then the rest was not read
     * @throws LinuxException EFAULT if the first range is not mapped, ESRCH if the process is gone
     */
    public static long read(int pid, List<Range> ranges, ByteBuffer to) throws LinuxException {
        if (!to.isDirect()) {
            throw new IllegalArgumentException(
                    "buffer of " + to.capacity() + " bytes is on the heap, where it may move: use a direct one");
        }
        long got = read(pid, ranges, MemorySegment.ofBuffer(to));
        to.position(to.position() + (int) got);
        return got;
    }

    /**
     * Reads what the process itself may not read: its guard pages, for instance, which a debugger may see; proc_pid_mem(5).
     *
     * @param range at most as long as what remains of {@code to}, whose position is advanced by it
     * @throws LinuxException EFAULT if not all of it is mapped
     * @throws IOException if the process is gone
     */
    public static void readProtected(int pid, Range range, ByteBuffer to) throws IOException {
        ByteBuffer part = to.slice(to.position(), (int) range.bytes());
        try (FileChannel memory = FileChannel.open(Path.of("/proc/" + pid + "/mem"), StandardOpenOption.READ)) {
            while (part.hasRemaining()) {
                long at = range.start() + part.position();
                if (readAt(memory, part, at) <= 0) {
                    throw LinuxException.of(
                            "read of /proc/PID/mem", Errno.EFAULT.code(), "pid=" + pid + ", " + Long.toHexString(at));
                }
            }
        }
        to.position(to.position() + part.position());
    }

    private static int readAt(FileChannel memory, ByteBuffer part, long at) {
        try {
            return memory.read(part, at);
        } catch (IOException e) {
            return -1; // EIO is its word for an address that is not mapped
        }
    }

    /** Reads from {@code address} until {@code to} is full or the mapping ends. */
    static long read(int pid, long address, MemorySegment to) throws LinuxException {
        return read(pid, List.of(new Range(address, address + to.byteSize())), to);
    }

    private static long read(int pid, List<Range> ranges, MemorySegment to) throws LinuxException {
        if (ranges.isEmpty()) {
            return 0;
        }
        if (ranges.size() > RANGES_MAX) {
            throw new IllegalArgumentException(ranges.size() + " ranges at once, at most " + RANGES_MAX);
        }
        try (Arena arena = Arena.ofConfined()) {
            long bytes = 0;
            MemorySegment remote = arena.allocate((long) ranges.size() * IOVEC_BYTES, 8);
            for (int i = 0; i < ranges.size(); i++) {
                remote.set(
                        ValueLayout.JAVA_LONG,
                        (long) i * IOVEC_BYTES,
                        ranges.get(i).start());
                remote.set(
                        ValueLayout.JAVA_LONG,
                        (long) i * IOVEC_BYTES + 8,
                        ranges.get(i).bytes());
                bytes += ranges.get(i).bytes();
            }
            if (bytes > to.byteSize()) {
                throw new IllegalArgumentException(bytes + " bytes do not fit into " + to.byteSize());
            }
            MemorySegment local = arena.allocate(IOVEC_BYTES, 8);
            local.set(ValueLayout.JAVA_LONG, 0, to.address());
            local.set(ValueLayout.JAVA_LONG, 8, bytes);
            return LibC.syscall(
                    "process_vm_readv",
                    Numbers.PROCESS_VM_READV,
                    "pid=" + pid + ", ranges=" + ranges.size() + ", bytes=" + bytes,
                    pid,
                    local.address(),
                    1,
                    remote.address(),
                    ranges.size(),
                    0);
        }
    }
}
