package norikae.linux;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import norikae.linux.ProcessMemory.Range;

/**
 * Tells which pages of another process were written, while it runs: a userfaultfd of that process in asynchronous
 * write-protect mode, made by a system call that one of its threads is made to do (the process stands still for well under
 * a millisecond), and PAGEMAP_SCAN, which finds the written pages and protects them again in one step. Linux 6.7.
 *
 * <p>What it cannot see: pages that were given back (MADV_DONTNEED, munmap) are not written but gone; ask {@link
 * #populated} for what is left. New mappings are not covered until {@link #coverAll} is called, and remapped ones
 * ({@code mremap}) have lost their cover. Sources: ioctl_userfaultfd(2); Documentation/admin-guide/mm/pagemap.rst.
 *
 * <p>Thread-safe, except for {@link #refresh}, and {@link #close} must come last.
 */
public final class WriteTracker implements AutoCloseable {

    static final long O_CLOEXEC = 02000000;
    private static final long O_NONBLOCK = 04000;
    private static final long UFFD_USER_MODE_ONLY = 1; // any user may; asynchronous protection never waits for us
    static final long UFFDIO_API = 0xc018aa3fL;
    private static final long UFFDIO_REGISTER = 0xc020aa00L;
    static final long UFFD_API = 0xaa;
    private static final long UFFD_FEATURE_WP_UNPOPULATED = 1L << 13;
    static final long UFFD_FEATURE_WP_ASYNC = 1L << 15;
    private static final long UFFDIO_REGISTER_MODE_WP = 2;

    private final int pid;
    private final OwnedFd userfaultfd;
    private Pagemap pagemap;
    private final AtomicLong stopped;

    private WriteTracker(int pid, OwnedFd userfaultfd, Pagemap pagemap, AtomicLong stopped) {
        this.pid = pid;
        this.userfaultfd = userfaultfd;
        this.pagemap = pagemap;
        this.stopped = stopped;
    }

