package norikae.failover.log.ratis;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import norikae.failover.log.ClusterLog;
import norikae.failover.model.ClusterState;
import norikae.failover.model.Command;
import norikae.failover.model.NodeId;
import norikae.failover.model.NodeRecord;

/** Voters in this JVM, each with its own port and directory; closes whatever it started. */
final class TestCluster implements AutoCloseable {

    static final Duration PATIENCE = Duration.ofSeconds(20);

    private final Path directory;
    private final TestAuthority authority;
    private final RaftTuning tuning;
    private final NavigableMap<String, Peer> peers = new TreeMap<>();
    private final NavigableMap<String, RaftNode> running = new TreeMap<>();
    private final List<RaftClientLog> others = new ArrayList<>();

    TestCluster(Path directory) throws Exception {
        this(directory, RaftTuning.DEFAULT);
    }

    TestCluster(Path directory, RaftTuning tuning) throws Exception {
        this.directory = directory;
        this.tuning = tuning;
        this.authority = new TestAuthority(directory.resolve("pki"));
    }

    TestAuthority authority() {
        return authority;
    }

    Path storage(String name) {
        return directory.resolve(name);
    }

    /** Reserves a port for {@code name} on first mention. */
    Peer peer(String name) {
        return peers.computeIfAbsent(name, n -> new Peer(new NodeId(n), "127.0.0.1", freePort()));
    }

    RaftNode start(String name, boolean bootstrap, String... known) throws Exception {
        RaftNode node = RaftNode.start(settings(name, bootstrap, known), tuning);
        running.put(name, node);
        return node;
    }

    RaftSettings settings(String name, boolean bootstrap, String... known) throws Exception {
        List<Peer> knownPeers = new ArrayList<>();
        for (String other : known) {
            knownPeers.add(peer(other));
        }
        return new RaftSettings(
                new NodeId(name),
                "127.0.0.1",
                peer(name).port(),
                storage(name),
                authority.issue(name, "node"),
                knownPeers,
                bootstrap);
    }

    /** {@code a} bootstraps, the others join through it. */
    void grow(String first, String... more) throws Exception {
        start(first, true);
        for (String name : more) {
            start(name, false, first);
            node(first).addVoter(peer(name), PATIENCE);
        }
    }

    RaftNode node(String name) {
        RaftNode node = running.get(name);
        if (node == null) {
            throw new IllegalStateException(name + " is not running");
        }
        return node;
    }

    void stop(String name) {
        node(name).close();
        running.remove(name);
    }

    RaftClientLog client(String... known) throws Exception {
        List<Peer> voters = new ArrayList<>();
        for (String name : known) {
            voters.add(peer(name));
        }
        RaftClientLog log = RaftClientLog.connect(new NodeId("client"), authority.issue("client", "node"), voters);
        others.add(log);
        return log;
    }

    String awaitLeader() {
        await("a leader that is running", () -> running.values().stream()
                .anyMatch(n -> n.leader().isPresent()
                        && running.containsKey(n.leader().get().value())));
        return running.values().stream()
                .flatMap(n -> n.leader().stream())
                .map(NodeId::value)
                .filter(running::containsKey)
                .findFirst()
                .orElseThrow();
    }

    static void await(String what, Condition condition) {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            try {
                if (holds(condition)) {
                    return;
                }
                if (System.nanoTime() > end) {
                    throw new AssertionError("did not happen within " + PATIENCE + ": " + what);
                }
                Thread.sleep(10);
            } catch (RuntimeException e) {
                throw e;
            } catch (Exception e) {
                throw new AssertionError(what, e);
            }
        }
    }

    private static boolean holds(Condition condition) throws Exception {
        try {
            return condition.holds();
        } catch (java.io.UncheckedIOException e) {
            return false; // a file that was listed went away meanwhile
        }
    }

    interface Condition {
        boolean holds() throws Exception;
    }

    static Command.AddNode addNode(String name, int lastOctet) {
        return new Command.AddNode(
                new NodeRecord(new NodeId(name), "10.77.0." + lastOctet, 7071, 7072, 7073, false), 1);
    }

    static Command.RecordEvent event(String text) {
        return new Command.RecordEvent("test", "subject", text, new TreeMap<>(), 1);
    }

    static boolean knows(ClusterState state, String node) {
        return state.nodes().containsKey(new NodeId(node));
    }

    static boolean knows(ClusterLog log, String node) {
        return knows(log.latestKnown(), node);
    }

    static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        for (RaftClientLog other : others) {
            other.close();
        }
        for (RaftNode node : running.values()) {
            node.close();
        }
    }
}
