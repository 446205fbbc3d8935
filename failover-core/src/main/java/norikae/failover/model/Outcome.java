package norikae.failover.model;

/** The log's answer to a command: a value, because a refusal is an expected answer and not a failure. */
public sealed interface Outcome {

    /** The state has changed as asked, or already was so (commands can safely be sent again). */
    record Accepted(Epoch epoch) implements Outcome {}

    /** Nothing has changed. */
    record Refused(Refusal code, String message) implements Outcome {}

    /** Why a command was refused; a stable word for programs. */
    enum Refusal {
        UNKNOWN_NODE,
        UNKNOWN_SERVICE,
        UNKNOWN_VOLUME,
        UNKNOWN_MOVE,
        UNKNOWN_TOKEN,
        ALREADY_EXISTS,
        ADDRESS_IN_USE,
        NODE_BUSY,
        NOT_ALLOWED,
        MOVE_IN_FLIGHT,
        ALREADY_COMMITTED,
        ALREADY_ENDED,
        STALE_EPOCH,
        STALE_REPORT
    }
}
