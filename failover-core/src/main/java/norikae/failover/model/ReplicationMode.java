package norikae.failover.model;

/** What a write waits for before it is acknowledged, as far as one replica is concerned. */
public enum ReplicationMode {
    /** The replica has written it; a flush or a write with FUA is stable there as well. */
    SYNC,
    /** The replica has it in memory; so is a flush. What that replica's power failure takes, it gets again. */
    SEMI_SYNC,
    /** Nothing: the replica follows as fast as the link allows, in the order of the writes. */
    ASYNC
}
