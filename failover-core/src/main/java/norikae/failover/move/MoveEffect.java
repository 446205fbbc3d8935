package norikae.failover.move;

/** What the driver is to do next; each effect answers with an event. All can safely be run again after a crash. */
public enum MoveEffect {
    /** Reserve the epoch in the log, then have the target make its empty capsule. Answers TargetPrepared. */
    RESERVE_AND_PREPARE,
    /** Start CRIU and the stream. Answers CopyStarted, TreeFrozen, CompleteSent. */
    COPY,
    /** Write AbortMove and wait for the log's verdict, however long it takes. Answers LogAborted or LogCommitted. */
    ASK_LOG_TO_ABORT,
    /** Undo the freeze: CRIU rolls back, link attached, cgroup thawed. Answers SourceThawed. */
    THAW_SOURCE,
    /** Tell the log and the target that nothing will come of it; best effort, the resolver repeats it. */
    DISCARD_TARGET,
    /** Kill the frozen copy and everything of its capsule. Answers SourceDestroyed. */
    DESTROY_SOURCE,
    /** Write FinishMove with the figures; best effort. */
    RECORD_FINISH
}
