package norikae.mirror.primary;

import java.time.Duration;
import norikae.failover.model.NodeId;
import norikae.failover.model.ReplicationMode;
import norikae.mirror.state.Reconciliation;
import norikae.mirror.state.ReplicaState;
import norikae.mirror.store.Generation;
import org.jspecify.annotations.Nullable;

/**
 * How a replica stands, for people and for alarms.
 *
 * @param reason why it is not streaming; empty if it is
 * @param differingBytes what it lacks, as far as that is in its map
 * @param historyBytes what waits to be sent or to be acknowledged, in memory and on disk
 * @param historyOps how many writes that is
 * @param behind how old the oldest write is that it has not confirmed; zero if there is none
 * @param resyncDone bytes looked at in the resync that runs; 0 if none does
 * @param resyncTotal bytes to be looked at in it
 * @param resyncSent bytes of content that had to be sent for it
 * @param resyncTime how long it has been running
 * @param historyDiskBytes how much of the history is on disk
 * @param consistentAge it holds the volume as it was so long ago; null if that is not known, or it holds a mixture just now
 * @param generation the newest that it has for certain; null if not known
 * @param refusal why the two copies were not joined, while the state is {@link ReplicaState#REFUSED}
 */
public record ReplicaStatus(
        NodeId node,
        ReplicationMode mode,
        ReplicaState state,
        String reason,
        long differingBytes,
        long historyBytes,
        long historyOps,
        Duration behind,
        long resyncDone,
        long resyncTotal,
        long resyncSent,
        Duration resyncTime,
        Reconciliation.@Nullable Refusal refusal,
        long historyDiskBytes,
        @Nullable Duration consistentAge,
        @Nullable Generation generation) {}
