package norikae.mirror.primary;

import java.time.Duration;
import java.util.List;
import norikae.failover.model.Epoch;
import norikae.failover.model.NodeId;
import norikae.mirror.PeerCheck;
import norikae.mirror.store.BlockStore;
import norikae.mirror.store.StoreException;
import norikae.mirror.store.VolumeDirectory;

/**
 * How a volume is opened to be written.
 *
 * @param node this node
 * @param epoch the right to write, from the replicated log
 * @param replicas all of them
 * @param peers how connections are protected
 * @param loss whom to ask before going on without a synchronous replica
 * @param silence how long a replica may say nothing before it counts as lost
 * @param writeThrough whether every write is made stable before it is acknowledged, as if it had FUA
 * @param resyncBytesPerSecond what a resync takes at most; 0 for no limit
 * @param store how the blocks are opened
 */
public record VolumeOptions(
        NodeId node,
        Epoch epoch,
        List<ReplicaSpec> replicas,
        PeerCheck peers,
        LossPort loss,
        Duration silence,
        boolean writeThrough,
        long resyncBytesPerSecond,
        StoreOpener store) {

    /** How the blocks are opened; tests put disks in here that fail. */
    @FunctionalInterface
    public interface StoreOpener {
        BlockStore open(VolumeDirectory directory) throws StoreException;
    }

    private static final Duration SILENCE = Duration.ofSeconds(3);

    public VolumeOptions {
        replicas = List.copyOf(replicas);
        if (silence.toMillis() < 100) {
            throw new IllegalArgumentException("silence " + silence + " is too short; at least 100 ms");
        }
    }

    public static VolumeOptions of(
            NodeId node, Epoch epoch, List<ReplicaSpec> replicas, PeerCheck peers, LossPort loss) {
        return new VolumeOptions(node, epoch, replicas, peers, loss, SILENCE, false, 0, VolumeDirectory::openBlocks);
    }
}
