package norikae.fencing.pill;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A server's eye on its own mailboxes, one on each pill disk. It reads each every loop; an order, or the loss of the disks, is
 * told once, and from then on {@link #mayFeed} is false for ever.
 *
 * <p>Disks count as lost when fewer than a quorum could be read for the header's watchdog time, or at once when header or slot
 * have changed. Each disk has a thread of its own, because a disk that hangs keeps it; thread-safe.
 */
public final class PillWatcher implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(PillWatcher.class);
    private static final long LOOKS_PER_SECOND = 10;

    /** Told at most once between them, on a thread that may be kept. */
    public interface Listener {

        /**
         * This server must stop.
         *
         * @param order one that {@link PillMessage#stopsTheServer}
         */
        void ordered(PillMessage order, String from);

        /** Nobody can reach this server by its disks any more, so it must stop. */
        void diskLost(String why);
    }

    /** What becomes of an order that lies in the mailbox when watching begins. */
    public enum Leftover {
        /** The server has booted since it watched last: the order was for its earlier life, and is cleared. */
        CLEAR,
        /** Only the agent is new; the server still has to stop. */
        OBEY
    }

    private final List<MailboxReader> readers;
    private final Listener listener;
    private final Pace pace;
    private final AtomicBoolean told = new AtomicBoolean();
    private volatile boolean closed;

    private PillWatcher(List<MailboxReader> readers, Listener listener, Pace pace) {
        this.readers = readers;
        this.listener = listener;
        this.pace = pace;
    }

    /**
     * Begins to watch; takes a slot on each disk if the server has none.
     *
     * @param watchdogTimeout of the armed watchdog of this server; refused if it is longer than the disks' headers allow
     * @param patience within which a quorum of disks must have been read for the first time
     * @throws IOException if it was not, with the reason of each disk
     */
    public static PillWatcher start(
            List<Path> disks,
            String node,
            Duration watchdogTimeout,
            Leftover leftover,
            Listener listener,
            Duration patience)
            throws IOException, InterruptedException {
        return start(disks, node, watchdogTimeout, leftover, listener, patience, Sectors::raw, Pace.REAL);
    }

    static PillWatcher start(
            List<Path> disks,
            String node,
            Duration watchdogTimeout,
            Leftover leftover,
            Listener listener,
            Duration patience,
            Sectors.Opener opener,
            Pace pace)
            throws IOException, InterruptedException {
        if (disks.isEmpty()) {
            throw new IllegalArgumentException("no disk is named");
        }
        List<MailboxReader> readers = disks.stream()
                .map(disk -> new MailboxReader(disk, node, watchdogTimeout, leftover, opener, pace))
                .toList();
        PillWatcher watcher = new PillWatcher(readers, listener, pace);
        readers.forEach(reader -> reader.start(watcher::ordered));
        if (!watcher.awaitFirstLook(patience)) {
            watcher.close();
            throw new IOException("too few of the pill disks can be watched: " + watcher.problems());
        }
        readers.forEach(MailboxReader::obeyFromNowOn);
        Thread.ofPlatform().daemon().name("pill-watch").start(watcher::guard);
        return watcher;
    }

    private boolean awaitFirstLook(Duration patience) throws InterruptedException {
        long deadline = System.nanoTime() + patience.toNanos();
        while (!hasQuorum() && !told.get()) {
            // Those that can never be read need not be waited for.
            long hopeful =
                    readers.stream().filter(reader -> !reader.isCondemned()).count();
            if (System.nanoTime() - deadline > 0 || !Quorum.ofReaders((int) hopeful, readers.size())) {
                return false;
            }
            Thread.sleep(pace.second().dividedBy(LOOKS_PER_SECOND));
        }
        return true;
    }

    /**
     * Whether this server may feed its watchdog, as far as the disks go: no order has come, and they were read lately. It is
     * worked out from the clock by whoever asks, so no thread that is stuck can make it come out true.
     */
    public boolean mayFeed() {
        return !told.get() && hasQuorum();
    }

    private boolean hasQuorum() {
        long now = System.nanoTime();
        long good = readers.stream().filter(reader -> reader.isFresh(now)).count();
        return Quorum.ofReaders((int) good, readers.size());
    }

    private String problems() {
        return readers.stream().map(MailboxReader::problem).collect(Collectors.joining("; "));
    }

    private void ordered(PillMessage order, String from) {
        if (!closed && !told.getAndSet(true)) {
            LOG.error("poison pill: {} from {}", order.word(), from);
            listener.ordered(order, from);
        }
    }

    private void guard() {
        while (!closed && !told.get()) {
            if (!hasQuorum() && !told.getAndSet(true)) {
                String why = "pill disks lost: " + problems();
                LOG.error("{}", why);
                listener.diskLost(why);
                return;
            }
            LockSupport.parkNanos(pace.second().toNanos() / LOOKS_PER_SECOND);
        }
    }

    /** The slot on each disk that has been read so far. */
    public List<PillSlot> slots() {
        return readers.stream()
                .map(MailboxReader::slot)
                .flatMap(Optional::stream)
                .toList();
    }

    /** Stops watching; orders are then read by nobody, so no service may run here any more. */
    @Override
    public void close() {
        closed = true;
        readers.forEach(MailboxReader::end);
    }
}
