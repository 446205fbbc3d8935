package norikae.transfer.memory;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.NavigableSet;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.BooleanSupplier;
import norikae.linux.MissingPages;
import norikae.linux.MissingPages.Event;
import norikae.linux.MissingPages.Filled;
import norikae.linux.ProcessMemory;
import norikae.linux.ProcessMemory.Range;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One process that is being filled. Thread-safe.
 *
 * <p>Pages are put in under the read lock. Events are read under the write lock, together with what they mean for the store:
 * a process that gives pages back goes on as soon as its event is read, and must not get the old ones put in again.
 */
final class FilledProcess {

    private static final Logger LOG = LoggerFactory.getLogger(FilledProcess.class);
    private static final long PAGE = ProcessMemory.PAGE_BYTES;

    /** With the page that is waited for come its neighbours. */
    private static final long FAULT_BYTES = 16 * PAGE;

    private static final long ZERO_BYTES = 64 * PAGE;

    /** So long a fault may have to wait for the lock, in bytes. */
    private static final long FILL_BYTES = 64 * PAGE;

    private static final long RETRY_NANOS = 100_000_000;

    private static final Duration GLANCE = Duration.ofMillis(20);

    private final MissingPages missing;
    private final StoredSpace space;
    private final Forks forks;
    private final Elsewhere elsewhere;
    private final ReadWriteLock lock = new ReentrantReadWriteLock();
    private final Deque<Long> waiting = new ArrayDeque<>(); // only of the serving thread
    private final NavigableSet<Long> awaited = new ConcurrentSkipListSet<>(); // pages that are still elsewhere
    private final AtomicLong faults = new AtomicLong();
    private volatile boolean gone;
    private volatile boolean letGo;

    /** Takes over a child that was forked while pages were missing. */
    interface Forks {
        void forked(MissingPages child, StoredSpace parent) throws IOException;
    }

    /** Pages that are still on another node. */
    interface Elsewhere {

        /** A thread waits for these pages of that process: they come first. Returns at once. */
        void hurry(long origin, Range range);
    }

    FilledProcess(MissingPages missing, StoredSpace space, Forks forks, Elsewhere elsewhere) {
        this.elsewhere = elsewhere;
        this.missing = missing;
        this.space = space;
        this.forks = forks;
    }

    MissingPages missing() {
        return missing;
    }

    StoredSpace space() {
        return space;
    }

    long faults() {
        return faults.get();
    }

    boolean done() {
        return gone || space.isEmpty();
    }

    /** Answers faults and follows changes until {@code end} says so. */
    void serve(BooleanSupplier end) {
        while (!end.getAsBoolean() && !gone) {
            try {
                if (missing.await(waiting.isEmpty() ? GLANCE : Duration.ZERO)) {
                    follow();
                }
                for (int i = waiting.size(); i > 0; i--) {
                    answer(waiting.element());
                    waiting.remove();
                }
            } catch (IOException | RuntimeException e) {
                if (!end.getAsBoolean()) {
                    LOG.error("process {} waits for memory that cannot be put in; trying again", space.id(), e);
                    LockSupport.parkNanos(RETRY_NANOS);
                }
            }
        }
    }

    /** Events are told once: one that cannot be followed must not lose those that came with it. */
    private void follow() throws IOException {
        IOException failure = null;
        lock.writeLock().lock();
        try {
            for (Event event : missing.events()) {
                try {
                    follow(event);
                } catch (IOException e) {
                    failure = e;
                }
            }
        } finally {
            lock.writeLock().unlock();
        }
        if (failure != null) {
            throw failure;
        }
    }

    private void follow(Event event) throws IOException {
        switch (event) {
            case Event.Fault fault -> waiting.add(fault.address());
            case Event.Gone removed -> space.discard(removed.range());
            case Event.Moved moved -> {
                awaitArrived(moved.from());
                space.move(moved.from(), moved.to());
            }
            case Event.Forked child -> forks.forked(child.child(), space);
        }
    }

