package norikae.failover.move;

/**
 * Where a move stands, as its source sees it. Each state says in itself who may run the service.
 *
 * <p>The good way is {@code Planned → Checked → Prepared → Copying → Frozen → Received → Restored → Committed →
 * Resumed → Cleaned}.
 */
public sealed interface MoveState {

    /** Accepted from the operator; nothing has been looked at. */
    record Planned() implements MoveState {}

    /** Both ends agree that it can work; nothing has been touched. */
    record Checked() implements MoveState {}

    /** The target has a locked, empty capsule and room for the images; the epoch is reserved. */
    record Prepared() implements MoveState {}

    /**
     * Memory flows while the service runs.
     *
     * @param round 1 for the first; a stop-and-copy move has only this one
     */
    record Copying(int round) implements MoveState {}

    /**
     * The tree stands still and its link is detached.
     *
     * @param promised the target has been told that it has everything. From then on it may commit, so the source may
     *     thaw only after the log has ruled that out
     */
    record Frozen(boolean promised) implements MoveState {}

    /** The target has every byte, checked. */
    record Received() implements MoveState {}

    /** The tree is rebuilt on the target and held there. */
    record Restored() implements MoveState {}

    /** The log has made the target the owner: the point of no return. */
    record Committed() implements MoveState {}

    /** The service runs on the target; the source's copy is rubbish. */
    record Resumed() implements MoveState {}

    /** The source's copy is gone: the end of a good move. */
    record Cleaned() implements MoveState {}

    /**
     * On the way back.
     *
     * @param promised the log must still rule out that the target commits
     */
    record Aborting(boolean promised, String reason) implements MoveState {}

    /** The service runs on the source as before: the end of a failed move. */
    record Aborted(String reason) implements MoveState {}

    /** The word that users, logs and the API use. */
    default String label() {
        return getClass().getSimpleName();
    }

    default boolean ended() {
        return this instanceof Cleaned || this instanceof Aborted;
    }

    /** Whether the source's copy may execute now. */
    default boolean sourceMayRun() {
        return switch (this) {
            case Planned _, Checked _, Prepared _, Copying _, Aborted _ -> true;
            case Aborting aborting -> !aborting.promised();
            case Frozen _, Received _, Restored _, Committed _, Resumed _, Cleaned _ -> false;
        };
    }

    /** Whether the source's copy may be destroyed now: only once the log says that the target runs it. */
    default boolean sourceMayBeDestroyed() {
        return this instanceof Resumed || this instanceof Cleaned;
    }
}
