package norikae.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Pages in memory that no process has mapped, each at the offset that is its address in the process to which it belongs: a
 * sparse memfd (memfd_create(2)). What was never written, or was discarded, is a hole and takes no memory.
 *
 * <p>Thread-safe, except that {@link #close} must come last. Offsets and lengths are multiples of {@value
 * ProcessMemory#PAGE_BYTES}.
 */
public final class PageFile implements AutoCloseable {

    /** The file is mapped in pieces of this size, each when it is first needed; only what is used costs anything. */
    private static final long WINDOW_BYTES = 1L << 30;

    private static final long MFD_CLOEXEC = 1;
    private static final long PROT_READ = 1;
    private static final long MAP_SHARED_NORESERVE = 0x1 | 0x4000;
    private static final long FALLOC_KEEP_SIZE_PUNCH_HOLE = 1 | 2;
    private static final long MADV_POPULATE_READ = 22;
    private static final long SEEK_DATA = 3;
    private static final long SEEK_HOLE = 4;
    private static final long SIZE = 1L << 62;

    private final OwnedFd file;
    private final Map<Long, Long> windows = new ConcurrentHashMap<>();

    private PageFile(OwnedFd file) {
        this.file = file;
    }

    /** An empty one; {@code name} appears in /proc. */
    public static PageFile create(String name) throws LinuxException {
        try (Arena arena = Arena.ofConfined()) {
            long fd = LibC.syscall(
                    "memfd_create",
                    Numbers.MEMFD_CREATE,
                    name,
                    arena.allocateFrom(name).address(),
                    MFD_CLOEXEC);
            OwnedFd file = new OwnedFd((int) fd, "memfd " + name);
            try {
                LibC.syscall("ftruncate", Numbers.FTRUNCATE, name, file.fd(), SIZE);
            } catch (LinuxException e) {
                file.close();
                throw e;
            }
            return new PageFile(file);
        }
    }

    /** One that another process, or an earlier life of this one, has made; it belongs to the result. */
    public static PageFile of(OwnedFd file) {
        return new PageFile(file);
    }

    /** The descriptor, to be kept or handed on; it stays this object's. */
    public OwnedFd descriptor() {
        return file;
    }

    /**
     * Writes all of {@code data}, which must be direct, and advances its position.
     *
     * @throws LinuxException ENOMEM or ENOSPC if the kernel has no memory left for it
     */
    public void write(long offset, ByteBuffer data) throws LinuxException {
        long at = offset;
        while (data.hasRemaining()) {
            long put = LibC.syscall(
                    "pwrite",
                    Numbers.PWRITE,
                    "offset=" + Long.toHexString(at) + ", bytes=" + data.remaining(),
                    file.fd(),
                    MemorySegment.ofBuffer(data).address(),
                    data.remaining(),
                    at);
            data.position(data.position() + (int) put);
            at += put;
        }
    }

    /** Fills {@code to}, which must be direct; holes read as zeros. */
    public void read(long offset, ByteBuffer to) throws LinuxException {
        long at = offset;
        while (to.hasRemaining()) {
            long got = LibC.syscall(
                    "pread",
                    Numbers.PREAD,
                    "offset=" + Long.toHexString(at) + ", bytes=" + to.remaining(),
                    file.fd(),
                    MemorySegment.ofBuffer(to).address(),
                    to.remaining(),
                    at);
            to.position(to.position() + (int) got);
            at += got;
        }
    }

    /** Gives memory back: these pages are a hole now. */
    public void discard(long offset, long bytes) throws LinuxException {
        LibC.syscall(
                "fallocate",
                Numbers.FALLOCATE,
                "offset=" + Long.toHexString(offset) + ", bytes=" + bytes,
                file.fd(),
                FALLOC_KEEP_SIZE_PUNCH_HOLE,
                offset,
                bytes);
    }

    /** The first piece of content at or after {@code offset}; null if there is none. */
    public ProcessMemory.@org.jspecify.annotations.Nullable Range next(long offset) throws LinuxException {
        long data = LibC.syscallOnce(Numbers.LSEEK, file.fd(), offset, SEEK_DATA);
        if (data == -Errno.ENXIO.code()) {
            return null;
        }
        if (data < 0) {
            throw LinuxException.of("lseek", (int) -data, file + ", offset=" + Long.toHexString(offset));
        }
        long hole = LibC.syscall("lseek", Numbers.LSEEK, file.toString(), file.fd(), data, SEEK_HOLE);
        return new ProcessMemory.Range(data, hole);
    }

    /**
     * Where these pages are in our memory, ready to be read without a fault; within one window at most.
     *
     * @param bytes at most {@link #contiguous} of {@code offset}
     */
    long address(long offset, long bytes) throws LinuxException {
        long window = offset / WINDOW_BYTES;
        Long base = windows.get(window);
        if (base == null) {
            base = map(window);
        }
        long address = base + offset % WINDOW_BYTES;
        // One call for all pages: UFFDIO_COPY would fault them in one by one. Best effort.
        LibC.syscallOnce(Numbers.MADVISE, address, bytes, MADV_POPULATE_READ);
        return address;
    }

    /** How far from {@code offset} on pages lie side by side in our memory. */
    static long contiguous(long offset) {
        return WINDOW_BYTES - offset % WINDOW_BYTES;
    }

    private long map(long window) throws LinuxException {
        long fresh = LibC.syscall(
                "mmap",
                Numbers.MMAP,
                file.toString(),
                0,
                WINDOW_BYTES,
                PROT_READ,
                MAP_SHARED_NORESERVE,
                file.fd(),
                window * WINDOW_BYTES);
        Long earlier = windows.putIfAbsent(window, fresh);
        if (earlier != null) {
            unmap(fresh);
            return earlier;
        }
        return fresh;
    }

    private static void unmap(long address) {
        LibC.syscallOnce(Numbers.MUNMAP, address, WINDOW_BYTES);
    }

    /** Frees all of it, unless another process holds it as well. */
    @Override
    public void close() {
        windows.values().forEach(PageFile::unmap);
        windows.clear();
        file.close();
    }
}
