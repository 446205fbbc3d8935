package norikae.transfer.memory;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import norikae.linux.Errno;
import norikae.linux.LinuxException;
import norikae.linux.NoSuchProcessException;
import norikae.linux.ProcessMemory;
import norikae.linux.ProcessMemory.Range;
import norikae.transfer.PageOutlet;
import norikae.transfer.PageSpace;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends the memory of a tree of processes while they run: {@link #look} finds what must travel, {@link #send} sends it, and
 * both are repeated until so little is left that the tree may be frozen for it. Confined to one thread at a time.
 */
public final class MemorySender implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(MemorySender.class);
    private static final int CHUNK_BYTES = 1 << 20;
    private static final int RANGES_PER_READ = 512;
    private static final int PAGE = ProcessMemory.PAGE_BYTES;

    private final Watch watch;
    private final Tree tree;
    private final Map<Long, TrackedSpace> spaces = new LinkedHashMap<>(); // by PID inside
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(CHUNK_BYTES);
    private final List<Gone> gone = new ArrayList<>();
    private long unchangedBytes;

    private record Gone(PageSpace space, Range range) {}

    /** The processes of a tree, now. */
    @FunctionalInterface
    public interface Tree {
        List<Member> members() throws IOException;
    }

    /**
     * A process.
     *
     * @param pid the number by which this node knows it
     * @param inner the number that it has in its own PID namespace
     */
    public record Member(int pid, long inner) {}

    /** Asked after each piece that was sent: slows down, counts, or throws to end the sending. */
    @FunctionalInterface
    public interface Pace {
        void sent(long bytes) throws IOException;
    }

    /** How it is found out what has to travel again. */
    public enum Watch {
        /** The kernel tells which pages were written. */
        WRITES,
        /** All pages are read again in each round, and what they hold is compared: for writes that the kernel does not tell of. */
        CONTENT
    }

    public MemorySender(Tree tree, Watch watch) {
        this.tree = tree;
        this.watch = watch;
    }

    /**
     * Finds what must travel.
     *
     * @param frozen the tree stands still, and this is the last look
     */
    public void look(boolean frozen) throws IOException {
        Set<Long> alive = new HashSet<>();
        for (Member member : tree.members()) {
            try {
                TrackedSpace space = spaces.get(member.inner());
                if (space == null || space.pid() != member.pid()) {
                    forget(space);
                    PageSpace id = PageSpace.stored(member.inner());
                    space = frozen || watch == Watch.CONTENT
                            ? TrackedSpace.unwatched(member.pid(), id, watch == Watch.CONTENT)
                            : TrackedSpace.watching(member.pid(), id);
                    spaces.put(member.inner(), space);
                }
                PageSpace id = space.space();
                space.look(frozen).forEach(range -> gone.add(new Gone(id, range)));
                alive.add(member.inner());
            } catch (NoSuchProcessException e) {
                LOG.debug("pid={} ended meanwhile", member.pid());
            } catch (LinuxException e) {
                if (!isGone(e) && (frozen || e.errno() != Errno.EBUSY)) {
                    throw e;
                }
                LOG.debug("pid={} is left for later: {}", member.pid(), e.getMessage());
            }
        }
        for (Iterator<TrackedSpace> all = spaces.values().iterator(); all.hasNext(); ) {
            TrackedSpace space = all.next();
            if (!alive.contains(space.space().id())) {
                forget(space);
                all.remove();
            }
        }
    }

    private void forget(@Nullable TrackedSpace space) {
        if (space != null) {
            space.held().forEach(range -> gone.add(new Gone(space.space(), range)));
            space.close();
        }
    }

    private static boolean isGone(LinuxException e) {
        return e.errno() == Errno.ESRCH || e.errno() == Errno.ENOENT;
    }

    /**
     * Between the first look and the first {@link #send}: what these pages hold now means nothing to the process, which will
     * write to each before it reads it. So they stay zero on the target unless they are seen written from here on.
     *
     * @return how many bytes need not travel
     */
    public long skip(int pid, List<Range> meaningless) {
        return spaces.values().stream()
                .filter(space -> space.pid() == pid)
                .mapToLong(space -> space.skip(meaningless))
                .sum();
    }

    /** What {@link #send} would send. */
    public long pendingBytes() {
        return spaces.values().stream().mapToLong(s -> s.pending().bytes()).sum();
    }

    /** What was written with what it held before, and did not travel again. */
    public long unchangedBytes() {
        return unchangedBytes;
    }

    /** For how long at a time, at most, a process stood still so that it could be watched. */
    public long stoppedNanos() {
        return spaces.values().stream()
                .mapToLong(TrackedSpace::stoppedNanos)
                .max()
                .orElse(0);
    }

    /** Whether memory of this process at these addresses travels through this sender. */
    public boolean holds(long inner, Range range) {
        TrackedSpace space = spaces.get(inner);
        return space != null && space.holds(range);
    }

    /**
     * Sends everything that is pending.
     *
     * @param frozen nothing may be missed
     */
    public void send(PageOutlet out, boolean frozen, Pace pace) throws IOException {
        sendGone(out);
        for (TrackedSpace space : spaces.values()) {
            send(space, out, frozen, pace);
        }
    }

    private void sendGone(PageOutlet out) throws IOException {
        for (Gone one : gone) {
            out.zeroPages(one.space(), one.range().start(), one.range().bytes() / PAGE);
        }
        gone.clear();
    }

    /** What is pending, by process: for whoever sends it another way. Nothing is pending afterwards. */
    public Map<PageSpace, List<Range>> takePending(PageOutlet out) throws IOException {
        sendGone(out);
        Map<PageSpace, List<Range>> pending = new LinkedHashMap<>();
        for (TrackedSpace space : spaces.values()) {
            List<Range> ranges = space.pending().ranges();
            pending.put(space.space(), ranges);
            space.sending(ranges);
        }
        return pending;
    }

    private void send(TrackedSpace space, PageOutlet out, boolean frozen, Pace pace) throws IOException {
        List<Range> piece = new ArrayList<>();
        long bytes = 0;
        for (Range range : space.pending().ranges()) {
            long at = range.start();
            while (at < range.end()) {
                long part = Math.min(range.end() - at, CHUNK_BYTES - bytes);
                piece.add(new Range(at, at + part));
                bytes += part;
                at += part;
                if (bytes == CHUNK_BYTES || piece.size() == RANGES_PER_READ) {
                    send(space, piece, out, frozen);
                    pace.sent(bytes);
                    piece.clear();
                    bytes = 0;
                }
            }
        }
        if (bytes > 0) {
            send(space, piece, out, frozen);
            pace.sent(bytes);
        }
    }

    private void send(TrackedSpace space, List<Range> ranges, PageOutlet out, boolean frozen) throws IOException {
        space.sending(ranges); // before they are read: what is written from here on must be seen as written
        List<Range> left = new ArrayList<>(ranges);
        while (!left.isEmpty()) {
            buffer.clear();
            try {
                ProcessMemory.read(space.pid(), left, buffer);
            } catch (LinuxException e) {
                if (!frozen && isGone(e)) {
                    return;
                }
                if (e.errno() != Errno.EFAULT) {
                    throw e;
                }
                if (frozen) {
                    // CRIU, at work in the same process, made it readable for a while, and that was when it was looked
                    // at.
                    ProcessMemory.readProtected(space.pid(), left.getFirst(), buffer);
                }
            }
            buffer.flip();
            left = pass(space, left, out, frozen);
        }
    }

    /** Sends what the buffer has of {@code ranges}; what is left has to be read once more. */
    private List<Range> pass(TrackedSpace space, List<Range> ranges, PageOutlet out, boolean frozen)
            throws IOException {
        int at = 0;
        int have = buffer.limit() / PAGE * PAGE;
        List<Range> left = new ArrayList<>();
        for (Range range : ranges) {
            int got = (int) Math.min(range.bytes(), have - at);
            if (got > 0) {
                changed(space, range.start(), at, got, out);
                at += got;
            }
            if (got == range.bytes()) {
                continue;
            }
            long stop = range.start() + got;
            if (left.isEmpty() && !frozen) {
                // It was unmapped between the look and now.
                Range lost = new Range(stop, stop + PAGE);
                space.missed(lost);
                stop += PAGE;
            }
            left.add(new Range(stop, Math.max(stop, range.end())));
        }
        left.removeIf(r -> r.bytes() == 0);
        return left;
    }

    private void changed(TrackedSpace space, long address, int at, int length, PageOutlet out) throws IOException {
        int from = 0;
        while (from < length) {
            if (!space.hashes().changed(address + from, buffer, at + from)) {
                unchangedBytes += PAGE;
                from += PAGE;
                continue;
            }
            int to = from + PAGE;
            boolean same = false;
            while (to < length) {
                if (!space.hashes().changed(address + to, buffer, at + to)) {
                    same = true;
                    break;
                }
                to += PAGE;
            }
            out.pages(space.space(), address + from, buffer.slice(at + from, to - from));
            from = to;
            if (same) {
                unchangedBytes += PAGE;
                from += PAGE;
            }
        }
    }

    /** Ends the watching. */
    @Override
    public void close() {
        spaces.values().forEach(TrackedSpace::close);
        spaces.clear();
    }
}
