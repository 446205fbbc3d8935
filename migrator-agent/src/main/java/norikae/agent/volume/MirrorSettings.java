package norikae.agent.volume;

import java.net.InetSocketAddress;
import norikae.failover.model.MirrorOptions;
import norikae.failover.model.NodeId;
import norikae.failover.model.ReplicationMode;
import norikae.failover.model.Volume;
import norikae.mirror.primary.ReplicaSpec;
import norikae.mirror.primary.VolumeOptions;

/** What the log says of a volume's mirror, as the mirror wants it. Stateless. */
final class MirrorSettings {

    private MirrorSettings() {}

    static ReplicaSpec replica(NodeId node, InetSocketAddress at, ReplicationMode mode, MirrorOptions options) {
        ReplicaSpec.WhenFull whenFull =
                switch (options.whenFull()) {
                    case THROTTLE -> ReplicaSpec.WhenFull.THROTTLE;
                    case RESYNC -> ReplicaSpec.WhenFull.RESYNC;
                };
        return new ReplicaSpec(
                node,
                at,
                mode,
                ReplicaSpec.Packing.WHEN_WAITING,
                options.historyMemoryBytes(),
                options.historyDiskBytes(),
                whenFull);
    }

    static VolumeOptions of(VolumeOptions usual, Volume volume) {
        return new VolumeOptions(
                usual.node(),
                usual.epoch(),
                usual.replicas(),
                usual.peers(),
                usual.loss(),
                usual.silence(),
                usual.writeThrough(),
                volume.mirrorOrDefault().resyncBytesPerSecond(),
                usual.store());
    }
}
