package norikae.agent.server;

import io.grpc.Status;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import norikae.agent.api.v1.AttachVolumeReply;
import norikae.agent.api.v1.AttachVolumeRequest;
import norikae.agent.api.v1.DetachVolumeReply;
import norikae.agent.api.v1.DetachVolumeRequest;
import norikae.agent.peer.ApiException;
import norikae.agent.peer.LogWriter;
import norikae.agent.peer.Peers;
import norikae.agent.volume.VolumeKeeper;
import norikae.agent.volume.VolumeMounts;
import norikae.failover.model.ClusterState;
import norikae.failover.model.NodeId;
import norikae.failover.model.ServiceRecord;
import norikae.failover.model.Volume;
import norikae.failover.model.VolumeMount;
import norikae.failover.model.VolumeName;

/** Volumes as block devices for operators, where they are written. Thread-safe. */
final class VolumeDevices {

    private static final Duration OPEN_PATIENCE = Duration.ofSeconds(10);

    private final NodeId self;
    private final LogWriter log;
    private final Peers peers;
    private final VolumeKeeper keeper;
    private final VolumeMounts mounts;

    VolumeDevices(NodeId self, LogWriter log, Peers peers, VolumeKeeper keeper, VolumeMounts mounts) {
        this.self = self;
        this.log = log;
        this.peers = peers;
        this.keeper = keeper;
        this.mounts = mounts;
    }

    /**
     * A device would keep its users waiting for ever if the volume went elsewhere.
     *
     * @throws ApiException FAILED_PRECONDITION if it is a device of this node
     */
    void requireDetached(VolumeName name) {
        Optional<String> device = mounts.device(name);
        if (device.isPresent()) {
            throw new ApiException(
                    Status.Code.FAILED_PRECONDITION,
                    "volume " + name + " is attached to node " + self + " as " + device.get()
                            + ": 'norikae volume detach " + name + "' first");
        }
    }

    /** The volume is forgotten: nobody waits for it any more. */
    void cutOff(VolumeName name) {
        try {
            mounts.unmount(name, false);
        } catch (IOException e) {
            throw new ApiException(Status.Code.FAILED_PRECONDITION, String.valueOf(e.getMessage()), e);
        }
    }

    /** Where it is written, whoever was asked. */
    AttachVolumeReply attach(AttachVolumeRequest request) {
        VolumeName name = VolumeControl.name(request.getName());
        Volume volume = requireForOperators(log.read(), name);
        if (!volume.primary().equals(self)) {
            return peers.cluster(volume.primary()).attachVolume(request);
        }
        if (!request.getPath().isEmpty()) {
            try {
                var _ = new VolumeMount(name, request.getPath());
            } catch (IllegalArgumentException e) {
                throw VolumeControl.invalid(String.valueOf(e.getMessage()));
            }
        }
        try {
            keeper.awaitWritten(name, OPEN_PATIENCE);
            String device = mounts.attach(name, volume.bytes());
            if (!request.getPath().isEmpty()) {
                mounts.mount(name, Path.of(request.getPath()), Optional.of("root"));
            }
            return AttachVolumeReply.newBuilder()
                    .setNode(self.value())
                    .setDevice(device)
                    .build();
        } catch (IOException e) {
            throw new ApiException(Status.Code.FAILED_PRECONDITION, String.valueOf(e.getMessage()), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ApiException(Status.Code.CANCELLED, "the agent is shutting down", e);
        }
    }

    DetachVolumeReply detach(DetachVolumeRequest request) {
        VolumeName name = VolumeControl.name(request.getName());
        Volume volume = requireForOperators(log.read(), name);
        if (!volume.primary().equals(self)) {
            return peers.cluster(volume.primary()).detachVolume(request);
        }
        try {
            mounts.unmount(name, keeper.serves(name));
            return DetachVolumeReply.newBuilder().setNode(self.value()).build();
        } catch (IOException e) {
            throw new ApiException(Status.Code.FAILED_PRECONDITION, String.valueOf(e.getMessage()), e);
        }
    }

    /** Not one that is mounted where a service is, nor one that nobody writes. */
    private static Volume requireForOperators(ClusterState state, VolumeName name) {
        Volume volume = VolumeControl.require(state, name);
        Optional<ServiceRecord> user = state.services().values().stream()
                .filter(s -> s.spec().volumesOrNone().stream()
                        .anyMatch(m -> m.volume().equals(name)))
                .findFirst();
        if (user.isPresent()) {
            throw new ApiException(
                    Status.Code.FAILED_PRECONDITION,
                    "volume " + name + " is mounted where service "
                            + user.get().spec().name() + " is, on node "
                            + user.get().owner() + ": use it there, or stop the service");
        }
        if (volume.idles()) {
            throw new ApiException(
                    Status.Code.FAILED_PRECONDITION, "volume " + name + " is idle: promote it where it is to be used");
        }
        return volume;
    }
}
