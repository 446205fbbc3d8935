package norikae.mirror.primary;

import java.util.function.Consumer;
import norikae.failover.model.Epoch;
import norikae.failover.model.NodeId;
import norikae.failover.model.VolumeName;

/**
 * Where a primary asks before it goes on without a replica that had every acknowledged write until now. Whoever implements it
 * makes sure, in the replicated log, that this replica is not promoted unknowingly, and only then agrees; until then no write
 * is acknowledged.
 */
@FunctionalInterface
public interface LossPort {

    /**
     * @param answer called once, on any thread: true if the loss is noted and this node still is the primary under that epoch;
     *     false if it no longer is, which fences the volume
     */
    void replicaLost(VolumeName volume, Epoch epoch, NodeId replica, Consumer<Boolean> answer);
}
