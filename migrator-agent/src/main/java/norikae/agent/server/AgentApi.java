package norikae.agent.server;

import io.grpc.BindableService;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Supplier;
import norikae.agent.api.v1.PingReply;
import norikae.agent.capsule.CapsuleManager;
import norikae.agent.config.AgentConfig;
import norikae.agent.failover.Devices;
import norikae.agent.failover.ServiceKeeper;
import norikae.agent.move.Moves;
import norikae.agent.move.ServiceActivities;
import norikae.agent.peer.LogWriter;
import norikae.agent.peer.Peers;
import norikae.agent.preflight.Preflight;
import norikae.agent.volume.VolumeKeeper;
import norikae.agent.volume.VolumeMounts;
import norikae.failover.model.NodeId;

/** Both services of the control API, put together from the agent's parts. */
public record AgentApi(BindableService cluster, BindableService peer) {

    /** @param leader who leads the log just now, as far as this node knows */
    public static AgentApi of(
            AgentConfig config,
            PingReply ping,
            LogWriter log,
            Peers peers,
            CapsuleManager capsules,
            Path servicesDirectory,
            Preflight preflight,
            Moves moves,
            ServiceControl services,
            Membership membership,
            Devices devices,
            ServiceKeeper keeper,
            ServiceActivities activities,
            NodeReporter reporter,
            VolumeKeeper volumes,
            VolumeMounts mounts,
            Supplier<Optional<NodeId>> leader) {
        NodeId self = new NodeId(config.node());
        Changes changes = new Changes(log.log());
        LogParts logParts = new LogParts(self, servicesDirectory);
        LogReader logReader = new LogReader(self, log, peers, capsules, logParts);
        VolumeDevices volumeDevices = new VolumeDevices(self, log, peers, volumes, mounts);
        return new AgentApi(
                new ClusterEndpoint(
                        new StatusView(config.cluster(), self, ping, log, peers, reporter, leader),
                        new EventFeed(log, changes),
                        logReader,
                        services,
                        new MoveControl(self, log, peers, capsules, preflight, moves),
                        membership,
                        new FailoverControl(self, log, peers, devices, keeper, activities, changes, reporter),
                        new VolumeControl(self, log, peers, volumes),
                        volumeDevices,
                        changes),
                new PeerEndpoint(
                        config,
                        ping,
                        preflight,
                        moves,
                        logParts,
                        logReader,
                        membership,
                        reporter,
                        keeper,
                        new VolumeAtNode(self, log.log(), volumes, volumeDevices)));
    }
}
