package norikae.failover.move;

import norikae.failover.model.MoveRecord;
import org.jspecify.annotations.Nullable;

/** What becomes of a copy that was on its way in when its agent died or its move failed. */
public enum TargetEnding {
    /** Ask the log to abort the move first, then look again. */
    ASK_LOG_TO_ABORT,
    /** Nothing here may run: throw it away. */
    DISCARD,
    /** It owns the service, whole and frozen: let it run. */
    RESUME,
    /** It owns the service but never let it run and cannot: prove it to the log, which gives the service back. */
    REVERT,
    /** It runs already: adopt it, and tell the log. */
    ADOPT,
    /** It ran, or may have run, and is gone: the service has failed here. */
    REPORT_FAILED;

    /** What is on this node. */
    public enum Copy {
        /** No process of it. */
        NONE,
        /** Processes that CRIU has not let go: whatever they are, they have not run. */
        UNFINISHED,
        /** A whole tree that CRIU has let go, frozen in its cgroup. */
        RELEASED,
        /** It runs. */
        RUNNING
    }

    /**
     * @param phase what the log says of the move, read with certainty; {@code null} if the log does not know it
     * @param mayHaveRun the durable mark that is set before the first thaw
     */
    public static TargetEnding of(MoveRecord.@Nullable Phase phase, Copy copy, boolean mayHaveRun) {
        if (phase == null) {
            return DISCARD;
        }
        return switch (phase) {
            case PREPARING -> ASK_LOG_TO_ABORT;
            case ABORTED, REVERTED -> DISCARD;
            case COMMITTED ->
                switch (copy) {
                    case RUNNING -> ADOPT;
                    case RELEASED -> RESUME;
                    case NONE, UNFINISHED -> mayHaveRun ? REPORT_FAILED : REVERT;
                };
            case RESUMED, CLEANED ->
                switch (copy) {
                    case RUNNING -> ADOPT;
                    case RELEASED -> RESUME;
                    case NONE, UNFINISHED -> REPORT_FAILED;
                };
        };
    }
}
