package norikae.failover.member;

/**
 * Something that an operator should know and may have to act on; immutable. {@code docs/operations.md} lists the kinds.
 *
 * @param subject the node or service
 * @param text what is wrong
 * @param remedy what to do about it
 */
public record Alarm(Kind kind, String subject, String text, String remedy) {

    /** Stable words for programs. */
    public enum Kind {
        NODE_SILENT,
        NO_PROOF,
        NODE_FENCED,
        NO_LEASE,
        SERVICE_WAITS,
        SERVICE_HOMELESS
    }
}
