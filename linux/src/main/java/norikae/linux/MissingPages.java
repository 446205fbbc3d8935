package norikae.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import norikae.linux.ProcessMemory.Range;

/**
 * A process whose memory is filled from outside: its userfaultfd, registered for missing pages, with which another process
 * hears of faults and changes and puts pages in. ioctl_userfaultfd(2); struct uffd_msg of userfaultfd(2).
 *
 * <p>Thread-safe, except that {@link #close} must come last. Whoever reads an event lets the process go on; see {@link
 * #events} for what must be done before.
 */
public final class MissingPages implements AutoCloseable {

    private static final long UFFDIO_UNREGISTER = 0x8010aa01L;
    private static final long UFFDIO_WAKE = 0x8010aa02L;
    private static final long UFFDIO_COPY = 0xc028aa03L;
    private static final long UFFDIO_ZEROPAGE = 0xc020aa04L;
    private static final int MESSAGE_BYTES = 32;
    private static final int MESSAGES_PER_READ = 64;
    private static final int PAGEFAULT = 0x12;
    private static final int FORK = 0x13;
    private static final int REMAP = 0x14;
    private static final int REMOVE = 0x15;
    private static final int UNMAP = 0x16;
    private static final long PAGE = ProcessMemory.PAGE_BYTES;

    private final OwnedFd userfaultfd;

    /** @param userfaultfd not blocking, with its API agreed; it belongs to the result */
    public MissingPages(OwnedFd userfaultfd) {
        this.userfaultfd = userfaultfd;
    }

    /** What the process did, or waits for. */
    public sealed interface Event {

        /** A thread waits for the page at {@code address}. */
        record Fault(long address) implements Event {}

        /** These pages read as zero from now on (MADV_DONTNEED and the like), or are no longer mapped. */
        record Gone(Range range) implements Event {}

        /** The mapping has moved, and with it what is still missing from it. */
        record Moved(Range from, long to) implements Event {}

        /** A child has the same pages missing. */
        record Forked(MissingPages child) implements Event {}
    }

    /** What became of an attempt to put pages in. */
    public enum Ending {
        /** All are there. */
        DONE,
        /** The first page that is not there yet was filled already: go on after it. */
        EXISTS,
        /** The first page that is not there yet is not mapped, or not registered: it will never be asked for. */
        UNMAPPED,
        /** The process changes its mappings just now: read its events, then try again. */
        CHANGING,
        /** The process is gone. */
        ENDED
    }

    /** How many bytes were put in, and why no more. */
    public record Filled(long bytes, Ending ending) {}

    /** The descriptor, to be kept or handed on; it stays this object's. */
    public OwnedFd descriptor() {
        return userfaultfd;
    }

    /** Waits until there are events; false if none came in time. */
    public boolean await(Duration patience) throws LinuxException {
        return Poll.readable(userfaultfd, patience);
    }

