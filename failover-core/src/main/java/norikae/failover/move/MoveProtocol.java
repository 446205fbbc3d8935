package norikae.failover.move;

import java.util.List;
import java.util.Optional;
import norikae.failover.move.MoveEvent.CheckPassed;
import norikae.failover.move.MoveEvent.CompleteSent;
import norikae.failover.move.MoveEvent.CopyStarted;
import norikae.failover.move.MoveEvent.Failed;
import norikae.failover.move.MoveEvent.LogAborted;
import norikae.failover.move.MoveEvent.LogCommitted;
import norikae.failover.move.MoveEvent.LogResumed;
import norikae.failover.move.MoveEvent.LogReverted;
import norikae.failover.move.MoveEvent.SourceDestroyed;
import norikae.failover.move.MoveEvent.SourceThawed;
import norikae.failover.move.MoveEvent.TargetPrepared;
import norikae.failover.move.MoveEvent.TargetReceived;
import norikae.failover.move.MoveEvent.TargetRestored;
import norikae.failover.move.MoveEvent.TreeFrozen;
import norikae.failover.move.MoveState.Aborted;
import norikae.failover.move.MoveState.Aborting;
import norikae.failover.move.MoveState.Checked;
import norikae.failover.move.MoveState.Cleaned;
import norikae.failover.move.MoveState.Committed;
import norikae.failover.move.MoveState.Copying;
import norikae.failover.move.MoveState.Frozen;
import norikae.failover.move.MoveState.Planned;
import norikae.failover.move.MoveState.Prepared;
import norikae.failover.move.MoveState.Received;
import norikae.failover.move.MoveState.Restored;
import norikae.failover.move.MoveState.Resumed;
import org.jspecify.annotations.Nullable;

/**
 * The source's state machine: one pure function from a state and an event to the next state and what is to be done.
 *
 * <p>Its one rule is that the source runs again only while no target can own the service: by itself until it has told
 * the target that it has everything, later only on the log's word. An event that means nothing in a state, because it
 * came late or twice, is ignored, never an error: the two sides and the log speak independently of each other.
 */
public final class MoveProtocol {

    private MoveProtocol() {}

    /** The next state, and the effects to run in this order once the transition has been made known. */
    public record Step(MoveState next, List<MoveEffect> effects) {

        static Step to(MoveState next, MoveEffect... effects) {
            return new Step(next, List.of(effects));
        }
    }

    /** Where the move starts; checking is its first activity. */
    public static MoveState start() {
        return new Planned();
    }

    /** What {@code event} changes in {@code state}; empty if nothing. */
    public static Optional<Step> decide(MoveState state, MoveEvent event) {
        return Optional.ofNullable(
                switch (state) {
                    case Planned _ ->
                        switch (event) {
                            case CheckPassed _ -> Step.to(new Checked(), MoveEffect.RESERVE_AND_PREPARE);
                            case Failed f -> Step.to(new Aborted(f.reason()));
                            default -> null;
                        };
                    case Checked _ ->
                        event instanceof TargetPrepared ? Step.to(new Prepared(), MoveEffect.COPY) : giveUp(event);
                    case Prepared _ -> event instanceof CopyStarted c ? Step.to(new Copying(c.round())) : giveUp(event);
                    case Copying copying ->
                        switch (event) {
                            case CopyStarted c when c.round() > copying.round() -> Step.to(new Copying(c.round()));
                            case TreeFrozen _ -> Step.to(new Frozen(false));
                            default -> giveUp(event);
                        };
                    case Frozen frozen
                    when !frozen.promised() ->
                        event instanceof CompleteSent ? Step.to(new Frozen(true)) : giveUp(event);
                    case Frozen _ -> event instanceof TargetReceived ? Step.to(new Received()) : afterPromise(event);
                    case Received _ -> event instanceof TargetRestored ? Step.to(new Restored()) : afterPromise(event);
                    case Restored _ -> afterPromise(event);
                    case Committed _ ->
                        switch (event) {
                            case LogResumed _ -> Step.to(new Resumed(), MoveEffect.DESTROY_SOURCE);
                            case LogReverted _ -> backHome("the target never let it run");
                            default -> null; // a lost target changes nothing: only the log can give the service back
                        };
                    case Resumed _ ->
                        event instanceof SourceDestroyed ? Step.to(new Cleaned(), MoveEffect.RECORD_FINISH) : null;
                    case Aborting aborting
                    when aborting.promised() ->
                        switch (event) {
                            case LogAborted _ -> backHome(aborting.reason());
                            case LogCommitted _ -> Step.to(new Committed());
                            case LogResumed _ -> Step.to(new Resumed(), MoveEffect.DESTROY_SOURCE);
                            case LogReverted _ -> backHome(aborting.reason());
                            default -> null;
                        };
                    case Aborting aborting ->
                        event instanceof SourceThawed
                                ? Step.to(new Aborted(aborting.reason()), MoveEffect.DISCARD_TARGET)
                                : null;
                    case Cleaned _, Aborted _ -> null;
                });
    }

    /** Before the promise: the source decides alone, because no target can commit without the last byte. */
    private static @Nullable Step giveUp(MoveEvent event) {
        return switch (event) {
            case Failed f -> backHome(f.reason());
            case LogAborted _ -> backHome("the target gave up");
            default -> null;
        };
    }

    /** After the promise: only the log knows whether the target may run it. */
    private static @Nullable Step afterPromise(MoveEvent event) {
        return switch (event) {
            case LogCommitted _ -> Step.to(new Committed());
            case LogResumed _ -> Step.to(new Resumed(), MoveEffect.DESTROY_SOURCE);
            case LogAborted _ -> backHome("the target gave up");
            case LogReverted _ -> backHome("the target never let it run");
            case Failed f -> Step.to(new Aborting(true, f.reason()), MoveEffect.ASK_LOG_TO_ABORT);
            default -> null;
        };
    }

    private static Step backHome(String reason) {
        return Step.to(new Aborting(false, reason), MoveEffect.THAW_SOURCE);
    }
}
