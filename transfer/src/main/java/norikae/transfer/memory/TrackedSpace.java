package norikae.transfer.memory;

import java.io.IOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
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

    private static final Duration STOP_PATIENCE = Duration.ofMillis(50);

    private final int pid;
    private final PageSpace space;
    private final Mappings kernel;

    /** Null where it came too late to be watched: then it was only ever looked at while it stood still. */
    private @Nullable WriteTracker tracker;

    private boolean allPending;

    /** Mappings that travel, as of the last look. */
    private final RangeSet mapped = new RangeSet();

    /** What the target has, right or overtaken. */
    private final RangeSet sent = new RangeSet();

    /** What must be sent: written since it was sent, or never sent. */
    private final RangeSet pending = new RangeSet();

    /** Of these nobody knows any more what the target has: they must be sent if they have content. */
    private final RangeSet unsure = new RangeSet();

    /** Had content when the watching began that need not travel. */
    private final RangeSet skipped = new RangeSet();

    private final PageHashes hashes = new PageHashes();

    /** Mappings that the kernel did not let us watch: not now, as somebody else still did, or not at all. */
    private final Set<Range> refusedOnce = new HashSet<>();

    private final Set<Range> refused = new HashSet<>();

    private long stoppedNanosBefore;

    /** Lists a process's mappings, which may be others already when the list is read. */
    interface Mappings {
        List<Procfs.Mapping> of(int pid) throws IOException;
    }

    private TrackedSpace(int pid, PageSpace space, Mappings kernel, @Nullable WriteTracker tracker) {
        this.pid = pid;
        this.space = space;
        this.kernel = kernel;
        this.tracker = tracker;
    }

    /** Begins to watch a process that runs. */
    static TrackedSpace watching(int pid, PageSpace space) throws IOException {
        return watching(pid, space, Procfs::maps);
    }

    static TrackedSpace watching(int pid, PageSpace space, Mappings kernel) throws IOException {
        return new TrackedSpace(pid, space, kernel, WriteTracker.of(pid));
    }

    /**
     * For a process that is not watched: all of it is pending when it stands still.
     *
     * @param always at every look before, too
     */
    static TrackedSpace unwatched(int pid, PageSpace space, boolean always) {
        TrackedSpace unwatched = new TrackedSpace(pid, space, Procfs::maps, null);
        unwatched.allPending = always;
        return unwatched;
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

    /** For how long at a time, at most, it stood still so that its writes could be seen. */
    long stoppedNanos() {
        return Math.max(stoppedNanosBefore, tracker == null ? 0 : tracker.stoppedNanos());
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
        skipped.addAll(ranges);
        return before - pending.bytes();
    }

    /** These pages could not be read. If they can be at the next look, they are pending again. */
    void missed(Range range) {
        pending.remove(range);
        unsure.add(range);
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
        Set<Range> watched = frozen ? lookAtRest(content) : lookInMotion(content);
        for (Range range : unsure.ranges()) {
            pending.addAll(content.within(range));
        }
        unsure.clear();
        RangeSet never = neverSent(content);
        for (Range mapping : watched) {
            pending.addAll(never.within(mapping));
        }
        RangeSet gone = new RangeSet(sent);
        gone.removeAll(content.ranges());
        sent.removeAll(gone.ranges());
        hashes.forget(gone);
        retainIn(content);
        return gone.ranges();
    }

    /** While the process runs. @return mappings that were watched since the last look */
    private Set<Range> lookInMotion(RangeSet content) throws IOException {
        RangeSet written = new RangeSet();
        Set<Range> watched = new HashSet<>();
        List<Range> mappings = mappings();
        take(mappings, watched, written);
        if (tracker != null && !refused.containsAll(without(mappings, watched))) {
            take(cover(watched), watched, written);
            mappings = mappings();
        }
        try (Pagemap pagemap = Pagemap.of(pid)) {
            for (Range mapping : mappings) {
                mapped.add(mapping);
                List<Range> populated = pagemap.populated(mapping);
                content.addAll(populated);
                if (allPending && !watched.contains(mapping)) {
                    pending.addAll(populated);
                }
            }
        }
        for (Range range : written.ranges()) {
            pending.addAll(content.within(range));
        }
        return watched;
    }

    /**
     * The process stands still: this is the last look, and the shortest. Nothing is reset any more, which spares one walk
     * through its page tables, and the memory map is free for others the sooner.
     */
    private Set<Range> lookAtRest(RangeSet content) throws IOException {
        Set<Range> watched = new HashSet<>();
        WriteTracker watching = tracker;
        try (Pagemap pagemap = Pagemap.of(pid)) {
            for (Range mapping : mappings()) {
                mapped.add(mapping);
                Optional<Pagemap.Content> seen = watching == null ? Optional.empty() : watching.content(mapping);
                if (seen.isPresent()) {
                    watched.add(mapping);
                    content.addAll(seen.get().populated());
                    pending.addAll(seen.get().written());
                } else {
                    List<Range> populated = pagemap.populated(mapping);
                    content.addAll(populated);
                    pending.addAll(populated); // not watched: all of it, once, now that it does not change
                }
            }
        }
        return watched;
    }

    /** The mappings that travel, as they are at this moment. */
    private List<Range> mappings() throws IOException {
        return kernel.of(pid).stream()
                .filter(TrackedSpace::travels)
                .map(TrackedSpace::rangeOf)
                .toList();
    }

    private static Range rangeOf(Procfs.Mapping mapping) {
        return new Range(mapping.start(), mapping.end());
    }

    private static List<Range> without(List<Range> ranges, Set<Range> some) {
        return ranges.stream().filter(range -> !some.contains(range)).toList();
    }

    /** A mapping may have been overlooked before, when the kernel's list of them changed while it was read. */
    private RangeSet neverSent(RangeSet content) {
        RangeSet never = new RangeSet(content);
        never.removeAll(sent.ranges());
        never.removeAll(skipped.ranges());
        return never;
    }

    /**
     * What was written in mappings that are watched. The others have nothing to tell; but a mapping of which only a part is
     * watched, because it is another one than a moment ago, may have been asked for that part, and its answer is lost.
     */
    private void take(List<Range> mappings, Set<Range> watched, RangeSet written) throws IOException {
        WriteTracker watching = tracker;
        if (watching == null) {
            return;
        }
        for (Range mapping : mappings) {
            Optional<List<Range>> parts = watching.takeWritten(mapping);
            if (parts.isPresent()) {
                watched.add(mapping);
                written.addAll(parts.get());
            } else {
                written.addAll(sent.within(mapping));
            }
        }
    }

    /** Best effort: what could not be covered now is tried again at the next look. @return what was covered */
    private List<Range> cover(Set<Range> watched) throws IOException {
        Set<Range> asked = new HashSet<>();
        Predicate<Procfs.Mapping> fresh =
                mapping -> travels(mapping) && !watched.contains(rangeOf(mapping)) && asked.add(rangeOf(mapping));
        List<Range> covered;
        try {
            covered = coverAll(fresh);
        } catch (LinuxException e) {
            if (e.errno() != Errno.EBUSY) {
                throw e;
            }
            LOG.debug("pid={} is not watched everywhere yet: {}", pid, e.getMessage());
            return List.of();
        }
        asked.removeAll(Set.copyOf(covered));
        for (Range mapping : asked) {
            if (!refusedOnce.add(mapping)) {
                refused.add(mapping);
            }
        }
        return covered;
    }

    private List<Range> coverAll(Predicate<Procfs.Mapping> which) throws IOException {
        WriteTracker watching = Objects.requireNonNull(tracker);
        try {
            return watching.coverAll(which, STOP_PATIENCE);
        } catch (LinuxException e) {
            if (e.errno() != Errno.ESRCH) {
                throw e;
            }
            // It has replaced its memory by exec, or is gone; a tracker belongs to one memory.
            LOG.debug("pid={} has another memory now", pid);
            WriteTracker fresh = WriteTracker.of(pid);
            stoppedNanosBefore = stoppedNanos();
            watching.close();
            tracker = fresh;
            return fresh.coverAll(which, STOP_PATIENCE);
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
