package norikae.failover.log.ratis;

import static norikae.failover.log.ratis.TestCluster.PATIENCE;
import static norikae.failover.log.ratis.TestCluster.addNode;
import static norikae.failover.log.ratis.TestCluster.await;
import static norikae.failover.log.ratis.TestCluster.event;
import static norikae.failover.log.ratis.TestCluster.knows;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import norikae.failover.log.LogUnavailableException;
import norikae.failover.model.ClusterState;
import norikae.failover.model.NodeId;
import norikae.failover.model.Outcome;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class RaftNodeTest {

    private final Path directory;

    RaftNodeTest(@TempDir Path directory) {
        this.directory = directory;
    }

    @Test
    void theFirstVoterBootstrapsTakesCommandsAndFindsThemAgainAfterARestart() throws Exception {
        try (TestCluster cluster = new TestCluster(directory)) {
            RaftNode a = cluster.start("a", true);
            assertThat(a.submit(addNode("a", 1), PATIENCE)).isInstanceOf(Outcome.Accepted.class);
            assertThat(a.submit(addNode("b", 1), PATIENCE)).isInstanceOf(Outcome.Refused.class);
            assertThat(knows(a.read(PATIENCE), "a")).isTrue();
            assertThat(a.leader()).contains(new NodeId("a"));
            assertThat(a.voters()).containsExactly(cluster.peer("a"));

            cluster.stop("a");
            RaftNode again = cluster.start("a", true);
            assertThat(knows(again.read(PATIENCE), "a")).isTrue();
            assertThat(again.read(PATIENCE).eventSequence()).isEqualTo(1);
        }
    }

    @Test
    void aClusterGrowsFromOneVoterToThreeAndEachOfThemKnowsEverything() throws Exception {
        try (TestCluster cluster = new TestCluster(directory)) {
            RaftNode a = cluster.start("a", true);
            a.submit(addNode("a", 1), PATIENCE);
            RaftNode b = cluster.start("b", false, "b", "a");
            assertThat(b.voters())
                    .as("it is listed as a peer, but votes not yet")
                    .containsExactly(cluster.peer("a"));
            b.addVoter(cluster.peer("b"), PATIENCE); // the new one may ask for itself
            RaftNode c = cluster.start("c", false, "a");
            b.addVoter(cluster.peer("c"), PATIENCE);

            List<Peer> all = List.of(cluster.peer("a"), cluster.peer("b"), cluster.peer("c"));
            await("all know all voters", () -> Stream.of(a, b, c)
                    .allMatch(n -> n.voters().equals(all)));
            assertThat(c.submit(addNode("c", 3), PATIENCE)).isInstanceOf(Outcome.Accepted.class);
            for (RaftNode node : List.of(a, b, c)) {
                ClusterState state = node.read(PATIENCE);
                assertThat(knows(state, "a") && knows(state, "c")).isTrue();
            }
            b.addVoter(cluster.peer("c"), PATIENCE); // asked again after a lost answer
            assertThat(b.voters()).isEqualTo(all);
        }
    }

    @Test
    void theTwoOthersElectALeaderWhenTheirsIsGoneAndTheReturningOneCatchesUp() throws Exception {
        try (TestCluster cluster = new TestCluster(directory)) {
            cluster.grow("a", "b", "c");
            RaftClientLog client = cluster.client("a");
            assertThat(client.submit(addNode("n1", 11), PATIENCE)).isInstanceOf(Outcome.Accepted.class);
            client.read(PATIENCE); // learns of the other voters

            String leader = cluster.awaitLeader();
            cluster.stop(leader);
            assertThat(client.submit(addNode("n2", 12), PATIENCE)).isInstanceOf(Outcome.Accepted.class);
            assertThat(knows(client.read(PATIENCE), "n2")).isTrue();

            RaftNode returned = cluster.start(leader, leader.equals("a"));
            await("it caught up", () -> knows(returned, "n2"));
            assertThat(returned.submit(addNode("n3", 13), PATIENCE)).isInstanceOf(Outcome.Accepted.class);
            assertThat(knows(client.read(PATIENCE), "n3")).isTrue();
        }
    }

    @Test
    void aMinorityNeitherCommitsNorReadsAndTheSameSubmissionSucceedsOnceItIsAMajorityAgain() throws Exception {
        try (TestCluster cluster = new TestCluster(directory)) {
            cluster.grow("a", "b", "c");
            cluster.node("a").submit(addNode("n1", 11), PATIENCE);
            String last = cluster.awaitLeader();
            List<String> others = new ArrayList<>(List.of("a", "b", "c"));
            others.remove(last);
            others.forEach(cluster::stop);

            RaftNode alone = cluster.node(last);
            Duration shortPatience = Duration.ofMillis(1_500);
            assertThatThrownBy(() -> alone.submit(addNode("n2", 12), shortPatience))
                    .isInstanceOf(LogUnavailableException.class)
                    .hasMessageContaining("within 1500 ms");
            assertThatThrownBy(() -> alone.read(shortPatience)).isInstanceOf(LogUnavailableException.class);
            assertThat(knows(alone, "n1")).isTrue();
            assertThat(knows(alone, "n2")).isFalse();

            cluster.start(others.getFirst(), false);
            assertThat(alone.submit(addNode("n2", 12), PATIENCE)).isInstanceOf(Outcome.Accepted.class);
            ClusterState state = alone.read(PATIENCE);
            assertThat(state.events().stream().filter(e -> e.subject().equals("n2")))
                    .hasSize(1);
        }
    }

    @Test
    void aVoterThatIsRestartedWhileItIsBeingAdmittedIsAdmittedInTheEnd() throws Exception {
        try (TestCluster cluster = new TestCluster(directory)) {
            RaftNode a = cluster.start("a", true);
            for (int i = 0; i < 50; i++) {
                a.submit(event("before " + i), PATIENCE);
            }
            cluster.start("b", false, "a");
            Thread admission = Thread.ofVirtual().start(() -> {
                try {
                    a.addVoter(cluster.peer("b"), Duration.ofSeconds(60));
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                }
            });
            cluster.stop("b");
            RaftNode b = cluster.start("b", false, "a");
            admission.join();
            a.addVoter(cluster.peer("b"), PATIENCE);
            assertThat(b.submit(addNode("b", 2), PATIENCE)).isInstanceOf(Outcome.Accepted.class);
            assertThat(b.read(PATIENCE).events()).hasSize(51);
        }
    }

    @Test
    void aRemovedVoterNoLongerCountsAndTheLastOneCannotBeRemoved() throws Exception {
        try (TestCluster cluster = new TestCluster(directory)) {
            cluster.grow("a", "b", "c");
            RaftNode a = cluster.node("a");
            a.removeVoter(new NodeId("c"), PATIENCE);
            a.removeVoter(new NodeId("c"), PATIENCE);
            await("c is gone", () -> a.voters().size() == 2);
            cluster.stop("c");
            a.removeVoter(new NodeId("b"), PATIENCE);
            cluster.stop("b");
            assertThat(a.submit(addNode("a", 1), PATIENCE)).isInstanceOf(Outcome.Accepted.class);
            assertThatThrownBy(() -> a.removeVoter(new NodeId("a"), PATIENCE))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("only voter");
        }
    }

    @Test
    void snapshotsAreTakenRetainedAndPurgeTheLogAndARestartAndANewVoterBeginWithThem() throws Exception {
        RaftTuning small = new RaftTuning(50, 64 * 1024);
        try (TestCluster cluster = new TestCluster(directory, small)) {
            RaftNode a = cluster.start("a", true);
            String text = "x".repeat(2_000);
            for (int i = 0; i < 300; i++) {
                a.submit(event(i + text), PATIENCE);
            }
            await("two snapshots are retained", () -> files("a", "snapshot.").size() == 2);
            assertThat(files("a", "log_0-")).as("the first log file is purged").isEmpty();
            a.submit(addNode("a", 1), PATIENCE);

            cluster.stop("a");
            RaftNode again = cluster.start("a", false);
            assertThat(again.read(PATIENCE).eventSequence()).isEqualTo(301);

            RaftNode b = cluster.start("b", false, "a");
            again.addVoter(cluster.peer("b"), PATIENCE);
            await("b has the snapshot", () -> b.latestKnown().eventSequence() == 301);
            assertThat(b.submit(addNode("b", 2), PATIENCE)).isInstanceOf(Outcome.Accepted.class);
            assertThat(b.read(PATIENCE)).isEqualTo(again.read(PATIENCE));
        }
    }

    @Test
    void listenersHearOfChangesAndOneThatFailsDisturbsNobody() throws Exception {
        try (TestCluster cluster = new TestCluster(directory)) {
            RaftNode a = cluster.start("a", true);
            RaftClientLog client = cluster.client("a");
            AtomicInteger atVoter = new AtomicInteger();
            AtomicInteger atClient = new AtomicInteger();
            a.onChange(() -> {
                throw new IllegalStateException("a listener's own fault");
            });
            a.onChange(() -> {
                if (knows(a, "n1")) {
                    atVoter.incrementAndGet();
                }
            });
            client.onChange(atClient::incrementAndGet);
            client.submit(addNode("n1", 11), PATIENCE);
            await("the voter's listener was called", () -> atVoter.get() > 0);
            assertThat(knows(client, "n1")).isFalse();
            client.read(PATIENCE);
            await("the client's listener was called", () -> atClient.get() == 1);
            client.read(PATIENCE);
            assertThat(knows(client, "n1")).isTrue();
            assertThat(atClient).hasValue(1);
        }
    }

    @Test
    void aCommandThatIsTooLargeIsRefusedBeforeItGoesAnywhere() throws Exception {
        try (TestCluster cluster = new TestCluster(directory)) {
            RaftNode a = cluster.start("a", true);
            assertThatThrownBy(() -> a.submit(event("x".repeat(300_000)), PATIENCE))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("262144");
            assertThat(a.submit(event("x".repeat(250_000)), PATIENCE)).isInstanceOf(Outcome.Accepted.class);
        }
    }

    @Test
    void aCommandThatTheLeaderCannotReadNeverBecomesAnEntry() throws Exception {
        try (TestCluster cluster = new TestCluster(directory)) {
            RaftNode a = cluster.start("a", true);
            a.submit(addNode("a", 1), PATIENCE);
            RaftTls tls = RaftTls.load(cluster.authority().issue("x", "node"));
            try (RaftCaller caller = new RaftCaller(tls, List.of(cluster.peer("a")))) {
                for (String bad : List.of(
                        "{\"v\":2,\"command\":{\"type\":\"remove-node\",\"node\":\"a\",\"atMillis\":1}}",
                        "{\"v\":1,\"command\":{\"type\":\"dance\"}}",
                        "{\"v\":1,\"command\":{\"type\":\"add-node\",\"atMillis\":1}}",
                        "{\"v\":1}",
                        "not JSON")) {
                    assertThatThrownBy(() ->
                                    caller.submit(bad.getBytes(java.nio.charset.StandardCharsets.UTF_8), deadline()))
                            .as(bad)
                            .isInstanceOf(IllegalArgumentException.class)
                            .hasMessageContaining("does not take this command");
                }
            }
            assertThat(a.submit(addNode("b", 2), PATIENCE)).isInstanceOf(Outcome.Accepted.class);
            assertThat(a.failure()).isEmpty();
        }
    }

    @Test
    void aRepeatedAttemptOfOneSubmissionIsAppliedOnce() throws Exception {
        try (TestCluster cluster = new TestCluster(directory)) {
            cluster.grow("a", "b", "c");
            RaftClientLog client = cluster.client("a", "b", "c");
            for (int i = 0; i < 20; i++) {
                if (i == 5) {
                    cluster.stop(cluster.awaitLeader()); // in the middle: some attempts are repeated elsewhere
                }
                client.submit(event("number " + i), PATIENCE);
            }
            assertThat(client.read(PATIENCE).events()).hasSize(20);
        }
    }

    @Test
    void aVoterThatLostItsPowerIsReachedSoonAfterItIsBackAlthoughNoConnectionWasEverClosed() throws Exception {
        try (TestCluster cluster = new TestCluster(directory)) {
            cluster.grow("a", "b");
            RaftSettings direct = cluster.settings("c", false, "a");
            int wirePort = TestCluster.freePort();
            Peer throughTheWire = new Peer(new NodeId("c"), "127.0.0.1", wirePort);
            RaftSettings wired = new RaftSettings(
                    direct.self(),
                    direct.bindAddress(),
                    direct.port(),
                    direct.storageDirectory(),
                    direct.tls(),
                    List.of(throughTheWire, cluster.peer("a")),
                    false);
            try (DeadWire wire = new DeadWire(wirePort, direct.port());
                    RaftNode c = RaftNode.start(wired)) {
                RaftNode a = cluster.node("a");
                a.addVoter(throughTheWire, PATIENCE);
                a.submit(addNode("n1", 11), PATIENCE);
                await("c follows", () -> knows(c, "n1"));
                wire.cut();
                a.submit(addNode("n2", 12), PATIENCE);
                wire.heal();
                await("c follows again", () -> knows(c, "n2"));
            }
        }
    }

    @Test
    void aPortInUseADamagedSnapshotAndAForeignDirectoryAreNamed() throws Exception {
        try (TestCluster cluster = new TestCluster(directory, new RaftTuning(5, 64 * 1024))) {
            try (ServerSocket taken = new ServerSocket()) {
                taken.bind(new InetSocketAddress(
                        InetAddress.getLoopbackAddress(), cluster.peer("a").port()));
                assertThatThrownBy(() -> cluster.start("a", true))
                        .isInstanceOf(IOException.class)
                        .hasMessageContaining("raft port 127.0.0.1:" + taken.getLocalPort());
            }
            RaftNode a = cluster.start("a", true);
            for (int i = 0; i < 12; i++) {
                a.submit(event("number " + i), PATIENCE);
            }
            cluster.stop("a");
            for (Path snapshot : files("a", "snapshot.")) {
                Files.writeString(snapshot, Files.readString(snapshot).replace("number", "nummer"));
            }
            assertThatThrownBy(() -> cluster.start("a", false))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("snapshot")
                    .hasMessageContaining("join it anew");

            Files.createDirectories(cluster.storage("b").resolve("9d7ef7d0-0000-4000-8000-000000000000"));
            assertThatThrownBy(() -> cluster.start("b", true))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("another cluster");
        }
    }

    private List<Path> files(String node, String prefix) throws IOException {
        try (Stream<Path> all = Files.walk(directory.resolve(node))) {
            return all.filter(p -> String.valueOf(p.getFileName()).startsWith(prefix))
                    .filter(p -> !p.toString().contains(".md5") && !p.toString().endsWith(".tmp"))
                    .toList();
        }
    }

    private static Deadline deadline() {
        return Deadline.in(PATIENCE);
    }
}
