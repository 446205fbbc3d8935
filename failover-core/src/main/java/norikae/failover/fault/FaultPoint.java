package norikae.failover.fault;

/** The moments of a move at which tests strike, on the side that reaches them, in the order of a good move. */
public enum FaultPoint {
    /** The operator's wish was accepted; nothing has been looked at. */
    SOURCE_PLANNED,
    /** Both ends agree that the move can work. */
    SOURCE_CHECKED,
    /** The target has made the empty capsule and the image store. */
    TARGET_PREPARED,
    /** The log has reserved the epoch and the target is ready. */
    SOURCE_PREPARED,
    /** Pages are arriving; the service still runs. */
    TARGET_RECEIVING,
    /** A round of pre-copy was sent; the service still runs. */
    SOURCE_ROUND,
    /** The dump has begun; the service still runs. */
    SOURCE_COPYING,
    /** The tree is stopped and its link detached; its sockets are not dumped yet. */
    SOURCE_FROZEN,
    /** A service with volumes: nobody writes them any more, and the target's copies have everything. */
    SOURCE_VOLUMES,
    /** It has mounted them, provisionally. */
    TARGET_VOLUMES,
    /** Memory pages are on their way. */
    SOURCE_DUMPING,
    /** All images are complete and the tree is held in post-dump; the target has not been told. */
    SOURCE_DUMPED,
    /** The target has everything, checked; CRIU holds the rebuilt tree. */
    TARGET_RECEIVED,
    /** The source knows that. */
    SOURCE_RECEIVED,
    /** The tree is rebuilt and held in post-restore. */
    TARGET_RESTORED,
    /** The source knows that. */
    SOURCE_RESTORED,
    /** The log has made the target the owner; CRIU has let go, and the tree stands frozen in its cgroup. */
    TARGET_COMMITTED,
    /** The source knows that. */
    SOURCE_COMMITTED,
    /** The tree is about to run: it stands frozen in its cgroup, its link detached. */
    TARGET_RELEASED,
    /** A service with volumes: the target writes them, and nobody can take the service back. The tree stands still. */
    TARGET_ACTIVATED,
    /** The tree runs and is reachable; the log does not know yet. */
    TARGET_RESUMED,
    /** A hybrid move: the target asks for the rest of the memory, and the source begins to send it. */
    SOURCE_DRAINING,
    /** A hybrid move: the service runs on the target, and some of its memory is still on the source. */
    TARGET_DRAINING,
    /** The source knows from the log that it may destroy its copy. */
    SOURCE_RESUMED,
    /** The source's copy is gone. */
    SOURCE_CLEANED
}
