package norikae.transfer.memory;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import norikae.linux.LinuxException;
import norikae.linux.PageFile;
import norikae.linux.ProcessMemory.Range;
import org.jspecify.annotations.Nullable;

/** One process's pages. Thread-safe; guarded by its monitor, which {@link LazyFill} holds over steps of its own. */
final class StoredSpace implements AutoCloseable {

    /** So many of the pieces that came last are remembered: what was written last is likely to be needed first. */
    private static final int RECENT_PIECES = 4_096;

    private static final int COPY_BYTES = 1 << 20;

    private final long id;
    private final long origin;
    private final PageFile file;
    private final RangeSet present = new RangeSet();

    /** What is present and nobody is about to put in. */
    private final RangeSet idle = new RangeSet();

    private final PromisedPages promised;
    private final Deque<Range> recent = new ArrayDeque<>();

    private StoredSpace(long id, long origin, PageFile file) {
        this.id = id;
        this.origin = origin;
        this.file = file;
        this.promised = new PromisedPages(file);
    }

    static StoredSpace create(String name, long id) throws LinuxException {
        return new StoredSpace(id, id, PageFile.create(name));
    }

    /**
     * What an earlier life of this agent has left of one.
     *
     * @param origin the process whose memory it had at first; its own id unless it was forked later
     */
    static StoredSpace adopt(long id, long origin, PageFile file) throws LinuxException {
        StoredSpace space = new StoredSpace(id, origin, file);
        long at = 0;
        for (Range next = file.next(at); next != null && next.start() < PromisedPages.MARKS_AT; next = file.next(at)) {
            space.add(next);
            at = next.end();
        }
        space.promised.adopt();
        for (Range here : space.present.ranges()) {
            space.promised.remove(here); // it had come, and was not noted any more
        }
        return space;
    }

    long id() {
        return id;
    }

    /** The process on the other node whose memory this was. */
    long origin() {
        return origin;
    }

    PageFile file() {
        return file;
    }

    /** Returns how many bytes were not there before. */
    synchronized long put(long address, ByteBuffer data) throws IOException {
        Range range = new Range(address, address + data.remaining());
        long before = present.bytes();
        try {
            file.write(address, data);
        } catch (LinuxException e) {
            throw PageStore.explained(e);
        }
        add(range);
        if (recent.size() == RECENT_PIECES) {
            recent.removeFirst();
        }
        recent.addLast(range);
        return present.bytes() - before;
    }

    /** What these pages hold will come later; what is here of them is overtaken. */
    synchronized void promise(Range range) throws LinuxException {
        discard(range);
        promised.add(range);
    }

    /** Takes what was promised and has come. Returns what of it is still wanted; it is the caller's until it is released. */
    synchronized List<Range> arrived(long address, ByteBuffer data) throws IOException {
        List<Range> wanted = promised.within(new Range(address, address + data.remaining()));
        for (Range part : wanted) {
            try {
                file.write(
                        part.start(), data.slice(data.position() + (int) (part.start() - address), (int) part.bytes()));
            } catch (LinuxException e) {
                throw PageStore.explained(e);
            }
            add(part);
            promised.remove(part);
            idle.remove(part);
        }
        notifyAll();
        return wanted;
    }

    synchronized boolean promises(long page) {
        return promised.contains(page);
    }

    synchronized List<Range> promisedWithin(Range range) {
        return promised.within(range);
    }

    /** What is still to come. */
    synchronized List<Range> promised() {
        return promised.ranges();
    }

    /** Waits until nothing of it is to come any more; false if the time is over before. */
    synchronized boolean awaitArrived(Range range, Duration patience) throws InterruptedException {
        long deadline = System.nanoTime() + patience.toNanos();
        while (!promised.within(range).isEmpty()) {
            long left = deadline - System.nanoTime();
            if (left <= 0) {
                return false;
            }
            TimeUnit.NANOSECONDS.timedWait(this, left);
        }
        return true;
    }

    synchronized void discard(Range range) throws LinuxException {
        promised.remove(range);
        for (Range part : present.within(range)) {
            remove(part);
            giveBack(part);
        }
    }

