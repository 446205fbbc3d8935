package norikae.failover.model;

import org.jspecify.annotations.Nullable;

/**
 * A move as the log sees it. The log knows little of a move on purpose: who, whence, whither, and whether the point of
 * no return is behind it.
 *
 * @param epoch reserved for the target; becomes the service's epoch when the move commits
 * @param sourceGone whether the source's copy is gone for certain, so that a revert leaves nothing; {@code null} means no
 * @param reason why it ended as it did; empty while in flight
 */
public record MoveRecord(
        MoveId id,
        ServiceName service,
        NodeId from,
        NodeId to,
        Epoch epoch,
        Phase phase,
        String reason,
        long startedAtMillis,
        @Nullable Boolean sourceGone) {

    /** One whose source is there. */
    public MoveRecord(
            MoveId id,
            ServiceName service,
            NodeId from,
            NodeId to,
            Epoch epoch,
            Phase phase,
            String reason,
            long startedAtMillis) {
        this(id, service, from, to, epoch, phase, reason, startedAtMillis, null);
    }

    /** How far the log has let the move go; see {@code docs/protocol.md} for the table. */
    public enum Phase {
        /** In flight; the source owns the service. */
        PREPARING,
        /** The target owns the service, but has not let it run yet as far as the log knows. */
        COMMITTED,
        /** The target has let it run. The source's frozen copy is now rubbish. */
        RESUMED,
        /** Ended: the source has destroyed its copy. */
        CLEANED,
        /** Ended before the commit: the source still owns the service. */
        ABORTED,
        /** Ended after the commit: the target proved that it never let it run, and the source owns it again. */
        REVERTED;

        /** Whether nothing more will happen to this move. */
        public boolean ended() {
            return this == CLEANED || this == ABORTED || this == REVERTED;
        }
    }

    MoveRecord with(Phase newPhase, String newReason) {
        return new MoveRecord(id, service, from, to, epoch, newPhase, newReason, startedAtMillis, sourceGone);
    }

    MoveRecord withoutSource() {
        return new MoveRecord(id, service, from, to, epoch, phase, reason, startedAtMillis, true);
    }
}
