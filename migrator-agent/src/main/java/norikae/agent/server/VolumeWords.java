package norikae.agent.server;

import io.grpc.Status;
import java.time.Duration;
import java.util.Optional;
import norikae.agent.api.v1.CopyStatus;
import norikae.agent.api.v1.MirrorSettings;
import norikae.agent.api.v1.VolumeStatus;
import norikae.agent.api.v1.WhenHistoryFull;
import norikae.agent.peer.ApiException;
import norikae.failover.model.ClusterState;
import norikae.failover.model.MirrorOptions;
import norikae.failover.model.NodeId;
import norikae.failover.model.ReplicationMode;
import norikae.failover.model.ServiceRecord;
import norikae.failover.model.Volume;
import norikae.failover.model.VolumeCopy;
import norikae.mirror.primary.PrimaryVolume;
import norikae.mirror.primary.ReplicaStatus;
import norikae.mirror.state.Reconciliation;
import norikae.mirror.store.Generation;
import org.jspecify.annotations.Nullable;

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

    static MirrorOptions mirror(MirrorSettings settings) {
        MirrorOptions.WhenFull whenFull =
                switch (settings.getWhenFull()) {
                    case WHEN_HISTORY_FULL_THROTTLE -> MirrorOptions.WhenFull.THROTTLE;
                    case WHEN_HISTORY_FULL_RESYNC -> MirrorOptions.WhenFull.RESYNC;
                    case WHEN_HISTORY_FULL_UNSPECIFIED, UNRECOGNIZED ->
                        throw new ApiException(
                                Status.Code.INVALID_ARGUMENT,
                                "nothing says what happens when the history is full: say throttle or resync");
                };
        try {
            return new MirrorOptions(
                    settings.getHistoryMemoryBytes(),
                    settings.getHistoryDiskBytes(),
                    whenFull,
                    settings.getResyncBytesPerSecond());
        } catch (IllegalArgumentException e) {
            throw new ApiException(Status.Code.INVALID_ARGUMENT, String.valueOf(e.getMessage()), e);
        }
    }

    private static MirrorSettings mirror(MirrorOptions options) {
        return MirrorSettings.newBuilder()
                .setHistoryMemoryBytes(options.historyMemoryBytes())
                .setHistoryDiskBytes(options.historyDiskBytes())
                .setWhenFull(
                        switch (options.whenFull()) {
                            case THROTTLE -> WhenHistoryFull.WHEN_HISTORY_FULL_THROTTLE;
                            case RESYNC -> WhenHistoryFull.WHEN_HISTORY_FULL_RESYNC;
                        })
                .setResyncBytesPerSecond(options.resyncBytesPerSecond())
                .build();
    }

    /** What the log knows, with what the primary told of its replicas. */
    static VolumeStatus status(ClusterState state, Volume volume, Optional<VolumeStatus> told) {
        VolumeStatus.Builder status = VolumeStatus.newBuilder()
                .setName(volume.name().value())
                .setBytes(volume.bytes())
                .setPrimary(volume.idles() ? "" : volume.primary().value())
                .setIdle(volume.idles())
                .setEpoch(volume.epoch().value())
                .setLossyEpoch(volume.lossy() == null ? 0 : volume.lossy().value())
                .setMirror(mirror(volume.mirrorOrDefault()))
                .setService(user(state, volume))
                .setOpen(told.isPresent() && told.get().getOpen())
                .setComplaint(told.map(VolumeStatus::getComplaint).orElse(""))
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
                .setShared(copy.shared() == null ? "" : copy.shared())
                .build();
    }

    /** What a primary tells of a volume that it cannot open. */
    static VolumeStatus complaint(Volume volume, String why) {
        return VolumeStatus.newBuilder()
                .setName(volume.name().value())
                .setComplaint(why)
                .build();
    }

    /** What a primary tells of its replicas. */
    static VolumeStatus told(Volume volume, PrimaryVolume open, String uri) {
        VolumeStatus.Builder status = VolumeStatus.newBuilder()
                .setName(volume.name().value())
                .setUri(uri)
                .setOpen(true);
        long now = System.currentTimeMillis();
        status.addCopies(CopyStatus.newBuilder()
                .setNode(volume.primary().value())
                .setConsistentAtMillis(now)
                .setGeneration(generation(open.record().newest().orElse(null))));
        open.status().forEach(replica -> status.addCopies(told(replica, now)));
        return status.build();
    }

    private static CopyStatus told(ReplicaStatus replica, long now) {
        CopyStatus.Builder copy = CopyStatus.newBuilder()
                .setNode(replica.node().value())
                .setState(replica.state().name())
                .setReason(replica.reason())
                .setDifferingBytes(replica.differingBytes())
                .setHistoryBytes(replica.historyBytes())
                .setHistoryDiskBytes(replica.historyDiskBytes())
                .setHistoryOps(replica.historyOps())
                .setBehindMillis(replica.behind().toMillis())
                .setResyncDoneBytes(replica.resyncDone())
                .setResyncTotalBytes(replica.resyncTotal())
                .setResyncSentBytes(replica.resyncSent())
                .setResyncMillis(replica.resyncTime().toMillis())
                .setGeneration(generation(replica.generation()));
        Duration age = replica.consistentAge();
        if (age != null) {
            copy.setConsistentAtMillis(now - age.toMillis());
        }
        Reconciliation.Refusal refusal = replica.refusal();
        if (refusal != null) {
            copy.setRefusal(refusal.code().name());
            Generation unknown = refusal.unknown();
            if (unknown != null) {
                copy.setUnknownGeneration(unknown.id().toString())
                        .setUnknownWriter(unknown.writer().value())
                        .setUnknownEpoch(unknown.epoch().value());
            }
        }
        return copy.build();
    }

    private static String generation(@Nullable Generation generation) {
        return generation == null ? "" : generation.id().toString();
    }
}