    /** The pages were put into the process, or will never be asked for. */
    synchronized void used(Range range) throws LinuxException {
        remove(range);
        giveBack(range);
    }

    private void add(Range range) {
        present.add(range);
        idle.add(range);
    }

    private void remove(Range range) {
        present.remove(range);
        idle.remove(range);
    }

    private void giveBack(Range range) throws LinuxException {
        if (range.bytes() > 0) {
            file.discard(range.start(), range.bytes());
        }
    }

    /**
     * A child misses the same pages, and goes its own ways with them from now on: it gets a copy. To share one file would not
     * do, for either may move its mappings, and then the same address means different pages to them.
     */
    synchronized StoredSpace fork(String name, long childId) throws LinuxException {
        StoredSpace child = new StoredSpace(childId, origin, PageFile.create(name));
        try {
            for (Range part : present.ranges()) {
                copy(part, child, part.start());
            }
            for (Range part : promised.ranges()) {
                child.promised.add(part);
            }
            return child;
        } catch (LinuxException | RuntimeException e) {
            child.close();
            throw e;
        }
    }

    private void copy(Range part, StoredSpace into, long to) throws LinuxException {
        ByteBuffer buffer = ByteBuffer.allocateDirect((int) Math.min(COPY_BYTES, part.bytes()));
        for (long at = part.start(); at < part.end(); at += buffer.capacity()) {
            buffer.clear().limit((int) Math.min(buffer.capacity(), part.end() - at));
            file.read(at, buffer);
            into.file.write(to + at - part.start(), buffer.flip());
        }
        into.add(new Range(to, to + part.bytes()));
    }

    /** The mapping has moved, and its pages with it. */
    synchronized void move(Range from, long to) throws LinuxException {
        discard(new Range(to, to + from.bytes()));
        for (Range part : present.within(from)) {
            copy(part, this, to + part.start() - from.start());
            used(part);
        }
    }

    /** What is there around {@code address}, from it on and at most {@code bytes} long; null if it is not there. */
    synchronized @Nullable Range at(long address, long bytes) {
        Range range = present.from(address);
        if (range == null || range.start() != address) {
            return null;
        }
        return new Range(address, Math.min(range.end(), address + bytes));
    }

    /** How far from {@code address} on nothing is there, at most {@code bytes}. */
    synchronized long gap(long address, long bytes) {
        long gap = bytes;
        for (Range next : Arrays.asList(present.from(address), promised.from(address))) {
            gap = next == null ? gap : Math.min(gap, next.start() - address);
        }
        return gap;
    }

    /**
     * What to put in next: what came last first, then the rest in order; null if nothing is left that nobody else is busy with.
     * It is the caller's until he {@linkplain #release releases} it.
     */
    synchronized @Nullable Range claim(long bytes) {
        Range piece = next(bytes);
        if (piece != null) {
            idle.remove(piece);
        }
        return piece;
    }

    /** Leaves what is still there of a claimed piece to whoever comes next. */
    synchronized void release(Range piece) {
        idle.addAll(present.within(piece));
    }

    private @Nullable Range next(long bytes) {
        while (true) {
            Range latest = recent.pollLast();
            if (latest == null) {
                break;
            }
            Range part = idle.within(latest).stream().findFirst().orElse(null);
            if (part != null) {
                if (part.end() < latest.end()) {
                    recent.addLast(new Range(part.end(), latest.end()));
                }
                long end = Math.min(part.end(), part.start() + bytes);
                if (end < part.end()) {
                    recent.addLast(new Range(end, part.end()));
                }
                return new Range(part.start(), end);
            }
        }
        Range first = idle.from(0);
        return first == null ? null : new Range(first.start(), Math.min(first.end(), first.start() + bytes));
    }

    synchronized boolean isEmpty() {
        return present.isEmpty() && promised.isEmpty();
    }

    synchronized long bytes() {
        return present.bytes() + promised.bytes();
    }

    /** The process is gone. */
    synchronized void forget() {
        present.clear();
        idle.clear();
        promised.clear();
        recent.clear();
        notifyAll();
    }

    @Override
    public synchronized void close() {
        forget();
        file.close();
    }
}
