package norikae.failover.log.ratis;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.logging.Level;
import java.util.logging.Logger;
import norikae.failover.log.LogUnavailableException;
import norikae.failover.log.ratis.ClusterStateMachine.Known;
import norikae.failover.log.ratis.RaftClientLog.LastRead;
import norikae.failover.model.ClusterState;
import norikae.failover.model.Command;
import norikae.failover.model.NodeId;
import norikae.failover.model.Outcome;
import org.apache.ratis.protocol.RaftGroup;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.storage.RaftStorage;
import org.apache.ratis.util.ExitUtils;
import org.jspecify.annotations.Nullable;

/**
 * A voter: keeps the log on disk, votes, and applies what was committed. Thread-safe.
 *
 * <p>A new voter is started first and admitted afterwards, by {@link #addVoter} on any member; until then, and after it
 * was removed, it reads and submits over the network like a member that does not vote.
 */
public final class RaftNode implements ReplicatedLog {

    private static final Logger GRPC_LOG = Logger.getLogger("org.apache.ratis.thirdparty.io.grpc"); // keeps its level

    static {
        keepTheProcessAlive();
        quietGrpc();
    }

    private static final long CATCH_UP_MILLIS = 50; // a voter that is further behind asks the leader for the state

    private final NodeId self;
    private final RaftGroupId group;
    private final RaftServer server;
    private final ClusterStateMachine machine;
    private final RaftCaller caller;
    private final ChangeListeners listeners;
    private final AtomicReference<@Nullable String> failure;
    private final LastRead lastRead = new LastRead();

    private RaftNode(
            NodeId self,
            RaftGroupId group,
            RaftServer server,
            ClusterStateMachine machine,
            RaftCaller caller,
            ChangeListeners listeners,
            AtomicReference<@Nullable String> failure) {
        this.self = self;
        this.group = group;
        this.server = server;
        this.machine = machine;
        this.caller = caller;
        this.listeners = listeners;
        this.failure = failure;
    }

    /**
     * Starts the voter on what its directory holds. Returns when its port listens; a leader may be elected later.
     *
     * @throws IOException port in use, TLS files or directory unusable, snapshot damaged
     */
    public static RaftNode start(RaftSettings settings) throws IOException {
        return start(settings, RaftTuning.DEFAULT);
    }

    static RaftNode start(RaftSettings settings, RaftTuning tuning) throws IOException {
        Peer self = settings.selfAsPeer();
        RaftTls tls = RaftTls.load(settings.tls());
        Files.createDirectories(settings.storageDirectory());
        requireNoOtherLog(settings.storageDirectory(), tls.group());
        requireFreePort(settings);

        ChangeListeners listeners = new ChangeListeners(settings.self().value());
        AtomicReference<@Nullable String> failure = new AtomicReference<>();
        SilentVoters silent = new SilentVoters();
        ClusterStateMachine machine = new ClusterStateMachine(
                listeners::changed, message -> failure.compareAndSet(null, message), silent::notHeard);
        // What the directory holds about the voters overrides the group given here.
        RaftGroup initial = settings.bootstrap()
                ? RaftGroup.valueOf(tls.group(), Peers.toRatis(self))
                : RaftGroup.valueOf(tls.group());
        RaftServer server = RaftServer.newBuilder()
                .setServerId(Peers.id(settings.self()))
                .setGroup(initial)
                .setStateMachineRegistry(id -> machine)
                .setProperties(tuning.forServer(settings))
                .setParameters(tls.parameters())
                .setOption(RaftStorage.StartupOption.RECOVER)
                .build();
        silent.reconnectThrough(server);
        try {
            server.start();
            List<Peer> onDisk = Peers.voters(server.getDivision(tls.group()).getRaftConf());
            // A new voter is none yet, whatever the settings list: asking itself would lead nowhere.
            List<Peer> known = onDisk.isEmpty()
                    ? settings.peers().stream()
                            .filter(p -> !p.id().equals(settings.self()))
                            .toList()
                    : onDisk;
            RaftCaller caller = new RaftCaller(tls, known, () -> knownLeader(server, tls.group()));
            RaftNode node = new RaftNode(settings.self(), tls.group(), server, machine, caller, listeners, failure);
            listeners.add(node::learnVoters);
            return node;
        } catch (IOException | RuntimeException e) {
            server.close();
            listeners.close();
            String known = failure.get();
            throw new IOException(
                    known != null
                            ? known
                            : "the cluster's log in " + settings.storageDirectory() + " cannot be opened: "
                                    + e.getMessage(),
                    e);
        }
    }

    @Override
    public Outcome submit(Command command, Duration patience) throws LogUnavailableException, InterruptedException {
        byte[] bytes = LogCodec.encode(command);
        requireHealthy();
        return caller.submit(bytes, Deadline.in(patience));
    }

