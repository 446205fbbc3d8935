package norikae.fencing.pill;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import norikae.failover.fencing.Fencer;
import norikae.failover.fencing.FencingResult;
import norikae.failover.fencing.ProofKind;

/**
 * Stops a server by an order in its mailboxes. Nothing comes back: the proof is that the header's msgwait has passed since the
 * order could be read back from a quorum of the disks.
 *
 * <p>Elapsed time is a proof only of a server that runs under a watchdog, whose feeding depends on its reading those very
 * mailboxes (see the package): a server that hangs, or has lost its disks, does not read the order, and then it is the watchdog
 * that has stopped it by now. So use this only for a server whose agent has told the cluster that its watchdog is armed. A
 * shorter wait, or one disk too few, is {@link FencingResult.Unproven}.
 */
public final class PillFencer implements Fencer {

    private static final long LOOK_MILLIS = 20;

    private final List<PillDelivery> deliveries;
    private final String target;
    private final PillMessage order;

    /**
     * For one server.
     *
     * @param disks those that the server watches, all of them
     * @param order RESET or OFF
     * @param from this server's name, for whoever reads the mailbox
     */
    public PillFencer(List<Path> disks, String target, PillMessage order, String from) {
        this(disks, target, order, from, Sectors::raw, Pace.REAL);
    }

    PillFencer(List<Path> disks, String target, PillMessage order, String from, Sectors.Opener opener, Pace pace) {
        if (disks.isEmpty() || !order.stopsTheServer()) {
            throw new IllegalArgumentException(
                    "a poison pill needs a disk and an order that stops a server, not " + order + " on " + disks);
        }
        this.deliveries = disks.stream()
                .map(disk -> new PillDelivery(disk, target, order, from, opener, pace))
                .toList();
        this.target = target;
        this.order = order;
    }

    @Override
    public String description() {
        return "poison pill for " + target + " on "
                + deliveries.stream()
                        .map(delivery -> delivery.disk().toString())
                        .collect(Collectors.joining(", "));
    }

    @Override
    public FencingResult stop(Duration patience) throws InterruptedException {
        long deadline = System.nanoTime() + patience.toNanos();
        List<PillDelivery.Attempt> attempts = new ArrayList<>();
        try {
            for (PillDelivery delivery : deliveries) {
                attempts.add(delivery.deliver());
            }
            while (true) {
                long now = System.nanoTime();
                List<PillDelivery.Attempt> good = attempts.stream()
                        .filter(PillDelivery.Attempt::isDelivered)
                        .toList();
                if (Quorum.ofWriters(good.size(), attempts.size())) {
                    // The latest of them: a quorum of the others alone might do sooner, but be told of fewer disks.
                    if (good.stream().allMatch(attempt -> attempt.isProof(now))) {
                        return new FencingResult.Confirmed(
                                ProofKind.WATCHDOG_ELAPSED,
                                description() + ": '" + order.word() + "' lay on " + good.size() + " of "
                                        + attempts.size() + " disks for their msgwait");
                    }
                }
                long hopeful = attempts.stream()
                        .filter(attempt -> !attempt.hasFailed())
                        .count();
                if (!Quorum.ofWriters((int) hopeful, attempts.size()) || now - deadline > 0) {
                    return new FencingResult.Unproven(description() + ": "
                            + attempts.stream()
                                    .map(attempt -> attempt.state(now))
                                    .collect(Collectors.joining("; ")));
                }
                Thread.sleep(LOOK_MILLIS);
            }
        } finally {
            attempts.forEach(PillDelivery.Attempt::end);
        }
    }

    @Override
    public Readiness check(Duration patience) throws InterruptedException {
        long deadline = System.nanoTime() + patience.toNanos();
        List<PillDelivery.Check> checks = new ArrayList<>();
        for (PillDelivery delivery : deliveries) {
            checks.add(delivery.check());
        }
        while (checks.stream().anyMatch(check -> check.found().isEmpty()) && System.nanoTime() - deadline < 0) {
            Thread.sleep(LOOK_MILLIS);
        }
        int ready = 0;
        List<String> details = new ArrayList<>();
        for (int i = 0; i < checks.size(); i++) {
            Optional<Readiness> found = checks.get(i).found();
            ready += found.map(Readiness::ready).orElse(false) ? 1 : 0;
            details.add(found.map(Readiness::detail).orElse(deliveries.get(i).disk() + " does not answer"));
        }
        return new Readiness(Quorum.ofWriters(ready, checks.size()), String.join("; ", details));
    }
}
