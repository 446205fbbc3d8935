package norikae.fencing.pill;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads one mailbox on one disk, again and again, on a thread of its own that may hang. Thread-safe. */
final class MailboxReader {

    private static final Logger LOG = LoggerFactory.getLogger(MailboxReader.class);

    private final Path disk;
    private final String node;
    private final Duration watchdogTimeout;
    private final Sectors.Opener opener;
    private final Pace pace;

    private volatile @Nullable Look last;
    private volatile @Nullable PillSlot slot;
    private @Nullable PillHeader header;
    private volatile String problem;
    private volatile PillWatcher.Leftover leftover;
    private volatile boolean condemned;
    private volatile boolean ended;
    private volatile @Nullable Thread thread;

    /**
     * A look into the mailbox that went well and found no order.
     *
     * @param beganNanos what is written later it may not have seen
     * @param freshNanos how long it counts
     */
    private record Look(long beganNanos, long freshNanos) {}

    MailboxReader(
            Path disk,
            String node,
            Duration watchdogTimeout,
            PillWatcher.Leftover leftover,
            Sectors.Opener opener,
            Pace pace) {
        this.disk = disk;
        this.node = node;
        this.watchdogTimeout = watchdogTimeout;
        this.leftover = leftover;
        this.opener = opener;
        this.pace = pace;
        this.problem = disk + " has not answered yet";
    }

    void start(BiConsumer<PillMessage, String> ordered) {
        thread = Thread.ofPlatform().daemon().name("pill-" + disk.getFileName()).start(() -> run(ordered));
    }

    /** The server has begun its work: whatever is found from now on was meant for its present life. */
    void obeyFromNowOn() {
        leftover = PillWatcher.Leftover.OBEY;
    }

    void end() {
        ended = true;
        Thread running = thread;
        // Whoever ends it from within its own order must not be disturbed while the server is being stopped.
        if (running != null && running != Thread.currentThread()) {
            running.interrupt();
        }
    }

    /** Whether it can be relied on at this moment; never again once it is {@link #isCondemned}. */
    boolean isFresh(long nowNanos) {
        Look look = last;
        return !condemned && look != null && nowNanos - look.beganNanos() < look.freshNanos();
    }

    /** Whether it has given up for good. */
    boolean isCondemned() {
        return condemned;
    }

    Optional<PillSlot> slot() {
        return Optional.ofNullable(slot);
    }

    /** What is wrong with the disk, or was last. */
    String problem() {
        return problem;
    }

    private void run(BiConsumer<PillMessage, String> ordered) {
        boolean first = true;
        // Waiting between attempts to open a disk whose header nobody has read yet.
        long loopNanos = pace.nanos(1);
        while (!ended && !condemned) {
            // The thread alone closes what it reads from, so that no number is closed under a call that hangs.
            try (PillDisk open = PillDisk.open(disk, opener, pace)) {
                requireStrength(open.header());
                requireSame(open.header());
                loopNanos = pace.nanos(open.header().timeouts().loop());
                PillSlot mine = requireSame(open.allocate(node));
                while (!ended) {
                    long began = System.nanoTime();
                    open.verify(mine);
                    Optional<PillMail> order = look(open, mine, first);
                    if (order.isPresent()) {
                        ordered.accept(
                                order.get().message().orElseThrow(), order.get().from());
                        return;
                    }
                    first = false;
                    last = new Look(began, pace.nanos(open.header().timeouts().watchdog()));
                    problem = disk + " hangs";
                    LockSupport.parkNanos(loopNanos);
                }
            } catch (PillChangedException e) {
                condemn(e.getMessage());
            } catch (IOException e) {
                problem = String.valueOf(e.getMessage());
                LOG.warn("{}", problem);
                LockSupport.parkNanos(loopNanos);
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    /** An order, if there is one that must be obeyed; whatever else lies there is cleared. */
    private Optional<PillMail> look(PillDisk open, PillSlot mine, boolean first) throws IOException {
        PillMail mail = open.read(mine);
        boolean booted = first && leftover == PillWatcher.Leftover.CLEAR;
        if (mail.stopsTheServer() && !booted) {
            return Optional.of(mail);
        }
        if (mail.code() != PillMessage.CLEAR.code()) {
            LOG.info("{}: {} in the mailbox of {}: cleared", disk, mail, mine.node());
            // Whoever has just written an order must be able to tell this from an order that was wiped by accident.
            open.write(mine, PillMessage.CLEAR, booted ? PillMail.FROM_BOOT : "");
        }
        return Optional.empty();
    }

    private void requireStrength(PillHeader header) throws PillChangedException {
        String weakness = header.timeouts().weakness();
        if (!weakness.isEmpty()) {
            throw new PillChangedException(disk + ": " + weakness + ". Make it anew with better times");
        }
        PillTimeouts times = header.timeouts();
        // Held up between mayFeed() and the feeding it can be for less than one timeout, or it would have been bitten.
        Duration limit = pace.of(times.msgwait() - times.watchdog()).dividedBy(2);
        if (watchdogTimeout.compareTo(limit) > 0) {
            throw new PillChangedException(
                    disk + ": with a watchdog time of " + times.watchdog() + " s and a msgwait of "
                            + times.msgwait() + " s a server's watchdog may wait for " + limit.toMillis()
                            + " ms, but that of this server waits for " + watchdogTimeout.toMillis()
                            + " ms: shorten it, or make the disk anew with a longer msgwait");
        }
    }

    /** A disk that comes back must be the one that went. */
    private void requireSame(PillHeader found) throws PillChangedException {
        if (header != null && !header.equals(found)) {
            throw new PillChangedException(disk + " came back with another header (" + found.uuid() + " instead of "
                    + header.uuid() + "): somebody has made the slot file anew. Start the agents again, one by one");
        }
        header = found;
    }

    private PillSlot requireSame(PillSlot found) throws PillChangedException {
        PillSlot before = slot;
        if (before != null && !before.equals(found)) {
            throw new PillChangedException(
                    disk + ": the slot of " + node + " was " + before.number() + " and is " + found.number() + " now");
        }
        slot = found;
        return found;
    }

    private void condemn(@Nullable String why) {
        problem = String.valueOf(why);
        condemned = true;
        LOG.error("{}", problem);
    }
}
