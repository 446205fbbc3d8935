package norikae.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;

/** Finds out how this kernel can tell which pages of a process were written. Thread-safe. */
final class MemoryTracking {

    private static final int PROT_READ_WRITE = 3;
    private static final int MAP_PRIVATE_ANONYMOUS = 0x22;
    private static final long SOFT_DIRTY = 1L << 55; // of a pagemap entry: Documentation/admin-guide/mm/pagemap.rst
    private static final long PRESENT = 1L << 63;

    private static final int UFFDIO_API_BYTES = 24;

    private MemoryTracking() {}

    static boolean hasUserfaultfdWpAsync() {
        long fd = LibC.syscallOnce(Numbers.USERFAULTFD, WriteTracker.O_CLOEXEC);
        if (fd < 0) {
            return false;
        }
        try (OwnedFd userfaultfd = new OwnedFd((int) fd, "userfaultfd");
                Arena arena = Arena.ofConfined()) {
            MemorySegment api = arena.allocate(UFFDIO_API_BYTES, 8);
            api.set(ValueLayout.JAVA_LONG, 0, WriteTracker.UFFD_API);
            api.set(ValueLayout.JAVA_LONG, 8, WriteTracker.UFFD_FEATURE_WP_ASYNC);
            return LibC.syscallOnce(Numbers.IOCTL, userfaultfd.fd(), WriteTracker.UFFDIO_API, api.address()) == 0;
        }
    }

    static boolean hasPagemapScan() {
        try (OwnedFd pagemap = pagemap();
                Arena arena = Arena.ofConfined()) {
            MemorySegment scan = arena.allocate(Pagemap.SCAN_BYTES, 8); // of no range at all: nothing to find
            scan.set(ValueLayout.JAVA_LONG, 0, Pagemap.SCAN_BYTES);
            return LibC.syscallOnce(Numbers.IOCTL, pagemap.fd(), Pagemap.PAGEMAP_SCAN, scan.address()) >= 0;
        } catch (LinuxException e) {
            return false;
        }
    }

    /** A page that was just mapped and written is soft-dirty, if there is such a thing; clear_refs is not asked. */
    static boolean hasSoftDirty() throws LinuxException {
        long address = LibC.syscall(
                "mmap",
                Numbers.MMAP,
                "a page",
                0,
                ProcessMemory.PAGE_BYTES,
                PROT_READ_WRITE,
                MAP_PRIVATE_ANONYMOUS,
                -1);
        try (OwnedFd pagemap = pagemap();
                Arena arena = Arena.ofConfined()) {
            MemorySegment.ofAddress(address)
                    .reinterpret(ProcessMemory.PAGE_BYTES)
                    .set(ValueLayout.JAVA_BYTE, 0, (byte) 1);
            MemorySegment entry = arena.allocate(8, 8);
            long got = LibC.syscall(
                    "pread",
                    Numbers.PREAD,
                    "pagemap",
                    pagemap.fd(),
                    entry.address(),
                    8,
                    address / ProcessMemory.PAGE_BYTES * 8);
            long bits = entry.get(ValueLayout.JAVA_LONG, 0);
            return got == 8 && (bits & PRESENT) != 0 && (bits & SOFT_DIRTY) != 0;
        } finally {
            LibC.syscall("munmap", Numbers.MUNMAP, "a page", address, ProcessMemory.PAGE_BYTES);
        }
    }

    private static OwnedFd pagemap() throws LinuxException {
        return OwnedFd.open(Path.of("/proc/self/pagemap"), OwnedFd.O_RDONLY, 0);
    }
}
