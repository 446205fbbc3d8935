package norikae.agent.daemon;

import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import norikae.agent.api.v1.AdmitVoterRequest;
import norikae.agent.api.v1.PingReply;
import norikae.agent.capsule.Capsule;
import norikae.agent.capsule.CapsuleManager;
import norikae.agent.capsule.CapsuleSettings;
import norikae.agent.config.AgentConfig;
import norikae.agent.config.AgentDirectories;
import norikae.agent.criu.CriuBinary;
import norikae.agent.failover.Devices;
import norikae.agent.failover.FailoverDriver;
import norikae.agent.failover.NodeLife;
import norikae.agent.failover.ServerGuard;
import norikae.agent.failover.ServiceKeeper;
import norikae.agent.failover.SickServices;
import norikae.agent.monitor.Monitors;
import norikae.agent.move.Fills;
import norikae.agent.move.ImageDirectory;
import norikae.agent.move.MoveContext;
import norikae.agent.move.MoveResolver;
import norikae.agent.move.MoveSettings;
import norikae.agent.move.Moves;
import norikae.agent.move.ServiceActivities;
import norikae.agent.peer.ApiException;
import norikae.agent.peer.LogWriter;
import norikae.agent.peer.Peers;
import norikae.agent.peer.SpecMessages;
import norikae.agent.preflight.Preflight;
import norikae.agent.security.Identity;
import norikae.agent.server.AgentApi;
import norikae.agent.server.AgentServer;
import norikae.agent.server.Membership;
import norikae.agent.server.NodeReporter;
import norikae.agent.server.ServiceControl;
import norikae.agent.volume.CopyPlaces;
import norikae.agent.volume.MirrorPeers;
import norikae.agent.volume.MountWatch;
import norikae.agent.volume.ServiceVolumes;
import norikae.agent.volume.VolumeKeeper;
import norikae.agent.volume.VolumeMounts;
import norikae.failover.fault.FaultPoints;
import norikae.failover.log.ratis.RaftNode;
import norikae.failover.model.Command;
import norikae.failover.model.NodeId;
import norikae.failover.model.NodeRecord;
import norikae.failover.model.ServiceName;
import norikae.transfer.DataServer;
import norikae.transfer.TlsMaterial;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code norikaed}: starts the parts of an agent in the order in which they need each other, and stops them in the
 * opposite order. Services go on when it ends.
 */
public final class NorikaeDaemon {

    private static final Logger LOG = LoggerFactory.getLogger(NorikaeDaemon.class);
    private static final Duration CONFIG_POLL = Duration.ofMillis(100);
    private static final Duration ADMISSION_PATIENCE = Duration.ofSeconds(15);
    private static final Duration ADMISSION_RETRY = Duration.ofMillis(300);

    private NorikaeDaemon() {}

    public static void main(String[] args) throws Exception {
        AgentDirectories directories = AgentDirectories.fromSystemProperties();
        awaitConfiguration(directories);
        AgentConfig config = AgentConfig.load(directories);
        CountDownLatch stopped = new CountDownLatch(1);
        try (RunningAgent agent = start(config, directories)) {
            Runtime.getRuntime().addShutdownHook(new Thread(stopped::countDown, "shutdown"));
            LOG.info(
                    "norikaed ready: node={} cluster={} control={}:{}",
                    config.node(),
                    config.cluster(),
                    config.address(),
                    config.controlPort());
            stopped.await();
            LOG.info("norikaed stops; the services of node {} go on: {}", config.node(), agent);
        }
    }

    /** A node that has not joined a cluster yet has nothing to do. */
    private static void awaitConfiguration(AgentDirectories directories) throws InterruptedException {
        Path file = directories.configFile();
        if (!Files.exists(file)) {
            LOG.info(
                    "this node belongs to no cluster yet; waiting for {} ('norikae cluster init' or 'norikae node join')",
                    file);
        }
        while (!Files.exists(file)) {
            Thread.sleep(CONFIG_POLL);
        }
    }