    /**
     * Prepares to track a process; nothing is covered yet.
     *
     * @throws LinuxException EBUSY if no thread of it could be taken just now, EPERM if it has a tracer
     */
    public static WriteTracker of(int pid) throws IOException {
        AtomicLong stopped = new AtomicLong();
        OwnedFd userfaultfd = userfaultfdOf(pid, stopped);
        try {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment api = arena.allocate(24, 8); // struct uffdio_api
                api.set(ValueLayout.JAVA_LONG, 0, UFFD_API);
                api.set(ValueLayout.JAVA_LONG, 8, UFFD_FEATURE_WP_ASYNC | UFFD_FEATURE_WP_UNPOPULATED);
                LibC.syscall("UFFDIO_API", Numbers.IOCTL, "pid=" + pid, userfaultfd.fd(), UFFDIO_API, api.address());
            }
            Pagemap pagemap = Pagemap.of(pid);
            return new WriteTracker(pid, userfaultfd, pagemap, stopped);
        } catch (IOException e) {
            userfaultfd.close();
            throw e;
        }
    }

    private static OwnedFd userfaultfdOf(int pid, AtomicLong stopped) throws IOException {
        return PtraceThread.run(pid, () -> {
            try (PidFd process = PidFd.open(pid);
                    Stopwatch _ = new Stopwatch(stopped);
                    RemoteSyscall remote = RemoteSyscall.into(pid)) {
                long fd = remote.call(Numbers.USERFAULTFD, O_CLOEXEC | O_NONBLOCK | UFFD_USER_MODE_ONLY, 0, 0);
                if (fd < 0) {
                    throw LinuxException.of("userfaultfd", (int) -fd, "in process " + pid);
                }
                try {
                    return process.getFd((int) fd);
                } finally {
                    long _ = remote.call(Numbers.CLOSE, fd, 0, 0);
                }
            }
        });
    }

    private record Stopwatch(AtomicLong to, long begin) implements AutoCloseable {

        Stopwatch(AtomicLong to) {
            this(to, System.nanoTime());
        }

        @Override
        public void close() {
            to.accumulateAndGet(System.nanoTime() - begin, Math::max);
        }
    }

    /**
     * Looks at the memory that the process has now: another one after {@code exec}, of which nothing is covered. To be called
     * before each round of questions, and not while another thread asks.
     *
     * @throws LinuxException ENOENT if the process is gone
     */
    public void refresh() throws LinuxException {
        Pagemap fresh = Pagemap.of(pid);
        pagemap.close();
        pagemap = fresh;
    }

    /** For how long at a time, at most, the process stood still: one thread to begin with, all of them for each covering. */
    public long stoppedNanos() {
        return stopped.get();
    }

    /**
     * Covers the mappings that {@code which} chooses, all at one moment in which the process stands still.
     *
     * <p>Why it must: a mapping that changes between the look at it and its covering would be covered in part, and then is two
     * mappings, which {@code mremap} refuses to take for one: the program would fail where it never failed before.
     *
     * @param patience for how long a thread may take to stand still
     * @return those that are covered now; writes to them are seen from here on
     * @throws LinuxException EBUSY if the process did not stand still in time; ESRCH if it is gone, or has replaced its memory
     *     ({@code exec}) since {@link #of}
     */
    public List<Range> coverAll(Predicate<Procfs.Mapping> which, Duration patience) throws IOException {
        return PtraceThread.run(pid, () -> {
            try (Stopwatch _ = new Stopwatch(stopped);
                    StoppedProcess _ = StoppedProcess.of(pid, patience)) {
                List<Range> covered = new ArrayList<>();
                for (Procfs.Mapping mapping : Procfs.maps(pid)) {
                    Range range = new Range(mapping.start(), mapping.end());
                    if (which.test(mapping) && cover(range)) {
                        covered.add(range);
                    }
                }
                return covered;
            }
        });
    }

    /**
     * Covers one mapping, for those who know that it does not change meanwhile: from here on writes to it are seen. All of it
     * counts as written now, also pages that have no content yet.
     *
     * @return false if this kind of mapping cannot be covered, or is gone
     * @throws LinuxException ESRCH if the process is gone, or has replaced its memory ({@code exec}) since {@link #of}
     */
    boolean cover(Range mapping) throws LinuxException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment register = arena.allocate(32, 8); // struct uffdio_register
            register.set(ValueLayout.JAVA_LONG, 0, mapping.start());
            register.set(ValueLayout.JAVA_LONG, 8, mapping.bytes());
            register.set(ValueLayout.JAVA_LONG, 16, UFFDIO_REGISTER_MODE_WP);
            long result = LibC.syscallOnce(Numbers.IOCTL, userfaultfd.fd(), UFFDIO_REGISTER, register.address());
            // ENOMEM is what this request says where others say ESRCH.
            if (result == -Errno.ESRCH.code() || result == -Errno.ENOMEM.code()) {
                throw new LinuxException("UFFDIO_REGISTER", Errno.ESRCH, "pid=" + pid);
            }
            return result == 0;
        }
    }

    /**
     * The pages of {@code range} that were written since this was last asked, which from now on count as not written.
     *
     * @return empty if not all of it is covered: it is new, or was remapped; what was written in the parts that are covered
     *     may then have been forgotten, as the kernel asks mapping by mapping and keeps what it knows when one is refused
     */
    public Optional<List<Range>> takeWritten(Range range) throws LinuxException {
        return pagemap.takeWritten(range);
    }

    /**
     * Both at once, for a process that stands still: nothing is reset, so that a refusal loses nothing.
     *
     * @return empty if not all of {@code range} is covered
     */
    public Optional<Pagemap.Content> content(Range range) throws LinuxException {
        return pagemap.content(range);
    }

    /** The pages of {@code range} that have content; all others read as zero. */
    public List<Range> populated(Range range) throws LinuxException {
        return pagemap.populated(range);
    }

    /** Ends the tracking; the kernel lifts the protection. */
    @Override
    public void close() {
        userfaultfd.close();
        pagemap.close();
    }
}