    /**
     * The events that wait, without waiting for any. A process that removes or moves pages goes on as soon as its event was
     * read: whoever fills at the same time must be kept from filling what the events say until he knows of it.
     */
    public List<Event> events() throws LinuxException {
        List<Event> events = new ArrayList<>();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment messages = arena.allocate((long) MESSAGE_BYTES * MESSAGES_PER_READ, 8);
            while (true) {
                long got = LibC.syscallOnce(Numbers.READ, userfaultfd.fd(), messages.address(), messages.byteSize());
                if (got == -Errno.EINTR.code()) {
                    continue;
                }
                if (got == -Errno.EAGAIN.code() || got == 0) {
                    return events;
                }
                if (got < 0) {
                    throw LinuxException.of("read", (int) -got, userfaultfd.toString());
                }
                for (long at = 0; at + MESSAGE_BYTES <= got; at += MESSAGE_BYTES) {
                    event(messages.asSlice(at, MESSAGE_BYTES)).ifPresent(events::add);
                }
            }
        }
    }

    private static Optional<Event> event(MemorySegment message) {
        long first = message.get(ValueLayout.JAVA_LONG, 8);
        long second = message.get(ValueLayout.JAVA_LONG, 16);
        long third = message.get(ValueLayout.JAVA_LONG, 24);
        return Optional.ofNullable(
                switch (message.get(ValueLayout.JAVA_BYTE, 0)) {
                    case PAGEFAULT -> new Event.Fault(second & -PAGE);
                    case FORK -> new Event.Forked(new MissingPages(new OwnedFd((int) first, "userfaultfd of a child")));
                    case REMAP -> new Event.Moved(new Range(first, first + third), second);
                    case REMOVE, UNMAP -> new Event.Gone(new Range(first, second));
                    default -> null;
                });
    }

    /** Puts pages of {@code file} in, from its {@code offset} on, and wakes who waits for them. */
    public Filled copy(long address, PageFile file, long offset, long bytes) throws LinuxException {
        long done = 0;
        while (done < bytes) {
            long piece = Math.min(bytes - done, PageFile.contiguous(offset + done));
            Filled filled = copy(address + done, file.address(offset + done, piece), piece);
            done += filled.bytes();
            if (filled.ending() != Ending.DONE) {
                return new Filled(done, filled.ending());
            }
        }
        return new Filled(done, Ending.DONE);
    }

    private Filled copy(long address, long from, long bytes) throws LinuxException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment copy = arena.allocate(40, 8); // struct uffdio_copy
            return fill("UFFDIO_COPY", UFFDIO_COPY, copy, 32, bytes, done -> {
                copy.set(ValueLayout.JAVA_LONG, 0, address + done);
                copy.set(ValueLayout.JAVA_LONG, 8, from + done);
                copy.set(ValueLayout.JAVA_LONG, 16, bytes - done);
                copy.set(ValueLayout.JAVA_LONG, 24, 0);
            });
        }
    }

    /** Puts pages of zeros in. */
    public Filled zero(long address, long bytes) throws LinuxException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment zero = arena.allocate(32, 8); // struct uffdio_zeropage
            return fill("UFFDIO_ZEROPAGE", UFFDIO_ZEROPAGE, zero, 24, bytes, done -> {
                zero.set(ValueLayout.JAVA_LONG, 0, address + done);
                zero.set(ValueLayout.JAVA_LONG, 8, bytes - done);
                zero.set(ValueLayout.JAVA_LONG, 16, 0);
            });
        }
    }

    private interface Request {
        void from(long done);
    }

    private Filled fill(String name, long ioctl, MemorySegment request, long resultAt, long bytes, Request make)
            throws LinuxException {
        long done = 0;
        while (done < bytes) {
            make.from(done);
            request.set(ValueLayout.JAVA_LONG, resultAt, 0);
            long result = LibC.syscallOnce(Numbers.IOCTL, userfaultfd.fd(), ioctl, request.address());
            long part = request.get(ValueLayout.JAVA_LONG, resultAt);
            if (part > 0) {
                done += part;
                continue; // what stopped it shows at the next attempt
            }
            if (result == 0 || result == -Errno.EINTR.code()) {
                continue;
            }
            return new Filled(done, ending(name, (int) -result));
        }
        return new Filled(done, Ending.DONE);
    }

    private Ending ending(String name, int error) throws LinuxException {
        return switch (Errno.of(error)) {
            case EEXIST -> Ending.EXISTS;
            case ENOENT, EINVAL -> Ending.UNMAPPED;
            case EAGAIN -> Ending.CHANGING;
            case ESRCH, ENOSPC -> Ending.ENDED;
            default -> throw LinuxException.of(name, error, userfaultfd.toString());
        };
    }

    /** Wakes threads that wait for pages that are there. */
    public void wake(Range range) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment wake = arena.allocate(16, 8); // struct uffdio_range
            wake.set(ValueLayout.JAVA_LONG, 0, range.start());
            wake.set(ValueLayout.JAVA_LONG, 8, range.bytes());
            LibC.syscallOnce(Numbers.IOCTL, userfaultfd.fd(), UFFDIO_WAKE, wake.address());
        }
    }

    /** The kernel itself fills {@code range} with zeros from now on, as in any other process. Best effort. */
    public boolean release(Range range) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment request = arena.allocate(16, 8);
            request.set(ValueLayout.JAVA_LONG, 0, range.start());
            request.set(ValueLayout.JAVA_LONG, 8, range.bytes());
            return LibC.syscallOnce(Numbers.IOCTL, userfaultfd.fd(), UFFDIO_UNREGISTER, request.address()) == 0;
        }
    }

    /** The last one who closes it lets the kernel fill everything that is still missing with zeros. */
    @Override
    public void close() {
        userfaultfd.close();
    }
}
