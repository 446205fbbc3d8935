package norikae.transfer.memory;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import norikae.linux.Errno;
import norikae.linux.LinuxException;
import norikae.linux.Pagemap;
import norikae.linux.ProcessMemory.Range;
import norikae.linux.Procfs;
import norikae.linux.WriteTracker;
import norikae.transfer.PageSpace;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One process as the sender of its memory sees it: what the target has of it, and what must still travel. Not thread-safe.
 *
 * <p>Mappings come, go and move between two looks at the process, and none of that is told to anybody; so each look starts
 * from the mappings that there are now, and believes nothing of those that it cannot prove to have watched since the last
 * look: they count as written.
 */
final class TrackedSpace implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(TrackedSpace.class);

    private final int pid;
    private final PageSpace space;

    /** Null where it came too late to be watched: then it was only ever looked at while it stood still. */
    private @Nullable WriteTracker tracker;

    /** Mappings that travel, as of the last look. */
    private final RangeSet mapped = new RangeSet();

    /** What the target has, right or overtaken. */
    private final RangeSet sent = new RangeSet();

    /** What must be sent: written since it was sent, or never sent. */
    private final RangeSet pending = new RangeSet();

    private final PageHashes hashes = new PageHashes();
    private long stoppedNanos;

    private TrackedSpace(int pid, PageSpace space, @Nullable WriteTracker tracker) {
        this.pid = pid;
        this.space = space;
        this.tracker = tracker;
        this.stoppedNanos = tracker == null ? 0 : tracker.stoppedNanos();
    }

    /** Begins to watch a process that runs. */
    static TrackedSpace watching(int pid, PageSpace space) throws IOException {
        return new TrackedSpace(pid, space, WriteTracker.of(pid));
    }

    /** For a process that stands still and was never watched: all of it is pending at the first look. */
    static TrackedSpace unwatched(int pid, PageSpace space) {
        return new TrackedSpace(pid, space, null);
    }

    int pid() {
        return pid;
    }

    PageSpace space() {
        return space;
    }

    RangeSet pending() {
        return pending;
    }

    PageHashes hashes() {
        return hashes;
    }

    /** For how long one of its threads stood still so that this could begin. */
    long stoppedNanos() {
        return stoppedNanos;
    }

    /** These pages travel now; a write from here on makes them pending again. */
    void sending(List<Range> ranges) {
        pending.removeAll(ranges);
        sent.addAll(ranges);
    }

    /** What these pages hold need not travel; a write from here on makes them pending again. */
    long skip(List<Range> ranges) {
        if (tracker == null) {
            return 0; // nobody would see the write
        }
        long before = pending.bytes();
        pending.removeAll(ranges);
        return before - pending.bytes();
    }

    /** These pages could not be read. If they still exist, the next look will find them. */
    void missed(Range range) {
        pending.remove(range);
    }

    /** Whether all of {@code range} was looked at, so that whatever is in it has been or will be sent. */
    boolean holds(Range range) {
        return mapped.containsAll(range);
    }

    /** What the target has of it. */
    List<Range> held() {
        return sent.ranges();
    }

    /**
     * Looks at the process: what was written becomes pending.
     *
     * @param frozen it stands still: this is the last look, and nothing may be left to a next one
     * @return pages that the target has and that have no content any more: they read as zero
     * @throws LinuxException ESRCH or ENOENT if the process is gone
     */
    List<Range> look(boolean frozen) throws IOException {
        if (tracker != null) {
            tracker.refresh();
        }
        mapped.clear();
        RangeSet content = new RangeSet();
        try (Pagemap pagemap = Pagemap.of(pid)) {
            for (Procfs.Mapping mapping : Procfs.maps(pid)) {
                if (travels(mapping)) {
                    Range range = new Range(mapping.start(), mapping.end());
                    mapped.add(range);
                    look(range, frozen, content, pagemap);
                }
            }
        }
        RangeSet gone = new RangeSet(sent);
        gone.removeAll(content.ranges());
        sent.removeAll(gone.ranges());
        hashes.forget(gone);
        retainIn(content);
        return gone.ranges();
    }

    private void look(Range range, boolean frozen, RangeSet content, Pagemap pagemap) throws IOException {
        List<Range> written = written(range, frozen);
        RangeSet populated = new RangeSet();
        populated.addAll(pagemap.populated(range));
        content.addAll(populated.ranges());
        if (written != null) {
            for (Range part : written) {
                pending.addAll(populated.within(part));
            }
        } else if (frozen) {
            pending.addAll(populated.ranges()); // not watched: all of it, once, now that it does not change
        }
    }

    /** Null if the mapping cannot be watched, or is being changed just now. */
    private @Nullable List<Range> written(Range range, boolean frozen) throws IOException {
        WriteTracker watching = tracker;
        if (watching == null) {
            return null;
        }
        Optional<List<Range>> written = watching.takeWritten(range);
        if (written.isPresent() || frozen) {
            return written.orElse(null);
        }
        return cover(watching, range).takeWritten(range).orElse(null);
    }

    /** Best effort: what could not be covered is not covered at the next look either. */
    private WriteTracker cover(WriteTracker watching, Range range) throws IOException {
        try {
            var _ = watching.cover(range);
            return watching;
        } catch (LinuxException e) {
            if (e.errno() != Errno.ESRCH) {
                throw e;
            }
            // It has replaced its memory by exec, or is gone; a tracker belongs to one memory.
            LOG.debug("pid={} has another memory now", pid);
            WriteTracker fresh = WriteTracker.of(pid);
            watching.close();
            tracker = fresh;
            stoppedNanos = Math.max(stoppedNanos, fresh.stoppedNanos());
            var _ = fresh.cover(range);
            return fresh;
        }
    }

    private void retainIn(RangeSet content) {
        RangeSet kept = new RangeSet();
        for (Range range : pending.ranges()) {
            kept.addAll(content.within(range));
        }
        pending.clear();
        pending.addAll(kept.ranges());
    }

    /**
     * Private memory without a file behind it, which a restore can be made to leave out; and readable, because reading is how
     * it travels. All other memory stays with the checkpoint engine.
     */
    private static boolean travels(Procfs.Mapping mapping) {
        String path = mapping.path();
        boolean special = path.startsWith("[v") || path.equals("[uprobes]");
        return mapping.anonymous()
                && !mapping.shared()
                && mapping.permissions().charAt(0) == 'r'
                && !special
                && !path.startsWith("/");
    }

    /** Ends the watching. The kernel lifts its protection page by page, which takes a while for much memory. */
    @Override
    public void close() {
        if (tracker != null) {
            tracker.close();
        }
    }
}
