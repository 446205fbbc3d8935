package norikae.agent.server;

import io.grpc.Status;
import java.util.Optional;
import norikae.agent.api.v1.CopyStatus;
import norikae.agent.api.v1.VolumeStatus;
import norikae.agent.peer.ApiException;
import norikae.failover.model.ClusterState;
import norikae.failover.model.NodeId;
import norikae.failover.model.ReplicationMode;
import norikae.failover.model.ServiceRecord;
import norikae.failover.model.Volume;
import norikae.failover.model.VolumeCopy;
import norikae.mirror.primary.PrimaryVolume;
import norikae.mirror.primary.ReplicaStatus;

/** Volumes as the API tells of them. Stateless. */
final class VolumeWords {

    private VolumeWords() {}

    static ReplicationMode mode(norikae.agent.api.v1.ReplicationMode mode) {
        return switch (mode) {
            case REPLICATION_MODE_SYNC -> ReplicationMode.SYNC;
            case REPLICATION_MODE_SEMI_SYNC -> ReplicationMode.SEMI_SYNC;
            case REPLICATION_MODE_ASYNC -> ReplicationMode.ASYNC;
            case REPLICATION_MODE_UNSPECIFIED, UNRECOGNIZED ->
                throw new ApiException(
                        Status.Code.INVALID_ARGUMENT, "a replica has no mode: say sync, semi-sync or async");
        };
    }

    private static norikae.agent.api.v1.ReplicationMode mode(ReplicationMode mode) {
        return switch (mode) {
            case SYNC -> norikae.agent.api.v1.ReplicationMode.REPLICATION_MODE_SYNC;
            case SEMI_SYNC -> norikae.agent.api.v1.ReplicationMode.REPLICATION_MODE_SEMI_SYNC;
            case ASYNC -> norikae.agent.api.v1.ReplicationMode.REPLICATION_MODE_ASYNC;
        };
    }

    /** What the log knows, with what the primary told of its replicas. */
    static VolumeStatus status(ClusterState state, Volume volume, Optional<VolumeStatus> told) {
        VolumeStatus.Builder status = VolumeStatus.newBuilder()
                .setName(volume.name().value())
                .setBytes(volume.bytes())
                .setPrimary(volume.primary().value())
                .setEpoch(volume.epoch().value())
                .setService(user(state, volume))
                .setOpen(told.isPresent())
                .setUri(told.map(VolumeStatus::getUri).orElse(""));
        volume.copies().forEach((node, copy) -> status.addCopies(copy(volume, node, copy, told)));
        return status.build();
    }

    private static String user(ClusterState state, Volume volume) {
        return state.services().values().stream()
                .filter(s -> s.spec().volumesOrNone().stream()
                        .anyMatch(m -> m.volume().equals(volume.name())))
                .map((ServiceRecord s) -> s.spec().name().value())
                .findFirst()
                .orElse("");
    }

    private static CopyStatus copy(Volume volume, NodeId node, VolumeCopy copy, Optional<VolumeStatus> told) {
        CopyStatus.Builder status = told.flatMap(t -> t.getCopiesList().stream()
                        .filter(c -> c.getNode().equals(node.value()))
                        .findFirst())
                .map(CopyStatus::toBuilder)
                .orElseGet(CopyStatus::newBuilder);
        if (status.getReason().isEmpty()) {
            status.setReason(copy.detail());
        }
        return status.setNode(node.value())
                .setMode(mode(copy.mode()))
                .setInSync(volume.isWholeOn(node))
                .build();
    }

    /** What a primary tells of its replicas. */
    static VolumeStatus told(Volume volume, PrimaryVolume open, String uri) {
        VolumeStatus.Builder status = VolumeStatus.newBuilder()
                .setName(volume.name().value())
                .setUri(uri)
                .setOpen(true);
        for (ReplicaStatus replica : open.status()) {
            status.addCopies(CopyStatus.newBuilder()
                    .setNode(replica.node().value())
                    .setState(replica.state().name())
                    .setReason(replica.reason())
                    .setDifferingBytes(replica.differingBytes())
                    .setHistoryBytes(replica.historyBytes())
                    .setBehindMillis(replica.behind().toMillis())
                    .setResyncDoneBytes(replica.resyncDone())
                    .setResyncTotalBytes(replica.resyncTotal())
                    .setResyncSentBytes(replica.resyncSent())
                    .setResyncMillis(replica.resyncTime().toMillis()));
        }
        return status.build();
    }
}
