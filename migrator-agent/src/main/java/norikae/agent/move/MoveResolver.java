package norikae.agent.move;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import norikae.agent.capsule.Capsule;
import norikae.agent.capsule.EmptyCapsule;
import norikae.agent.capsule.Residue;
import norikae.agent.peer.ApiException;
import norikae.failover.model.ClusterState;
import norikae.failover.model.Command;
import norikae.failover.model.Epoch;
import norikae.failover.model.MoveId;
import norikae.failover.model.MoveRecord;
import norikae.failover.model.Outcome;
import norikae.failover.model.ServiceName;
import norikae.failover.model.ServiceRecord;
import norikae.failover.move.SourceEnding;
import norikae.failover.move.TargetEnding;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one place that resolves every ending that no running move resolves: after its agent died, or after a step failed
 * that must not fail. It looks at what is on this node, asks the log, and acts on {@link SourceEnding} and {@link
 * TargetEnding}; it can be interrupted anywhere and run again.
 *
 * <p>Confined to the resolver's thread.
 */
public final class MoveResolver {

    private static final Logger LOG = LoggerFactory.getLogger(MoveResolver.class);

    /** Also how long a copy may wait for its verdict after a node has come back. */
    private static final long INTERVAL_MILLIS = 300;

    private final MoveContext context;
    private final Moves moves;
    private final ServiceActivities activities;
    private final LogVerdicts verdicts;
    private final TargetCapsules targets;

    public MoveResolver(MoveContext context, Moves moves, ServiceActivities activities) {
        this.context = context;
        this.moves = moves;
        this.activities = activities;
        this.verdicts = new LogVerdicts(context.log(), context.settings());
        this.targets = new TargetCapsules(context);
    }

