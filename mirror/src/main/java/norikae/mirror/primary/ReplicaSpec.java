package norikae.mirror.primary;

import java.net.InetSocketAddress;
import norikae.failover.model.NodeId;
import norikae.failover.model.ReplicationMode;

/**
 * A replica as its primary is told of it.
 *
 * @param node whose it is
 * @param address that node's mirror port
 * @param mode what a write waits for
 * @param packing when frames are packed with LZ4
 * @param historyMemory what may wait in memory, in bytes
 * @param historyDisk what may wait on disk beyond that, in bytes; asynchronous replicas only
 * @param whenFull what happens when both are full
 */
public record ReplicaSpec(
        NodeId node,
        InetSocketAddress address,
        ReplicationMode mode,
        Packing packing,
        long historyMemory,
        long historyDisk,
        WhenFull whenFull) {

    private static final long MEMORY = 64L << 20;
    private static final long DISK = 4L << 30;
    private static final long MEMORY_MIN = 1 << 20;

    /** When to spend processor time to save line. */
    public enum Packing {
        NEVER,
        /** While the line is what frames wait for. */
        WHEN_WAITING,
        ALWAYS
    }

    /** What becomes of writes when an asynchronous replica cannot follow. */
    public enum WhenFull {
        /** They wait, as long as the replica is connected; the service slows down to what the line takes. */
        THROTTLE,
        /** They go on; the replica keeps its earlier state for the moment and is resynchronised then. */
        RESYNC
    }

    public ReplicaSpec {
        if (historyMemory < MEMORY_MIN || historyDisk < 0) {
            throw new IllegalArgumentException("history of " + historyMemory + " bytes in memory and " + historyDisk
                    + " on disk is not possible; memory takes at least " + MEMORY_MIN);
        }
    }

    public static ReplicaSpec of(NodeId node, InetSocketAddress address, ReplicationMode mode) {
        return new ReplicaSpec(node, address, mode, Packing.WHEN_WAITING, MEMORY, DISK, WhenFull.THROTTLE);
    }
}
