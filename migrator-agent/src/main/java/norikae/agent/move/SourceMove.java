package norikae.agent.move;

import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import norikae.agent.api.v1.CheckReport;
import norikae.agent.api.v1.DiscardMoveRequest;
import norikae.agent.api.v1.Finding;
import norikae.agent.api.v1.MemoryMode;
import norikae.agent.api.v1.PrepareMoveReply;
import norikae.agent.api.v1.PrepareMoveRequest;
import norikae.agent.capsule.Capsule;
import norikae.agent.move.MoveTimeline.Moment;
import norikae.agent.peer.ApiException;
import norikae.agent.peer.SpecMessages;
import norikae.failover.fault.FaultPoint;
import norikae.failover.log.LogUnavailableException;
import norikae.failover.model.Command;
import norikae.failover.model.Epoch;
import norikae.failover.model.MoveId;
import norikae.failover.model.MoveRecord;
import norikae.failover.model.NodeId;
import norikae.failover.model.Outcome;
import norikae.failover.model.ServiceName;
import norikae.failover.move.MoveEffect;
import norikae.failover.move.MoveEvent;
import norikae.failover.move.MoveProtocol;
import norikae.failover.move.MoveState;
import norikae.transfer.memory.Convergence;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Leads one move from the source's side: feeds events into {@link MoveProtocol} and carries out its effects.
 *
 * <p>Confined to the thread of {@link #run}, which owns the state; everyone else only posts events. Effects that wait
 * for something run on threads of their own and answer with an event.
 */
final class SourceMove {

    private static final Logger LOG = LoggerFactory.getLogger(SourceMove.class);

    /** How often the log is looked at while only it can say how the move ends, in case no change was noticed. */
    private static final long LOG_POLL_MILLIS = 200;

    private static final Duration LOG_GLANCE = Duration.ofSeconds(1);

    private static final long RETRY_MILLIS = 500;
    /** A dump of what is not all there would lose the rest. */
    private static final Duration FILL_PATIENCE = Duration.ofSeconds(60);

    private static final Duration LAST_WORDS = Duration.ofSeconds(5);

    private final MoveContext context;
    private final LogVerdicts verdicts;
    private final MoveId id;
    private final ServiceName service;
    private final NodeId to;
    private final Capsule capsule;
    private final MoveOptions options;
    private final MoveTimeline timeline = new MoveTimeline();
    private final BlockingQueue<MoveEvent> events =
            new LinkedBlockingQueue<>(); // bounded by the protocol: few per state
    private final MoveReporter reporter;
    private final CompletableFuture<Boolean> promise = new CompletableFuture<>();

    private final List<Thread> background = new ArrayList<>();

    private MoveState state = MoveProtocol.start();
    private @Nullable SourceCopy copy;
    private @Nullable TargetWatch watch;
    private volatile Epoch epoch;
    private volatile long lastProgressNanos = System.nanoTime();

    SourceMove(
            MoveContext context,
            MoveId id,
            ServiceName service,
            NodeId to,
            Capsule capsule,
            MoveOptions options,
            MoveListener listener) {
        this.options = options;
        this.context = context;
        this.verdicts = new LogVerdicts(context.log(), context.settings());
        this.id = id;
        this.service = service;
        this.to = to;
        this.capsule = capsule;
        this.epoch = capsule.epoch();
        this.reporter = new MoveReporter(id, service, context.self(), to, timeline, listener);
    }

    MoveId id() {
        return id;
    }

    ServiceName service() {
        return service;
    }

    /** Tells the move that something happened. From any thread. */
    void post(MoveEvent event) {
        lastProgressNanos = System.nanoTime();
        events.add(event);
    }

    /** Bytes flowed: the move has not stalled. From any thread. */
    void progress(long bytesDone, long bytesSent, long bytesWire) {
        lastProgressNanos = System.nanoTime();
        reporter.progress(bytesDone, bytesSent, bytesWire);
    }

    /** A round of pre-copy begins. From any thread. */
    void round(int number, long pendingBytes, Convergence soFar) {
        lastProgressNanos = System.nanoTime();
        reporter.round(number, pendingBytes, soFar);
    }

    /** How memory travels is known, and why. From any thread. */
    void decided(MemoryMode mode, String reason) {
        reporter.decided(mode, reason);
    }

    /** What was done to make the service's JVMs smaller. From any thread. */
    void trimmed(String what) {
        reporter.trimmed(what);
    }

    /** Free heap was left out. From any thread. */
    void skipped(long bytes) {
        if (bytes > 0) {
            reporter.trimmed((bytes >> 20) + " MiB of free heap left out");
        }
    }

    /** Runs the move to its end; returns when the source has nothing left to do for it. */
    void run() throws InterruptedException {
        timeline.reached(Moment.PLANNED);
        reporter.entered(state, "requested");
        context.faults().reached(FaultPoint.SOURCE_PLANNED, service.value());
        inBackground("check", this::check);
        while (!state.ended()) {
            MoveEvent event = events.poll(LOG_POLL_MILLIS, TimeUnit.MILLISECONDS);
            if (event != null) {
                handle(event);
            } else {
                lookAround();
            }
        }
        if (watch != null) {
            watch.close();
        }
        awaitLastWords();
        if (state instanceof MoveState.Cleaned) {
            reporter.ended(state, epoch, to);
        } else {
            reporter.ended(state, capsule.epoch(), context.self());
        }
    }

    /** Gives the log a moment to take the end of the move, so that the next move of the service finds it ended. */
    private void awaitLastWords() throws InterruptedException {
        long deadline = System.nanoTime() + LAST_WORDS.toNanos();
        for (Thread thread : background) {
            long left = deadline - System.nanoTime();
            if (left > 0) {
                var _ = thread.join(Duration.ofNanos(left));
            }
        }
    }

    private void handle(MoveEvent event) {
        Optional<MoveProtocol.Step> step = MoveProtocol.decide(state, event);
        if (step.isEmpty()) {
            return;
        }
        MoveState before = state;
        state = step.get().next();
        String reason = reasonOf(event);
        LOG.info(
                "move={} service={} to={} from-state={} state={} event={} reason=\"{}\" millis={}",
                id,
                service,
                to,
                before.label(),
                state.label(),
                event.label(),
                reason,
                String.format(java.util.Locale.ROOT, "%.1f", timeline.millisSoFar()));
        mark(state);
        if (state instanceof MoveState.Frozen frozen && frozen.promised()) {
            promise.complete(true);
        } else if (state instanceof MoveState.Aborting) {
            promise.complete(false);
        }
        if (!state.label().equals(before.label())) {
            reporter.entered(state, reason);
        }
        strike(state);
        step.get().effects().forEach(this::carryOut);
    }

    private void carryOut(MoveEffect effect) {
        switch (effect) {
            case RESERVE_AND_PREPARE -> inBackground("prepare", this::reserveAndPrepare);
            case COPY -> inBackground("copy", this::copy);
            case ASK_LOG_TO_ABORT -> inBackground("abort", this::askLogToAbort);
            case THAW_SOURCE -> inBackground("thaw", () -> untilItWorks("thaw", this::thaw));
            case DISCARD_TARGET -> inBackground("discard", this::discardTarget);
            case DESTROY_SOURCE -> inBackground("destroy", () -> untilItWorks("destroy", this::destroy));
            case RECORD_FINISH -> inBackground("finish", this::recordFinish);
        }
    }

    private void check() throws InterruptedException {
        if (!context.fills().await(service, FILL_PATIENCE)) {
            post(new MoveEvent.Failed("the service came here a moment ago, and its memory is still being filled in ("
                    + context.fills().bytesLeft(service).orElse(0L) / (1 << 20) + " MiB are left): try again later"));
            return;
        }
        CheckReport report = context.preflight().check(capsule, context.self(), to, context.peers());
        reporter.checked(report);
        if (report.getMovable()) {
            post(new MoveEvent.CheckPassed());
        } else {
            Finding blocker = report.getFindingsList().stream()
                    .filter(f -> f.getSeverity() == Finding.Severity.BLOCKER)
                    .findFirst()
                    .orElseThrow();
            post(new MoveEvent.Failed(
                    "the check found a blocker: " + blocker.getWhat() + "; remedy: " + blocker.getRemedy()));
        }
    }

    private void reserveAndPrepare() throws InterruptedException, java.io.IOException {
        Outcome outcome =
                verdicts.insist(new Command.BeginMove(id, service, context.self(), to, System.currentTimeMillis()));
        switch (outcome) {
            case Outcome.Refused refused -> {
                post(new MoveEvent.Failed(refused.message()));
                return;
            }
            case Outcome.Accepted accepted -> epoch = accepted.epoch();
        }
        MemoryPlan plan = MemoryPlan.of(options, capsule);
        reporter.decided(plan.mode(), plan.reason());
        long memory = SourceCapsules.residentBytes(capsule);
        reporter.expect(memory);
        PrepareMoveReply reply = context.peers()
                .ask(to, context.settings().stallTimeout())
                .prepareMove(PrepareMoveRequest.newBuilder()
                        .setMoveId(id.value())
                        .setService(service.value())
                        .setFrom(context.self().value())
                        .setEpoch(epoch.value())
                        .setSpec(SpecMessages.toMessage(capsule.spec()))
                        .setBasePid(capsule.basePid())
                        .setMemoryBytes(memory)
                        .setLogPath(capsule.logPath().toString())
                        .setPageStore(plan.stored())
                        .build());
        copy = new SourceCopy(context, this, capsule, to, epoch, reply, plan, timeline, promise);
        watch = TargetWatch.start(context.peers().stream(to), id, timeline, this::post);
        post(new MoveEvent.TargetPrepared());
    }

    private void copy() throws Exception {
        SourceCopy running = java.util.Objects.requireNonNull(copy);
        running.run();
    }

    private void askLogToAbort() throws InterruptedException {
        Outcome outcome = verdicts.insist(new Command.AbortMove(id, reason(), System.currentTimeMillis()));
        switch (outcome) {
            case Outcome.Accepted _ -> post(new MoveEvent.LogAborted());
            case Outcome.Refused _ -> post(new MoveEvent.LogCommitted()); // the only reason to refuse an abort
        }
    }

    private void thaw() throws InterruptedException {
        if (copy != null) {
            copy.rollBack();
            copy.resumeVolumes();
        }
        SourceCapsules.thaw(capsule, currentEpoch());
        if (copy != null) {
            copy.deliverKeptFrames();
            copy.stopWatching();
        }
        post(new MoveEvent.SourceThawed());
    }

    /** After a revert the source owns the service under a still higher epoch; before a commit under its old one. */
    private Epoch currentEpoch() throws InterruptedException {
        return verdicts.move(id)
                .filter(m -> m.phase() == MoveRecord.Phase.REVERTED)
                .map(m -> m.epoch().next())
                .orElse(capsule.epoch());
    }

    private void discardTarget() throws InterruptedException {
        Outcome _ = verdicts.insist(new Command.AbortMove(id, reason(), System.currentTimeMillis()));
        try {
            var _ = context.peers()
                    .ask(to)
                    .discardMove(DiscardMoveRequest.newBuilder()
                            .setMoveId(id.value())
                            .setReason(reason())
                            .build());
        } catch (StatusRuntimeException | ApiException e) {
            LOG.info("move={} the target will learn from the log that nothing comes: {}", id, e.getMessage());
        }
    }

    private void destroy() {
        if (copy != null) {
            copy.discard();
        }
        SourceCapsules.destroy(capsule);
        if (copy != null) {
            copy.stopWatching();
        }
        post(new MoveEvent.SourceDestroyed());
    }

    private void recordFinish() throws InterruptedException {
        Outcome _ = verdicts.insist(new Command.FinishMove(id, reporter.figures(), System.currentTimeMillis()));
    }

    /** Nothing has happened for a while: has the log gone on without us, or has the move stalled? */
    private void lookAround() throws InterruptedException {
        boolean onlyTheLogKnows =
                switch (state) {
                    case MoveState.Frozen frozen -> frozen.promised();
                    case MoveState.Aborting aborting -> aborting.promised();
                    case MoveState.Received _, MoveState.Restored _, MoveState.Committed _ -> true;
                    default -> false;
                };
        if (onlyTheLogKnows) {
            askLog();
        }
        boolean waitsForOthers =
                switch (state) {
                    case MoveState.Prepared _,
                            MoveState.Copying _,
                            MoveState.Frozen _,
                            MoveState.Received _,
                            MoveState.Restored _ -> true;
                    default -> false;
                };
        long silentMillis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - lastProgressNanos);
        if (waitsForOthers && silentMillis > context.settings().stallTimeout().toMillis()) {
            handle(new MoveEvent.Failed("nothing has happened for " + silentMillis + " ms in state " + state.label()));
        }
    }

    /** Only the log can say how a promised move goes on, and this node may be the last to hear of it: ask. */
    private void askLog() throws InterruptedException {
        try {
            context.log().read(LOG_GLANCE).move(id).ifPresent(this::logSays);
        } catch (LogUnavailableException e) {
            context.log().latestKnown().move(id).ifPresent(this::logSays);
        }
    }

    /** A fact of the log; facts only grow, so an old one never misleads. From any thread. */
    void logSays(MoveRecord move) {
        switch (move.phase()) {
            case PREPARING -> {}
            case COMMITTED -> events.add(new MoveEvent.LogCommitted());
            case RESUMED, CLEANED -> events.add(new MoveEvent.LogResumed());
            case ABORTED -> events.add(new MoveEvent.LogAborted());
            case REVERTED -> events.add(new MoveEvent.LogReverted(move.epoch().next()));
        }
    }

    private void mark(MoveState entered) {
        switch (entered) {
            case MoveState.Checked _ -> timeline.reached(Moment.CHECKED);
            case MoveState.Prepared _ -> timeline.reached(Moment.PREPARED);
            case MoveState.Copying _ -> timeline.reached(Moment.COPY_STARTED);
            case MoveState.Frozen _ -> timeline.reached(Moment.FROZEN);
            case MoveState.Received _ -> timeline.reached(Moment.RECEIVED);
            case MoveState.Restored _ -> timeline.reached(Moment.RESTORED);
            case MoveState.Committed _ -> timeline.reached(Moment.COMMITTED);
            case MoveState.Resumed _ -> timeline.reached(Moment.RESUMED);
            case MoveState.Cleaned _ -> timeline.reached(Moment.CLEANED);
            case MoveState.Planned _, MoveState.Aborting _, MoveState.Aborted _ -> {}
        }
    }

    private void strike(MoveState entered) {
        FaultPoint point =
                switch (entered) {
                    case MoveState.Checked _ -> FaultPoint.SOURCE_CHECKED;
                    case MoveState.Prepared _ -> FaultPoint.SOURCE_PREPARED;
                    case MoveState.Received _ -> FaultPoint.SOURCE_RECEIVED;
                    case MoveState.Restored _ -> FaultPoint.SOURCE_RESTORED;
                    case MoveState.Committed _ -> FaultPoint.SOURCE_COMMITTED;
                    case MoveState.Resumed _ -> FaultPoint.SOURCE_RESUMED;
                    case MoveState.Cleaned _ -> FaultPoint.SOURCE_CLEANED;
                    // Copying and Frozen strike while CRIU waits, on the copy's thread.
                    case MoveState.Planned _,
                            MoveState.Copying _,
                            MoveState.Frozen _,
                            MoveState.Aborting _,
                            MoveState.Aborted _ -> null;
                };
        if (point != null) {
            context.faults().reached(point, service.value());
        }
    }

    private String reason() {
        return switch (state) {
            case MoveState.Aborting aborting -> aborting.reason();
            case MoveState.Aborted aborted -> aborted.reason();
            default -> "given up";
        };
    }

    private static String reasonOf(MoveEvent event) {
        return event instanceof MoveEvent.Failed failed ? failed.reason() : "";
    }

    /** For what has no way back: a copy that could not be thawed, or destroyed, now must be so later. */
    private void untilItWorks(String what, Work work) throws InterruptedException {
        while (true) {
            try {
                work.run();
                return;
            } catch (InterruptedException e) {
                throw e;
            } catch (Exception e) {
                LOG.error("move={} service={} {} failed, trying again: {}", id, service, what, e.getMessage(), e);
                Thread.sleep(RETRY_MILLIS);
            }
        }
    }

    private void inBackground(String what, Work work) {
        background.add(Thread.ofPlatform().name("move-" + service + "-" + what).start(() -> {
            try {
                work.run();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt(); // the agent stops; the next one resolves what is left
            } catch (StatusRuntimeException e) {
                post(new MoveEvent.Failed(what + ": " + ApiException.from(e).getMessage()));
            } catch (Exception e) {
                LOG.debug("move={} {} failed", id, what, e);
                post(new MoveEvent.Failed(what + ": " + e.getMessage()));
            }
        }));
    }

    @FunctionalInterface
    private interface Work {
        void run() throws Exception;
    }
}
