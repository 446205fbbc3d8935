package norikae.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import norikae.linux.ProcessMemory.Range;

/**
 * Which pages of a process have content: {@code /proc/PID/pagemap} and its PAGEMAP_SCAN. It belongs to the memory that the
 * process had when this was made: {@code exec} gives it another one. Thread-safe, except that {@link #close} must come last.
 * Source: Documentation/admin-guide/mm/pagemap.rst.
 */
public final class Pagemap implements AutoCloseable {

    static final long PAGEMAP_SCAN = 0xc0606610L;
    static final int SCAN_BYTES = 96; // struct pm_scan_arg
    private static final long PM_SCAN_WP_MATCHING = 1;
    private static final long PM_SCAN_CHECK_WPASYNC = 2;
    private static final long PAGE_IS_WRITTEN = 2;
    private static final long PAGE_IS_PRESENT = 8;
    private static final long PAGE_IS_SWAPPED = 16;
    private static final int REGION_BYTES = 24; // struct page_region
    private static final int REGIONS_PER_CALL = 4_096;

    private final int pid;
    private final OwnedFd file;

    private Pagemap(int pid, OwnedFd file) {
        this.pid = pid;
        this.file = file;
    }

    /** @throws LinuxException ENOENT if the process is gone */
    public static Pagemap of(int pid) throws LinuxException {
        return new Pagemap(pid, OwnedFd.open(Path.of("/proc/" + pid + "/pagemap"), OwnedFd.O_RDONLY, 0));
    }

    /** See {@link WriteTracker#takeWritten}. */
    Optional<List<Range>> takeWritten(Range range) throws LinuxException {
        return scan(range, PM_SCAN_WP_MATCHING | PM_SCAN_CHECK_WPASYNC, PAGE_IS_WRITTEN, 0);
    }

    /** The pages of {@code range} that have content; all others read as zero. */
    public List<Range> populated(Range range) throws LinuxException {
        return scan(range, 0, 0, PAGE_IS_PRESENT | PAGE_IS_SWAPPED).orElseThrow();
    }

    /** What a process that stands still has, and what of that was written since it was last asked. */
    public record Content(List<Range> populated, List<Range> written) {}

    /** See {@link WriteTracker#content}. */
    Optional<Content> content(Range range) throws LinuxException {
        List<Range> written = new ArrayList<>();
        return scan(range, PM_SCAN_CHECK_WPASYNC, 0, PAGE_IS_PRESENT | PAGE_IS_SWAPPED, PAGE_IS_WRITTEN, written)
                .map(populated -> new Content(populated, written));
    }

    private Optional<List<Range>> scan(Range range, long flags, long mask, long anyOf) throws LinuxException {
        return scan(range, flags, mask, anyOf, 0, new ArrayList<>());
    }

    /** @param marked gets those of the result that have the category {@code mark} as well */
    private Optional<List<Range>> scan(Range range, long flags, long mask, long anyOf, long mark, List<Range> marked)
            throws LinuxException {
        List<Range> found = new ArrayList<>();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment regions = arena.allocate((long) REGION_BYTES * REGIONS_PER_CALL, 8);
            MemorySegment request = arena.allocate(SCAN_BYTES, 8);
            long at = range.start();
            while (at < range.end()) {
                request.set(ValueLayout.JAVA_LONG, 0, SCAN_BYTES);
                request.set(ValueLayout.JAVA_LONG, 8, flags);
                request.set(ValueLayout.JAVA_LONG, 16, at);
                request.set(ValueLayout.JAVA_LONG, 24, range.end());
                request.set(ValueLayout.JAVA_LONG, 40, regions.address());
                request.set(ValueLayout.JAVA_LONG, 48, REGIONS_PER_CALL);
                request.set(ValueLayout.JAVA_LONG, 72, mask);
                request.set(ValueLayout.JAVA_LONG, 80, anyOf);
                request.set(ValueLayout.JAVA_LONG, 88, mask | anyOf | mark);
                long count = LibC.syscallOnce(Numbers.IOCTL, file.fd(), PAGEMAP_SCAN, request.address());
                if (count == -Errno.EPERM.code() && (flags & PM_SCAN_CHECK_WPASYNC) != 0) {
                    return Optional.empty();
                }
                if (count < 0) {
                    throw LinuxException.of("PAGEMAP_SCAN", (int) -count, "pid=" + pid + ", " + range);
                }
                for (int i = 0; i < count; i++) {
                    long start = regions.get(ValueLayout.JAVA_LONG, (long) i * REGION_BYTES);
                    long end = regions.get(ValueLayout.JAVA_LONG, (long) i * REGION_BYTES + 8);
                    found.add(new Range(start, end));
                    if ((regions.get(ValueLayout.JAVA_LONG, (long) i * REGION_BYTES + 16) & mark) != 0) {
                        marked.add(new Range(start, end));
                    }
                }
                at = request.get(ValueLayout.JAVA_LONG, 32); // walk_end
            }
        }
        return Optional.of(found);
    }

    @Override
    public void close() {
        file.close();
    }
}
