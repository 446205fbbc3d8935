package norikae.agent.client;

/** The cluster refused, failed or could not be asked; the message is for a person. */
public final class ControlException extends RuntimeException {

    private static final long serialVersionUID = 1;

    private final Kind kind;

    /** What a caller may want to tell apart. */
    public enum Kind {
        /** No such service, node or move. */
        NOT_FOUND,
        ALREADY_EXISTS,
        /** It cannot be done now; the message says what to do. */
        PRECONDITION,
        /** The request itself is wrong. */
        INVALID,
        /** The caller's role does not allow it, or one end does not believe the other's certificate. */
        PERMISSION,
        /** No member answers, or the one that does has no majority; safe to ask again. */
        UNREACHABLE,
        /** The move ended without moving; the service is where it was. */
        ABORTED,
        /** The call was ended on this side. */
        CANCELLED,
        /** Anything else: a fault in Norikae. */
        FAILED
    }

    public ControlException(Kind kind, String message) {
        super(message);
        this.kind = kind;
    }

    public ControlException(Kind kind, String message, Throwable cause) {
        super(message, cause);
        this.kind = kind;
    }

    public Kind kind() {
        return kind;
    }
}