    /** Costs an entry of the log, see {@code RaftCaller.barrier}: ask {@link #latestKnown} for what is only shown. */
    @Override
    public ClusterState read(Duration patience) throws LogUnavailableException, InterruptedException {
        requireHealthy();
        Deadline deadline = Deadline.in(patience);
        if (!votes()) {
            return lastRead.refresh(caller, listeners, deadline);
        }
        long place = caller.barrier(deadline);
        if (machine.awaitApplied(place, Math.min(deadline.remainingMillis(), CATCH_UP_MILLIS))) {
            return machine.known().state();
        }
        Known own = machine.known();
        ClusterState newer = caller.readFrom(place, own.index(), deadline).state();
        return newer == null ? own.state() : newer;
    }

    @Override
    public ClusterState latestKnown() {
        return votes() ? machine.known().state() : lastRead.state();
    }

    @Override
    public void onChange(Runnable listener) {
        listeners.add(listener);
    }

    @Override
    public void addVoter(Peer peer, Duration patience) throws LogUnavailableException, InterruptedException {
        requireHealthy();
        caller.addVoter(peer, Deadline.in(patience));
    }

    @Override
    public void removeVoter(NodeId id, Duration patience) throws LogUnavailableException, InterruptedException {
        requireHealthy();
        caller.removeVoter(id, Deadline.in(patience));
    }

    @Override
    public Optional<NodeId> leader() {
        Optional<NodeId> known = knownLeader(server, group);
        return known.isPresent() || votes() ? known : caller.leader();
    }

    private static Optional<NodeId> knownLeader(RaftServer server, RaftGroupId group) {
        try {
            RaftPeerId id = server.getDivision(group).getInfo().getLeaderId();
            return id == null ? Optional.empty() : Optional.of(new NodeId(id.toString()));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    @Override
    public void transferLeadership(NodeId to, Duration patience) throws LogUnavailableException, InterruptedException {
        requireHealthy();
        caller.transferLeadership(to, Deadline.in(patience));
    }

    @Override
    public List<Peer> voters() {
        List<Peer> local = localVoters();
        return local.isEmpty() ? caller.voters() : local;
    }

    /** Why this voter has stopped for good (its disk is full, an entry is unreadable), if it has. */
    public Optional<String> failure() {
        return Optional.ofNullable(failure.get());
    }

    @Override
    public void close() {
        caller.close();
        try {
            server.close();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException("the cluster's log on node " + self + " was not closed in order", e);
        } finally {
            listeners.close();
        }
    }

    private boolean votes() {
        return localVoters().stream().anyMatch(v -> v.id().equals(self));
    }

    private List<Peer> localVoters() {
        try {
            return Peers.voters(server.getDivision(group).getRaftConf());
        } catch (IOException e) {
            return List.of();
        }
    }

    private void learnVoters() {
        caller.learn(localVoters());
    }

    private void requireHealthy() throws LogUnavailableException {
        String message = failure.get();
        if (message != null) {
            throw new LogUnavailableException(message, new IllegalStateException("stopped"));
        }
    }

    /** Ratis would end the process when the port is taken. */
    private static void requireFreePort(RaftSettings settings) throws IOException {
        InetSocketAddress address = new InetSocketAddress(settings.bindAddress(), settings.port());
        try (ServerSocket probe = new ServerSocket()) {
            probe.setReuseAddress(true);
            probe.bind(address);
        } catch (IOException e) {
            throw new IOException(
                    "raft port " + settings.bindAddress() + ":" + settings.port() + " of node " + settings.self()
                            + " cannot be used: " + e.getMessage() + "; is another agent running?",
                    e);
        }
    }

    private static void requireNoOtherLog(Path directory, RaftGroupId group) throws IOException {
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory, Files::isDirectory)) {
            for (Path entry : entries) {
                String name = String.valueOf(entry.getFileName());
                if (name.length() == 36 && !name.equals(group.getUuid().toString())) {
                    throw new IOException("directory " + directory + " holds the log of another cluster (" + name
                            + "): give this node an empty one, or the certificates of that cluster");
                }
            }
        }
    }

    /** gRPC inside Ratis logs through java.util.logging, past Logback, and about sockets at that. */
    private static void quietGrpc() {
        GRPC_LOG.setLevel(Level.WARNING);
    }

    /**
     * Ratis' way to deal with an unexpected exception is to end the process, even for threads that are none of its
     * business: it installs a handler for all uncaught exceptions of the JVM. Services must outlive their agent's log.
     */
    private static void keepTheProcessAlive() {
        Thread.UncaughtExceptionHandler before = Thread.getDefaultUncaughtExceptionHandler();
        ExitUtils.disableSystemExit();
        ExitUtils.setTerminateOnUncaughtException(false);
        Thread.setDefaultUncaughtExceptionHandler(before);
    }
}
