package norikae.failover.move;

import norikae.failover.model.MoveRecord;
import org.jspecify.annotations.Nullable;

/** What becomes of a copy that was on its way out when its agent died or its move failed. */
public enum SourceEnding {
    /** Ask the log to abort the move first, then look again. */
    ASK_LOG_TO_ABORT,
    /** It owns the service: undo the freeze and go on. */
    THAW,
    /** The target owns the service but has not said whether it runs: keep the frozen copy, it is the insurance. */
    KEEP_FROZEN,
    /** Somebody else runs it, or may: destroy the copy. */
    DESTROY;

    /**
     * @param phase what the log says of the move, read with certainty; {@code null} if the log does not know it (then it
     *     can never commit: a commit needs a begun move)
     * @param wouldOwn whether the log says in the same breath that this node owns the service under the epoch under which
     *     the copy would wake. The log forgets a move when the next one of the service begins, so not knowing it says
     *     nothing of how it ended
     */
    public static SourceEnding of(MoveRecord.@Nullable Phase phase, boolean wouldOwn) {
        SourceEnding awake = wouldOwn ? THAW : DESTROY;
        if (phase == null) {
            return awake;
        }
        return switch (phase) {
            case PREPARING -> ASK_LOG_TO_ABORT;
            case ABORTED, REVERTED -> awake;
            case COMMITTED -> KEEP_FROZEN;
            case RESUMED, CLEANED -> DESTROY;
        };
    }
}
