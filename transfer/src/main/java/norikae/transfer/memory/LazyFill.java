package norikae.transfer.memory;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import norikae.linux.MissingPages;
import norikae.linux.ProcessMemory.Range;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts the pages of a {@link PageStore} into rebuilt processes: those that they wait for first, then those that were written
 * last, then the rest. When nothing is left, {@link #close} makes their memory ordinary.
 *
 * <p>Thread-safe. {@link #attach} as many processes as there are; {@link #answer} once the store is complete, and not before,
 * because a later page could still replace an earlier one; {@link #fillAll} once all processes are attached.
 */
public final class LazyFill implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(LazyFill.class);
    private static final int FILLERS = 2;
    private static final long IDLE_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

    private final String name;
    private final PageStore store;
    private final Keeper keeper;
    private final List<FilledProcess> processes = new CopyOnWriteArrayList<>();
    private final List<Thread> threads = new CopyOnWriteArrayList<>();
    private final List<MissingPages> waitingForEver = new CopyOnWriteArrayList<>();

    /** A child is born between two arrivals, never during one: it would not get what its parent gets. */
    private final Object family = new Object();

    private final CountDownLatch drained = new CountDownLatch(1);
    private final AtomicInteger children = new AtomicInteger();
    private volatile @Nullable Elsewhere elsewhere;
    private volatile boolean started;
    private volatile boolean closed;
    private long bytesAtStart;

    /** Holds what must outlive this program, or the kernel would fill with zeros what is still missing. */
    public interface Keeper {

        /** From here on somebody else holds both as well. */
        void keep(long process, long origin, MissingPages missing, norikae.linux.PageFile pages) throws IOException;
    }

    public LazyFill(String name, PageStore store, Keeper keeper) {
        this.name = name;
        this.store = store;
        this.keeper = keeper;
    }

    /**
     * A process whose memory is missing.
     *
     * @param process its PID inside its namespace
     * @param missing belongs to this object from now on
     */
    public void attach(long process, MissingPages missing) throws IOException {
        attach(new FilledProcess(missing, store.space(process), this::forked, this::hurry));
    }

    /** One that an earlier life of this program was filling: what it did not get to is all in {@code pages}. */
    public void adopt(long process, long origin, MissingPages missing, norikae.linux.PageFile pages)
            throws IOException {
        children.accumulateAndGet((int) -process, Math::max);
        // it is kept already
        enter(new FilledProcess(missing, StoredSpace.adopt(process, origin, pages), this::forked, this::hurry));
    }

    private void attach(FilledProcess process) throws IOException {
        keeper.keep(
                process.space().id(),
                process.space().origin(),
                process.missing(),
                process.space().file());
        enter(process);
    }

    private synchronized void enter(FilledProcess process) {
        processes.add(process);
        if (started) {
            serve(process);
        }
    }

    /** A process has a child that misses the same pages. Children have negative numbers of our own. */
    private void forked(MissingPages child, StoredSpace parent) throws IOException {
        synchronized (family) {
            long id = -children.incrementAndGet();
            FilledProcess process;
            try {
                process = new FilledProcess(child, parent.fork(name + id, id), this::forked, this::hurry);
            } catch (IOException e) {
                waitingForEver.add(child); // if it were closed, the child would read zeros where it should wait
                throw e;
            }
            try {
                keeper.keep(
                        id, parent.origin(), process.missing(), process.space().file());
            } catch (IOException e) {
                LOG.warn("{}: a forked process would not survive this agent's death now: {}", name, e.getMessage());
            }
            enter(process);
        }
    }

    /** The store is complete: answers faults from now on. */
    public synchronized void answer() {
        started = true;
        processes.forEach(this::serve);
    }

    /** All processes are attached, and their mappings are there: fills, besides answering. */
    public void fillAll() {
        bytesAtStart = bytesLeft();
        for (int i = 0; i < FILLERS; i++) {
            threads.add(
                    Thread.ofPlatform().daemon().name("fill-" + name + "-" + i).start(this::fill));
        }
    }

    private void serve(FilledProcess process) {
        threads.add(Thread.ofPlatform()
                .daemon()
                .name("faults-" + name + "-" + process.space().id())
                .start(() -> process.serve(() -> closed)));
    }

    private void fill() {
        try {
            while (!closed) {
                boolean worked = false;
                boolean left = false;
                for (FilledProcess process : processes) {
                    if (closed) {
                        return;
                    }
                    worked |= process.fillSome();
                    left |= !process.done();
                }
                if (!left) {
                    drained.countDown();
                    return;
                }
                if (!worked) {
                    LockSupport.parkNanos(IDLE_NANOS);
                }
            }
        } catch (IOException | RuntimeException e) {
            LOG.error("{}: memory cannot be filled any more; faults are still answered", name, e);
        }
    }

    private void hurry(long origin, Range range) {
        Elsewhere where = elsewhere;
        if (where != null) {
            where.hurry(origin, range);
        }
    }

    /** Whom to ask for pages that were promised and are waited for; set it before {@link #answer}. */
    public void comesFrom(Elsewhere where) {
        elsewhere = where;
    }

    /** Asks another node for pages. */
    @FunctionalInterface
    public interface Elsewhere {

        /** A thread waits for these pages of a process, named by its PID there; they should come first. Returns at once. */
        void hurry(long process, Range range);
    }

    /** What is still elsewhere, by process; empty once everything has come. */
    public Map<Long, List<Range>> promised() {
        Map<Long, RangeSet> all = new TreeMap<>();
        for (StoredSpace space : store.spaces()) { // also of those that are still to be attached
            all.computeIfAbsent(space.origin(), _ -> new RangeSet()).addAll(space.promised());
        }
        for (FilledProcess process : processes) {
            all.computeIfAbsent(process.space().origin(), _ -> new RangeSet())
                    .addAll(process.space().promised());
        }
        Map<Long, List<Range>> promised = new TreeMap<>();
        all.forEach((process, ranges) -> {
            if (!ranges.isEmpty()) {
                promised.put(process, ranges.ranges());
            }
        });
        return promised;
    }

    /** Pages have come from elsewhere. */
    public void arrived(long process, long address, ByteBuffer data) throws IOException {
        synchronized (family) {
            if (arrivedEarly(process, address, data)) {
                return;
            }
            for (FilledProcess one : processes) {
                if (one.space().origin() == process) {
                    one.arrived(address, data);
                }
            }
        }
    }

    /** One that is not attached yet has nobody who waits; its pages are stored like those that travelled before. */
    private synchronized boolean arrivedEarly(long process, long address, ByteBuffer data) throws IOException {
        if (processes.stream().anyMatch(one -> one.space().origin() == process)) {
            return false;
        }
        for (StoredSpace space : store.spaces()) {
            if (space.origin() == process) {
                space.arrived(address, data).forEach(space::release);
            }
        }
        return true;
    }

    /** How much is still to be filled. */
    public long bytesLeft() {
        return processes.stream().mapToLong(p -> p.space().bytes()).sum();
    }

    /** How much there was to fill. */
    public long bytesAtStart() {
        return bytesAtStart;
    }

    /** Faults that were answered. */
    public long faults() {
        return processes.stream().mapToLong(FilledProcess::faults).sum();
    }

    /** Waits until nothing is missing any more; false if the time is over before. */
    public boolean awaitDrained(long timeout, TimeUnit unit) throws InterruptedException {
        return drained.await(timeout, unit);
    }

    public boolean drained() {
        return drained.getCount() == 0;
    }

    /**
     * Ends the filling and frees everything. Processes that still miss pages, and are held by nobody else, get zeros: only for
     * processes that are dead, or have everything.
     */
    @Override
    public void close() {
        synchronized (this) {
            closed = true;
        }
        for (Thread thread : new ArrayList<>(threads)) {
            if (thread != Thread.currentThread()) {
                joinQuietly(thread);
            }
        }
        processes.forEach(FilledProcess::close);
        processes.clear();
        waitingForEver.forEach(MissingPages::close);
        store.close();
    }

    private static void joinQuietly(Thread thread) {
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