    /** Looks after what is left over until the thread is interrupted. */
    public void run() {
        try {
            while (true) {
                List<Residue> residues = context.capsules().residues();
                for (Residue residue : residues) {
                    resolveUnlessBusy(residue);
                }
                Set<String> here = new HashSet<>();
                residues.forEach(r -> here.add(r.moveId()));
                for (MoveRecord move : context.log().latestKnown().moves().values()) {
                    if (!move.phase().ended() && !here.contains(move.id().value())) {
                        resolveWithoutResidue(move);
                    }
                }
                Thread.sleep(INTERVAL_MILLIS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void resolveUnlessBusy(Residue residue) throws InterruptedException {
        MoveId id = new MoveId(residue.moveId());
        if (moves.leads(id) || moves.receives(id)) {
            return;
        }
        try (var _ = activities.begin(residue.service(), "resolving move " + id)) {
            switch (residue.role()) {
                case MOVING_OUT -> resolveSource(residue, id);
                case MOVING_IN -> resolveTarget(residue, id);
            }
        } catch (ApiException e) {
            LOG.debug("service={} is busy: {}", residue.service(), e.getMessage());
        } catch (IOException | UncheckedIOException e) {
            LOG.error(
                    "move={} service={} could not be resolved, trying again: {}",
                    id,
                    residue.service(),
                    e.getMessage());
        }
    }

    /** A move that the log has not seen end, of which nothing is left here: its agent died between two steps. */
    private void resolveWithoutResidue(MoveRecord move) throws InterruptedException {
        MoveId id = move.id();
        if (moves.leads(id) || moves.receives(id)) {
            return;
        }
        long now = System.currentTimeMillis();
        if (move.from().equals(context.self())) {
            switch (move.phase()) {
                case PREPARING -> {
                    Outcome _ = verdicts.insist(new Command.AbortMove(id, "the source's agent restarted", now));
                }
                case RESUMED -> {
                    Outcome _ = verdicts.insist(new Command.FinishMove(id, Collections.emptySortedMap(), now));
                }
                case COMMITTED, CLEANED, ABORTED, REVERTED -> {}
            }
        } else if (move.to().equals(context.self()) && move.phase() == MoveRecord.Phase.COMMITTED) {
            if (context.capsules().provesNeverResumed(id.value())) {
                Outcome _ = verdicts.insist(new Command.RevertMove(
                        id, "the target lost power or its agent before it let the service run", now));
            } else if (context.capsules().find(move.service()).isPresent()) {
                markResumed(id, move.service());
            } else {
                Outcome _ = verdicts.insist(new Command.MarkResumed(id, now));
                reportGone(move.service(), "its processes were gone after the move " + id);
            }
        }
    }

    private void resolveSource(Residue residue, MoveId id) throws InterruptedException, IOException {
        ClusterState state = verdicts.state();
        Optional<MoveRecord> move = state.move(id);
        Capsule capsule = residue.capsule().orElse(null);
        boolean wouldOwn = capsule == null || owns(state, residue.service(), epochAfter(move, capsule));
        SourceEnding ending = SourceEnding.of(move.map(MoveRecord::phase).orElse(null), wouldOwn);
        if (ending == SourceEnding.ASK_LOG_TO_ABORT) {
            Outcome _ = verdicts.insist(
                    new Command.AbortMove(id, "the source's agent restarted", System.currentTimeMillis()));
            return; // the next round sees the verdict
        }
        if (ending == SourceEnding.KEEP_FROZEN) {
            return;
        }
        LOG.info("move={} service={} resolved on the source: {}", id, residue.service(), ending);
        ImageDirectory.of(context.imageRoot(), id).remove();
        if (ending == SourceEnding.DESTROY) {
            if (capsule != null) {
                SourceCapsules.destroy(capsule);
            } else {
                residue.forget();
            }
            Outcome _ = verdicts.insist(
                    new Command.FinishMove(id, Collections.emptySortedMap(), System.currentTimeMillis()));
        } else if (capsule != null) {
            SourceCapsules.thaw(capsule, epochAfter(move, capsule));
        } else {
            residue.forget();
            reportGone(residue.service(), "its processes were gone when its agent came back");
        }
    }

    private boolean owns(ClusterState state, ServiceName service, Epoch epoch) {
        return state.service(service)
                .filter(s -> s.owner().equals(context.self())
                        && s.epoch().equals(epoch)
                        && s.phase() != ServiceRecord.Phase.LOST)
                .isPresent();
    }

    private static Epoch epochAfter(Optional<MoveRecord> move, Capsule capsule) {
        return move.filter(m -> m.phase() == MoveRecord.Phase.REVERTED)
                .map(m -> m.epoch().next())
                .orElse(capsule.epoch());
    }

    private void resolveTarget(Residue residue, MoveId id) throws InterruptedException, IOException {
        Optional<MoveRecord> move = verdicts.move(id);
        boolean mayHaveRun = context.capsules().mayHaveResumed(id.value());
        TargetEnding ending = TargetEnding.of(move.map(MoveRecord::phase).orElse(null), residue.copy(), mayHaveRun);
        LOG.info(
                "move={} service={} resolved on the target: {} (copy {})",
                id,
                residue.service(),
                ending,
                residue.copy());
        switch (ending) {
            case ASK_LOG_TO_ABORT -> {
                Outcome _ = verdicts.insist(
                        new Command.AbortMove(id, "the target's agent restarted", System.currentTimeMillis()));
            }
            case DISCARD -> discard(residue, id);
            case RESUME -> {
                Capsule capsule = residue.adoptReleased();
                targets.letRun(capsule, id);
                ImageDirectory.of(context.imageRoot(), id).remove();
                markResumed(id, residue.service());
            }
            case ADOPT -> {
                Capsule capsule = residue.adoptReleased();
                capsule.markRunning(capsule.epoch());
                ImageDirectory.of(context.imageRoot(), id).remove();
                markResumed(id, residue.service());
            }
            case REVERT -> {
                // Dead first, then given back, then forgotten: whoever repeats this finds enough to go on.
                residue.emptyCapsule().killProcesses();
                Outcome _ = verdicts.insist(new Command.RevertMove(
                        id, "the target's agent died before it let the service run", System.currentTimeMillis()));
                discard(residue, id);
            }
            case REPORT_FAILED -> {
                residue.emptyCapsule().killProcesses();
                Outcome _ = verdicts.insist(new Command.MarkResumed(id, System.currentTimeMillis()));
                reportGone(residue.service(), "its processes were gone after the move " + id);
                discard(residue, id);
            }
        }
    }

    /** The source may destroy its copy, unless some of the service's memory is only there: a later look will tell. */
    private void markResumed(MoveId id, ServiceName service) throws InterruptedException {
        if (!context.fills().drains(service)) {
            Outcome _ = verdicts.insist(new Command.MarkResumed(id, System.currentTimeMillis()));
        }
    }

    private void discard(Residue residue, MoveId id) throws IOException {
        EmptyCapsule empty = residue.emptyCapsule();
        empty.discard();
        ImageDirectory.of(context.imageRoot(), id).remove();
    }

    private void reportGone(ServiceName service, String detail) throws InterruptedException {
        Optional<ServiceRecord> record = context.log().latestKnown().service(service);
        if (record.isPresent() && record.get().owner().equals(context.self())) {
            Outcome _ = verdicts.insist(new Command.ReportService(
                    service,
                    context.self(),
                    record.get().epoch(),
                    ServiceRecord.Phase.FAILED,
                    detail,
                    System.currentTimeMillis()));
        }
    }
}
