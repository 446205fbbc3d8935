package norikae.lab.bench.mirror;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import java.net.InetSocketAddress;
import norikae.failover.model.NodeId;
import norikae.failover.model.ReplicationMode;
import norikae.mirror.primary.ReplicaSpec;
import norikae.mirror.primary.ReplicaSpec.Packing;
import norikae.mirror.primary.ReplicaSpec.WhenFull;

/**
 * A replica as the benchmark wants it, on its way to the host of the primary.
 *
 * @param node whose it is
 * @param address that host's
 * @param historyMemory what may wait for an asynchronous replica, in memory; when it is full, writes wait
 * @param historyDisk what may wait besides, on disk
 */
@JsonIgnoreProperties({"do", "number"})
record ReplicaChoice(
        String node, String address, ReplicationMode mode, Packing packing, long historyMemory, long historyDisk) {

    /** With the product's own defaults for the rest. */
    static ReplicaChoice of(String node, String address, ReplicationMode mode) {
        ReplicaSpec usual = ReplicaSpec.of(new NodeId(node), InetSocketAddress.createUnresolved(address, 1), mode);
        return new ReplicaChoice(node, address, mode, usual.packing(), usual.historyMemory(), usual.historyDisk());
    }

    ReplicaChoice with(Packing chosen) {
        return new ReplicaChoice(node, address, mode, chosen, historyMemory, historyDisk);
    }

    ReplicaChoice withHistory(long memory) {
        return new ReplicaChoice(node, address, mode, packing, memory, 0);
    }

    ReplicaSpec spec() {
        return new ReplicaSpec(
                new NodeId(node),
                new InetSocketAddress(address, MirrorHost.REPLICA_PORT),
                mode,
                packing,
                historyMemory,
                historyDisk,
                WhenFull.THROTTLE);
    }
}
