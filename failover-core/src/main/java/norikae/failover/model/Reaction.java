package norikae.failover.model;

/** What follows when a monitor has found its service sick. */
public enum Reaction {
    /** It is started again where it is, as often as its policy allows; then it fails over. */
    RESTART,
    /** It is stopped and started on another node. */
    FAILOVER,
    /** The whole node is taken for sick: it is stopped for certain, and all of its services fail over. */
    STOP_NODE;

    /** As specs and messages write it. */
    public String word() {
        return name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
    }
}