    /** What is to come, comes under its old address. An event that was read cannot be put back: so this has no end. */
    private void awaitArrived(Range range) {
        try {
            for (Range part : space.promisedWithin(range)) {
                elsewhere.hurry(space.origin(), part);
            }
            while (!space.awaitArrived(range, GLANCE) && !letGo) {
                // until it is here, or the process is to be killed
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Pages have come from elsewhere; those that somebody waits for are put in at once, the others are the fillers' work. */
    void arrived(long address, ByteBuffer data) throws IOException {
        for (Range piece : space.arrived(address, data)) {
            var waitedFor = awaited.subSet(piece.start(), piece.end());
            try {
                if (!waitedFor.isEmpty() && lock.readLock().tryLock()) {
                    try {
                        boolean _ = fill(piece);
                    } finally {
                        lock.readLock().unlock();
                    }
                }
            } finally {
                waitedFor.clear();
                space.release(piece);
            }
        }
    }

    private void answer(long page) throws IOException {
        faults.incrementAndGet();
        if (space.promises(page)) {
            awaited.add(page);
            elsewhere.hurry(
                    space.origin(), new Range(page, page + PAGE)); // what comes is put in, which wakes the thread
            return;
        }
        lock.readLock().lock();
        try {
            Range stored = space.at(page, FAULT_BYTES);
            Filled filled =
                    stored == null ? missing.zero(page, PAGE) : missing.copy(page, space.file(), page, stored.bytes());
            if (stored != null) {
                space.used(new Range(page, page + filled.bytes()));
            }
            switch (filled.ending()) {
                case DONE -> {
                    if (stored == null) {
                        zeroAround(page + PAGE);
                    }
                }
                case EXISTS -> {
                    if (filled.bytes() == 0) {
                        missing.wake(new Range(page, page + PAGE));
                        space.used(new Range(page, page + PAGE));
                    }
                }
                case UNMAPPED -> {
                    if (filled.bytes() == 0 && stored != null) {
                        single(page);
                    }
                }
                case CHANGING -> {
                    if (filled.bytes() == 0) {
                        waiting.add(page);
                    }
                }
                case ENDED -> end();
            }
        } finally {
            lock.readLock().unlock();
        }
    }

    /** The neighbours may be of another mapping: then this page alone. */
    private void single(long page) throws IOException {
        Filled filled = missing.copy(page, space.file(), page, PAGE);
        switch (filled.ending()) {
            case DONE, UNMAPPED -> space.used(new Range(page, page + PAGE));
            case EXISTS -> {
                missing.wake(new Range(page, page + PAGE));
                space.used(new Range(page, page + PAGE));
            }
            case CHANGING -> waiting.add(page);
            case ENDED -> end();
        }
    }

    /** A process that asks for one empty page is likely to go on with the next: an allocator's fresh memory. */
    private void zeroAround(long from) throws IOException {
        long bytes = space.gap(from, ZERO_BYTES);
        if (bytes > 0) {
            var _ = missing.zero(from, bytes);
        }
    }

    /** Puts one piece in. @return false if there was nothing to do, or the process was busy */
    boolean fillSome() throws IOException {
        if (done()) {
            return false;
        }
        lock.readLock().lock();
        try {
            Range piece = space.claim(FILL_BYTES);
            if (piece == null) {
                return false;
            }
            try {
                return fill(piece);
            } finally {
                space.release(piece);
            }
        } finally {
            lock.readLock().unlock();
        }
    }

    private boolean fill(Range piece) throws IOException {
        long at = piece.start();
        long length = piece.bytes();
        while (at < piece.end()) {
            length = Math.min(length, piece.end() - at);
            Filled filled = missing.copy(at, space.file(), at, length);
            space.used(new Range(at, at + filled.bytes()));
            at += filled.bytes();
            switch (filled.ending()) {
                case DONE -> {}
                case EXISTS -> {
                    space.used(new Range(at, at + PAGE));
                    at += PAGE;
                }
                case UNMAPPED -> {
                    // Two mappings side by side cannot be filled in one go; a page of its own can, or is of none.
                    if (length > PAGE) {
                        length = Math.max(length / 2 & -PAGE, PAGE);
                    } else {
                        space.used(new Range(at, at + PAGE));
                        at += PAGE;
                    }
                }
                case CHANGING -> {
                    return false;
                }
                case ENDED -> {
                    end();
                    return true;
                }
            }
        }
        return true;
    }

    private void end() {
        gone = true;
        space.forget();
    }

    /** Nothing is missing any more: the kernel alone looks after its memory. */
    synchronized void letGo() {
        if (!letGo) {
            letGo = true;
            lock.writeLock().lock();
            try {
                missing.close();
            } finally {
                lock.writeLock().unlock();
            }
        }
    }

    void close() {
        letGo();
        space.close();
    }
}
