package norikae.fencing.pill;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import norikae.failover.fencing.Fencer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Brings an order into one mailbox on one disk and sees that it stays there. Thread-safe. */
final class PillDelivery {

    private static final Logger LOG = LoggerFactory.getLogger(PillDelivery.class);

    private static final Duration LEAVE_PATIENCE = Duration.ofMillis(500);

    private final Path disk;
    private final String target;
    private final PillMessage order;
    private final String from;
    private final Sectors.Opener opener;
    private final Pace pace;

    /** At most one thread for this disk: one that hangs must not become many. */
    private @Nullable Thread worker;

    PillDelivery(Path disk, String target, PillMessage order, String from, Sectors.Opener opener, Pace pace) {
        this.disk = disk;
        this.target = target;
        this.order = order;
        this.from = from;
        this.opener = opener;
        this.pace = pace;
    }

    Path disk() {
        return disk;
    }

    /** Starts to deliver, and returns soon. */
    Attempt deliver() throws InterruptedException {
        Attempt attempt = new Attempt();
        if (!work(attempt::run)) {
            attempt.problem = disk + " is busy with an earlier order, or hangs";
        }
        return attempt;
    }

    /** Starts to look whether a delivery could work, and returns soon. */
    Check check() throws InterruptedException {
        Check check = new Check();
        if (!work(check::run)) {
            check.found = new Fencer.Readiness(false, disk + " is busy with an order, or hangs");
        }
        return check;
    }

    private synchronized boolean work(Runnable task) throws InterruptedException {
        // One that was told to end needs a moment.
        if (worker != null && !worker.join(LEAVE_PATIENCE)) {
            return false;
        }
        worker = Thread.ofPlatform().daemon().name("pill-to-" + target).start(task);
        return true;
    }

    private PillSlot slot(PillDisk open) throws IOException {
        String weakness = open.header().timeouts().weakness();
        if (!weakness.isEmpty()) {
            throw new IOException(disk + ": " + weakness + ". Make it anew with better times");
        }
        return open.find(target)
                .orElseThrow(() -> new IOException(disk + " has no slot for " + target
                        + ": start its agent with this disk, or run sbd -d " + disk + " allocate " + target));
    }

    /** What {@link #check} finds. */
    final class Check {

        private volatile Fencer.@Nullable Readiness found;

        Optional<Fencer.Readiness> found() {
            return Optional.ofNullable(found);
        }

        private void run() {
            try (PillDisk open = PillDisk.open(disk, opener, pace)) {
                PillSlot slot = slot(open);
                found = new Fencer.Readiness(
                        true,
                        disk + ": slot " + slot.number() + " holds " + open.read(slot) + ", msgwait "
                                + open.header().timeouts().msgwait() + " s");
            } catch (IOException e) {
                found = new Fencer.Readiness(false, String.valueOf(e.getMessage()));
            }
        }
    }

    /** What becomes of one order. */
    final class Attempt {

        private volatile @Nullable String problem;
        private volatile long readBackNanos;
        private volatile long waitNanos;
        private volatile boolean delivered;
        private volatile boolean ended;
        private volatile @Nullable Thread thread;

        boolean isDelivered() {
            return delivered && problem == null;
        }

        boolean hasFailed() {
            return problem != null;
        }

        /** Whether it has lain there for so long that its reader has obeyed or is dead. */
        boolean isProof(long nowNanos) {
            return isDelivered() && nowNanos - readBackNanos >= waitNanos;
        }

        String state(long nowNanos) {
            String failed = problem;
            if (failed != null) {
                return failed;
            }
            return delivered
                    ? disk + " has held the order for " + (nowNanos - readBackNanos) / 1_000_000 + " of "
                            + waitNanos / 1_000_000 + " ms: be more patient"
                    : disk + " does not answer";
        }

        void end() {
            ended = true;
            LockSupport.unpark(thread);
        }

        private void run() {
            thread = Thread.currentThread();
            try (PillDisk open = PillDisk.open(disk, opener, pace)) {
                PillSlot slot = slot(open);
                waitNanos = pace.nanos(open.header().timeouts().msgwait());
                if (ended) {
                    return; // nobody waits for it any more, and the server may have been stopped by other means
                }
                write(open, slot);
                staySeen(open, slot);
            } catch (IOException e) {
                problem = String.valueOf(e.getMessage());
            }
        }

        private void write(PillDisk open, PillSlot slot) throws IOException {
            open.write(slot, order, from);
            readBackNanos = System.nanoTime();
            delivered = true;
        }

        /**
         * Watches that the order is not lost: its reader may be clearing another message at the very moment when the order
         * is written over it, and somebody else may write one. Then it is written anew, once, and the time counts from there.
         */
        private void staySeen(PillDisk open, PillSlot slot) throws IOException {
            boolean again = false;
            while (!ended) {
                LockSupport.parkNanos(pace.nanos(open.header().timeouts().loop()) / 2);
                PillMail mail;
                try {
                    mail = open.read(slot);
                } catch (IOException e) {
                    // It was there; its reader has the same disk, and stops if it cannot read it.
                    LOG.warn("{}", e.getMessage());
                    continue;
                }
                if (mail.stopsTheServer() || mail.tellsOfABoot()) {
                    continue;
                }
                if (again) {
                    throw new IOException(
                            disk + ": the order was replaced twice, by '" + mail + "' at last: nobody may write"
                                    + " to the mailbox of " + target + " while it is being stopped");
                }
                again = true;
                LOG.warn("{}: '{}' has replaced the order for {}; writing it again", disk, mail, target);
                write(open, slot);
            }
        }
    }
}
