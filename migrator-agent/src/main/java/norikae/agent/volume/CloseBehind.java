package norikae.agent.volume;

import java.time.Duration;
import norikae.failover.model.NodeId;
import norikae.failover.model.ReplicationMode;
import norikae.mirror.primary.PrimaryVolume;
import norikae.mirror.primary.ReplicaStatus;
import norikae.mirror.state.ReplicaState;
import norikae.mirror.store.StoreException;

/** Whether a replica is so close behind its primary that a hand-over to it will not take long. Stateless. */
final class CloseBehind {

    /** What the slowest line for which this is meant (1 MiB/s) takes within the patience of a hand-over. */
    private static final long HISTORY_BYTES_MAX = 4L << 20;

    private static final Duration BETWEEN = Duration.ofMillis(50);

    private CloseBehind() {}

    /** @throws StoreException it is not, and will not be soon: nothing has been stopped */
    static void await(PrimaryVolume volume, NodeId node, Duration patience) throws StoreException {
        String name = String.valueOf(volume.record().name());
        long deadline = System.nanoTime() + patience.toNanos();
        while (true) {
            ReplicaStatus replica = volume.status().stream()
                    .filter(r -> r.node().equals(node))
                    .findFirst()
                    .orElseThrow(() -> new StoreException(
                            StoreException.Kind.CLOSED, "volume " + name + " has no replica on " + node));
            if (replica.state() != ReplicaState.STREAMING) {
                throw notYet("the copy of volume " + name + " on " + node + " is " + replica.state() + " ("
                        + replica.reason() + "), and lacks writes: wait until 'norikae volume status " + name
                        + "' has it streaming");
            }
            if (replica.mode() != ReplicationMode.ASYNC || replica.historyBytes() <= HISTORY_BYTES_MAX) {
                return;
            }
            if (System.nanoTime() - deadline >= 0) {
                throw notYet("the copy of volume " + name + " on " + node + " has still to get "
                        + replica.historyBytes() + " bytes, and did not catch up within " + patience.toSeconds()
                        + " s: have whoever writes it slow down or stop, then try again");
            }
            try {
                Thread.sleep(BETWEEN);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new StoreException(StoreException.Kind.CLOSED, "interrupted while waiting for " + node, e);
            }
        }
    }

    private static StoreException notYet(String why) {
        return new StoreException(StoreException.Kind.CLOSED, why);
    }
}
