package norikae.failover.move;

import norikae.failover.model.Epoch;

/** Something that happened to a move, told to its source. */
public sealed interface MoveEvent {

    /** Pre-flight found no blocker. */
    record CheckPassed() implements MoveEvent {}

    /** The log has reserved the epoch and the target is ready. */
    record TargetPrepared() implements MoveEvent {}

    /** The first byte is about to flow. */
    record CopyStarted(int round) implements MoveEvent {}

    /** CRIU has stopped the tree and the link is detached. */
    record TreeFrozen() implements MoveEvent {}

    /** The target has been told that it has everything. */
    record CompleteSent() implements MoveEvent {}

    record TargetReceived() implements MoveEvent {}

    record TargetRestored() implements MoveEvent {}

    /** The log says COMMITTED. */
    record LogCommitted() implements MoveEvent {}

    /** The log says RESUMED. */
    record LogResumed() implements MoveEvent {}

    /** The log says ABORTED: it can never commit any more. */
    record LogAborted() implements MoveEvent {}

    /** The log says REVERTED: the target proved that it never let the service run, and the source owns it again. */
    record LogReverted(Epoch epoch) implements MoveEvent {}

    record SourceDestroyed() implements MoveEvent {}

    record SourceThawed() implements MoveEvent {}

    /** Anything that stands in the way: a blocker, a lost peer, a failed engine, a full store, the operator's Ctrl-C. */
    record Failed(String reason) implements MoveEvent {}

    /** The word for logs. */
    default String label() {
        return getClass().getSimpleName();
    }
}