    private static RunningAgent start(AgentConfig config, AgentDirectories directories) throws Exception {
        NodeId self = new NodeId(config.node());
        Identity identity = Identity.load(directories.pki());
        FaultPoints faults = FileGates.fromSystemProperty(config.node());
        List<AutoCloseable> parts = new ArrayList<>();

        RaftNode raft = RaftParts.start(config, directories, identity);
        parts.add(raft);
        LogWriter log = new LogWriter(raft);
        Peers peers = new Peers(raft, identity);
        parts.add(peers);
        TlsMaterial dataTls = new TlsMaterial(identity.certificate(), identity.privateKey(), identity.authority());
        CapsuleSettings capsuleSettings = CapsuleSettings.of(config, directories);
        VolumeKeeper volumes = VolumeKeeper.start(
                config.toNodeRecord(),
                raft,
                new CopyPlaces(directories.volumes(), config.storage().directories()),
                directories.promises(),
                directories.volumeSocket(),
                MirrorPeers.asReplica(dataTls),
                MirrorPeers.asPrimary(dataTls));
        parts.add(volumes);
        VolumeMounts mounts = new VolumeMounts(
                directories.mounts(),
                directories.volumeSocket(),
                capsuleSettings.cgroups().parent().child("volumes"));
        ServiceVolumes serviceVolumes = new ServiceVolumes(volumes, mounts);
        CapsuleManager capsules = new CapsuleManager(capsuleSettings, serviceVolumes);
        parts.add(capsules);
        NodeLife life = NodeLife.load(directories);
        CriuBinary criu = config.criu() == null ? CriuBinary.find() : CriuBinary.at(config.criu());
        Preflight preflight = new Preflight(self, criu, raft);
        ServiceActivities activities = new ServiceActivities();
        Fills fills = new Fills(
                directories.fills(), capsuleSettings.cgroups().parent().child("keepers"));
        for (ServiceName lost : fills.adopt()) {
            // What it missed is gone, and the kernel gives it zeros: it is found dead, and that is told.
            capsuleSettings.cgroups().child(lost.value()).kill();
        }
        ImageDirectory.removeAll(directories.moves());
        MoveContext context = new MoveContext(
                self,
                raft,
                peers,
                capsules,
                criu,
                preflight,
                dataTls,
                directories.moves(),
                MoveSettings.fromSystemProperties(),
                fills,
                serviceVolumes,
                faults);
        fills.resumeDrains(context);
        Moves moves = new Moves(context, activities);
        ServiceKeeper keeper = new ServiceKeeper(self, raft, capsules, activities);
        ServiceControl services = new ServiceControl(self, log, peers, capsules, activities, keeper);
        Membership membership = new Membership(config, directories, log, raft);
        parts.add(keeper);
        List<Capsule> adopted = capsules.adopt();
        if (life.leavesNothing() && !adopted.isEmpty()) {
            LOG.warn("this is a new life of node {}: killing what runs of an earlier one", self);
            keeper.killAll();
        }
        Devices devices = FencingDevices.of(directories.fencing());
        ServerGuard guard = ServerGuard.arm(config, life.isFirstSinceStart());
        FailoverDriver failover = FailoverDriver.start(
                new AgentFailoverParts(
                        config.toNodeRecord(),
                        identity,
                        config.disks().heartbeatDisks(),
                        raft,
                        devices,
                        keeper,
                        guard,
                        capsules,
                        peers),
                life);
        parts.add(failover);
        keeper.start();
        parts.add(MountWatch.start(capsules, mounts, keeper::restart));
        NodeReporter reporter = new NodeReporter(self, raft, failover, guard);
        Monitors monitors = new Monitors(capsules, activities::isBusy, new SickServices(keeper, failover));
        parts.add(monitors);
        monitors.start();

        InetSocketAddress dataAddress = new InetSocketAddress(config.address(), config.dataPort());
        parts.add(DataServer.start(dataAddress, dataTls, moves));
        PingReply ping = PingReply.newBuilder()
                .setSoftwareVersion(norikae.agent.Version.current())
                .setKernel(System.getProperty("os.version"))
                .build();
        AgentApi api = AgentApi.of(
                config,
                ping,
                log,
                peers,
                capsules,
                directories.services(),
                preflight,
                moves,
                services,
                membership,
                devices,
                keeper,
                activities,
                reporter,
                volumes,
                mounts,
                raft::leader);
        InetSocketAddress controlAddress = new InetSocketAddress(config.address(), config.controlPort());
        parts.add(AgentServer.start(controlAddress, identity, api));

        Thread resolver =
                Thread.ofPlatform().daemon().name("resolver").start(new MoveResolver(context, moves, activities)::run);
        parts.add(resolver::interrupt);
        Thread settling =
                Thread.ofPlatform().daemon().name("settling-in").start(() -> settleIn(config, log, raft, peers, self));
        parts.add(settling::interrupt);
        return new RunningAgent(Collections.unmodifiableList(parts.reversed()), adopted.size());
    }

    /** What takes a majority, and so may take a while. */
    private static void settleIn(AgentConfig config, LogWriter log, RaftNode raft, Peers peers, NodeId self) {
        try {
            becomeMember(config, log, raft, peers, self);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void becomeMember(AgentConfig config, LogWriter log, RaftNode raft, Peers peers, NodeId self)
            throws InterruptedException {
        NodeRecord me = config.toNodeRecord();
        AdmitVoterRequest request = AdmitVoterRequest.newBuilder()
                .setMember(SpecMessages.toMessage(me))
                .build();
        while (config.votes() && !config.bootstrap() && raft.voters().stream().noneMatch(v -> v.id().equals(self))) {
            for (NodeRecord member : config.members()) {
                try {
                    var _ = peers.askAt(member, ADMISSION_PATIENCE).admitVoter(request);
                    break;
                } catch (StatusRuntimeException e) {
                    LOG.info("not admitted to the log by {} yet: {}", member.id(), e.getMessage());
                }
            }
            Thread.sleep(ADMISSION_RETRY);
        }
        while (true) {
            try {
                if (!log.read().node(self).map(me::equals).orElse(false)) {
                    log.write(new Command.AddNode(me, System.currentTimeMillis()));
                }
                return;
            } catch (ApiException e) {
                LOG.info("waiting for the log: {}", e.getMessage());
                Thread.sleep(ADMISSION_RETRY);
            }
        }
    }

    /** Everything that must be closed, in the order of closing. */
    private record RunningAgent(List<AutoCloseable> parts, int adopted) implements AutoCloseable {
        @Override
        public void close() throws IOException {
            for (AutoCloseable part : parts) {
                try {
                    part.close();
                } catch (Exception e) {
                    LOG.warn("a part did not stop cleanly", e);
                }
            }
        }

        @Override
        public String toString() {
            return adopted + " adopted";
        }
    }
}
