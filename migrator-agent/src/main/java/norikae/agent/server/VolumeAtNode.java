package norikae.agent.server;

import io.grpc.Status;
import java.util.UUID;
import norikae.agent.api.v1.CheckGrowthReply;
import norikae.agent.api.v1.CheckGrowthRequest;
import norikae.agent.api.v1.HandOverVolumeReply;
import norikae.agent.api.v1.HandOverVolumeRequest;
import norikae.agent.api.v1.PrepareCopyReply;
import norikae.agent.api.v1.PrepareCopyRequest;
import norikae.agent.api.v1.RemoveCopyReply;
import norikae.agent.api.v1.RemoveCopyRequest;
import norikae.agent.api.v1.ReportVolumesReply;
import norikae.agent.peer.ApiException;
import norikae.agent.volume.VolumeKeeper;
import norikae.failover.log.ClusterLog;
import norikae.failover.model.Epoch;
import norikae.failover.model.NodeId;
import norikae.failover.model.Volume;
import norikae.failover.model.VolumeCopy;
import norikae.failover.model.VolumeName;
import norikae.mirror.store.StoreException;
import org.jspecify.annotations.Nullable;

/** What other agents want of the volumes of this node. Thread-safe. */
final class VolumeAtNode {

    private final NodeId self;
    private final ClusterLog log;
    private final VolumeKeeper keeper;
    private final VolumeDevices devices;

    VolumeAtNode(NodeId self, ClusterLog log, VolumeKeeper keeper, VolumeDevices devices) {
        this.self = self;
        this.log = log;
        this.keeper = keeper;
        this.devices = devices;
    }

    private interface Work<T> {
        T run() throws StoreException, InterruptedException;
    }

    private static <T> T done(Work<T> work) {
        try {
            return work.run();
        } catch (StoreException e) {
            throw new ApiException(Status.Code.FAILED_PRECONDITION, String.valueOf(e.getMessage()), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ApiException(Status.Code.CANCELLED, "the agent is shutting down", e);
        } catch (IllegalArgumentException e) {
            throw new ApiException(Status.Code.INVALID_ARGUMENT, String.valueOf(e.getMessage()), e);
        }
    }

    private static @Nullable String storage(String told) {
        return told.isEmpty() ? null : VolumeCopy.checkShared(told);
    }

    PrepareCopyReply prepare(PrepareCopyRequest request) {
        return done(() -> {
            keeper.prepare(
                    new VolumeName(request.getName()),
                    UUID.fromString(request.getId()),
                    request.getBytes(),
                    storage(request.getShared()),
                    request.getMade());
            return PrepareCopyReply.getDefaultInstance();
        });
    }

    CheckGrowthReply checkGrowth(CheckGrowthRequest request) {
        devices.requireDetached(new VolumeName(request.getName()));
        return done(() -> {
            keeper.requireRoom(new VolumeName(request.getName()), UUID.fromString(request.getId()), request.getBytes());
            return CheckGrowthReply.getDefaultInstance();
        });
    }

    RemoveCopyReply remove(RemoveCopyRequest request) {
        devices.cutOff(new VolumeName(request.getName()));
        return done(() -> {
            keeper.remove(
                    new VolumeName(request.getName()), UUID.fromString(request.getId()), storage(request.getShared()));
            return RemoveCopyReply.getDefaultInstance();
        });
    }

    HandOverVolumeReply handOver(HandOverVolumeRequest request) {
        devices.requireDetached(new VolumeName(request.getName()));
        return done(() -> {
            HandOverVolumeReply.Builder reply = HandOverVolumeReply.newBuilder();
            NodeId mustHave = request.getMustHave().isEmpty() ? null : new NodeId(request.getMustHave());
            keeper.handOver(new VolumeName(request.getName()), new Epoch(request.getEpoch()), mustHave)
                    .forEach(node -> reply.addComplete(node.value()));
            return reply.build();
        });
    }

    ReportVolumesReply report() {
        ReportVolumesReply.Builder reply = ReportVolumesReply.newBuilder();
        for (Volume volume : log.latestKnown().volumes().values()) {
            if (volume.isWrittenBy(self)) {
                keeper.written(volume.name(), volume.epoch())
                        .ifPresentOrElse(
                                open -> reply.addVolumes(VolumeWords.told(volume, open, keeper.uri(volume.name()))),
                                () -> keeper.complaint(volume.name())
                                        .ifPresent(why -> reply.addVolumes(VolumeWords.complaint(volume, why))));
            }
        }
        return reply.build();
    }
}
