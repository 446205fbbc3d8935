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
    /** The target runs it: destroy the copy. */
    DESTROY;

    /**
     * @param phase what the log says of the move, read with certainty; {@code null} if the log does not know it (then it
     *     can never commit: a commit needs a begun move)
     */
    public static SourceEnding of(MoveRecord.@Nullable Phase phase) {
        if (phase == null) {
            return THAW;
        }
        return switch (phase) {
            case PREPARING -> ASK_LOG_TO_ABORT;
            case ABORTED, REVERTED -> THAW;
            case COMMITTED -> KEEP_FROZEN;
            case RESUMED, CLEANED -> DESTROY;
        };
    }
}
