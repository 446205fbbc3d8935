package norikae.agent.move;

import java.util.Locale;
import java.util.SortedMap;
import java.util.concurrent.TimeUnit;
import norikae.agent.api.v1.CheckReport;
import norikae.agent.api.v1.MemoryMode;
import norikae.agent.api.v1.MemoryRound;
import norikae.agent.api.v1.MoveResult;
import norikae.agent.api.v1.MoveUpdate;
import norikae.agent.api.v1.Phase;
import norikae.failover.model.Epoch;
import norikae.failover.model.MoveId;
import norikae.failover.model.NodeId;
import norikae.failover.model.ServiceName;
import norikae.failover.move.MoveState;
import norikae.transfer.memory.Convergence;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Turns what happens to a move into updates for its listener. Thread-safe; the listener hears one thing at a time. */
final class MoveReporter {

    private static final Logger LOG = LoggerFactory.getLogger(MoveReporter.class);

    /** A person sees no more, and a terminal gets no more. */
    private static final long PROGRESS_INTERVAL_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private final MoveUpdate template;
    private final MoveTimeline timeline;
    private final MoveListener listener;
    private MoveState state = new MoveState.Planned();
    private long bytesTotal;
    private long bytesDone;
    private long bytesSent;
    private long bytesWire;
    private long lastProgressNanos;
    private @Nullable MemoryRound round;
    private int rounds;
    private MemoryMode mode = MemoryMode.AUTO;
    private String modeReason = "";
    private String heap = "";

    MoveReporter(MoveId id, ServiceName service, NodeId from, NodeId to, MoveTimeline timeline, MoveListener listener) {
        this.template = MoveUpdate.newBuilder()
                .setMoveId(id.value())
                .setService(service.value())
                .setFrom(from.value())
                .setTo(to.value())
                .build();
        this.timeline = timeline;
        this.listener = listener;
    }

    synchronized void expect(long bytes) {
        bytesTotal = bytes;
    }

    synchronized void entered(MoveState entered, String reason) {
        state = entered;
        tell(update(reason));
    }

    synchronized void checked(CheckReport report) {
        tell(update("checked").setCheck(report));
    }

    /**
     * More of what was expected is done with.
     *
     * @param sent bytes of pages and files that have travelled: not those that are zero, or that the target has already
     */
    synchronized void progress(long done, long sent, long wire) {
        bytesDone = done;
        bytesSent = sent;
        bytesWire = wire;
        long now = System.nanoTime();
        if (now - lastProgressNanos >= PROGRESS_INTERVAL_NANOS) {
            lastProgressNanos = now;
            tell(update(""));
        }
    }

    /** A round of pre-copy begins. */
    synchronized void round(int number, long pendingBytes, Convergence soFar) {
        rounds = number;
        round = MemoryRound.newBuilder()
                .setNumber(number)
                .setPendingBytes(pendingBytes)
                .setBytesPerSecond(soFar.bytesPerSecond())
                .setDirtyBytesPerSecond(soFar.dirtyBytesPerSecond())
                .setPredictedPauseMillis(
                        number == 1 ? 0 : PreCopy.predictedPause(soFar).toNanos() / 1e6)
                .build();
        bytesTotal = Math.max(bytesTotal, bytesDone + pendingBytes);
        tell(update(""));
    }

    /** How memory travels, and why. */
    synchronized void decided(MemoryMode how, String why) {
        mode = how;
        modeReason = why;
    }

    /** What was done to make the service's JVMs smaller. */
    synchronized void trimmed(String what) {
        heap = heap.isEmpty() || what.isEmpty() ? heap + what : heap + "; " + what;
    }

    synchronized void ended(MoveState end, Epoch epoch, NodeId node) {
        MoveResult.Builder result = MoveResult.newBuilder()
                .setMoved(end instanceof MoveState.Cleaned)
                .setReason(end instanceof MoveState.Aborted aborted ? aborted.reason() : "")
                .setEpoch(epoch.value())
                .setBytesMemory(bytesSent)
                .setBytesWire(bytesWire)
                .setNode(node.value());
        timeline.pauseMicros().ifPresent(micros -> result.setPauseMillis(micros / 1_000.0));
        for (MoveTimeline.Phase phase : MoveTimeline.Phase.values()) {
            timeline.micros(phase)
                    .ifPresent(micros -> result.addPhases(
                            Phase.newBuilder().setName(phase.label()).setMillis(micros / 1_000.0)));
        }
        tell(update("").setResult(result));
    }

    /** All figures of the move, as the event log keeps them. */
    synchronized SortedMap<String, String> figures() {
        SortedMap<String, String> figures = timeline.figures();
        figures.put("memoryBytes", Long.toString(bytesSent));
        figures.put("wireBytes", Long.toString(bytesWire));
        figures.put("mode", mode.name().toLowerCase(Locale.ROOT).replace('_', '-'));
        figures.put("modeReason", modeReason);
        if (!heap.isEmpty()) {
            figures.put("heap", heap);
        }
        if (rounds > 0) {
            figures.put("rounds", Integer.toString(rounds));
        }
        return figures;
    }

    private MoveUpdate.Builder update(String reason) {
        MoveUpdate.Builder update = template.toBuilder();
        if (round != null && state instanceof MoveState.Copying) {
            update.setRound(round);
        }
        return update.setMode(mode)
                .setModeReason(modeReason)
                .setHeap(heap)
                .setState(state.label())
                .setReason(reason)
                .setBytesDone(bytesDone)
                .setBytesTotal(Math.max(bytesTotal, bytesDone))
                .setBytesWire(bytesWire)
                .setAtMillis(timeline.millisSoFar());
    }

    private void tell(MoveUpdate.Builder update) {
        try {
            listener.onUpdate(update.build());
        } catch (RuntimeException e) {
            LOG.debug("nobody listens to move {} any more: {}", template.getMoveId(), e.getMessage());
        }
    }
}
