package norikae.systemtest;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import norikae.agent.api.v1.MemoryMode;
import norikae.agent.api.v1.MoveRequest;
import norikae.agent.api.v1.MoveUpdate;
import norikae.agent.api.v1.NodeStatus;
import norikae.agent.api.v1.ServiceSpec;
import norikae.agent.client.ControlClient;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A service whose memory follows it, over a link that is too slow for anything else. */
@Tag("system")
@ExtendWith(LastWords.class)
class HybridTest {

    private static final int PORT = 7000;
    private static final String SERVICE = "busy";
    private static final long BALLAST = 96L << 20;

    private static TestCluster cluster;

    @BeforeAll
    static void boot() {
        cluster = TestCluster.boot("hybrid", "10.87.0", "-Dnorikae.move.drainMillis=8000");
    }

    @AfterAll
    static void down() {
        cluster.close();
    }

    @AfterEach
    void wide() {
        for (String node : List.of("node-a", "node-b")) {
            cluster.lab().shape(node, "none");
        }
        var _ = cluster.awaitSettled(SERVICE);
        cluster.stop(SERVICE);
    }

    private static void run(boolean hybrid, String dirty) {
        try (ControlClient client = cluster.client()) {
            var _ = client.run(ServiceSpec.newBuilder()
                    .setName(SERVICE)
                    .addAllCommand(cluster.ledger(
                            "160m", "server", "--port", Integer.toString(PORT), "--ballast", "96m", "--dirty", dirty))
                    .setAddress(cluster.address(60) + "/24")
                    .setUser("root")
                    .setWorkingDirectory("/")
                    .setNode("node-a")
                    .setHybridMoves(hybrid)
                    .build());
        }
    }

    private static MoveUpdate move(String to, MemoryMode mode) {
        return cluster.move(MoveRequest.newBuilder()
                .setService(SERVICE)
                .setTo(to)
                .setMode(mode)
                .build());
    }

    private static Thread inBackground(String to) {
        return Thread.ofPlatform().daemon().name("move-" + SERVICE).start(() -> {
            try {
                var _ = move(to, MemoryMode.HYBRID);
            } catch (RuntimeException e) {
                // The agent that was asked may be the one that the test kills.
            }
        });
    }

    private static void narrow() {
        for (String node : List.of("node-a", "node-b")) {
            cluster.lab().shape(node, "400mbit");
        }
    }

    @Test
    void aServiceThatWritesFasterThanTheLinkTakesIsFollowedByItsMemory() throws Exception {
        run(true, "200m");
        narrow();
        try (LineConnection client = LineConnection.open(cluster.address(60), PORT)) {
            assertThat(client.ask("PING")).startsWith("OK");
            MoveUpdate moved = move("node-b", MemoryMode.AUTO);
            assertThat(moved.getResult().getMoved())
                    .as(moved.getResult().getReason())
                    .isTrue();
            assertThat(moved.getMode()).isEqualTo(MemoryMode.HYBRID);
            assertThat(moved.getModeReason()).contains("the rest follows");
            assertThat(client.ask("BALLAST")).startsWith("OK bytes=" + BALLAST).endsWith(" faults=0");
        }
    }

    @Test
    void itIsAskedFirst() throws Exception {
        run(false, "0");
        try (LineConnection client = LineConnection.open(cluster.address(60), PORT)) {
            MoveUpdate refused = move("node-b", MemoryMode.HYBRID);
            assertThat(refused.getResult().getMoved()).isFalse();
            assertThat(refused.getResult().getReason()).contains("hybridMoves: true");
            assertThat(client.ask("PING")).startsWith("OK");
        }
    }

    @Test
    void eitherAgentMayDieWhileMemoryFollows() throws Exception {
        run(true, "20m");
        narrow();
        try (LineConnection client = LineConnection.open(cluster.address(60), PORT)) {
            assertThat(client.ask("PING")).startsWith("OK");
            for (String victim : List.of("node-b", "node-a")) {
                String target = cluster.status(SERVICE).getNode().equals("node-a") ? "node-b" : "node-a";
                cluster.hold(target, "TARGET_DRAINING");
                Thread moving = inBackground(target);
                cluster.awaitHeld(target, "TARGET_DRAINING");
                cluster.node(victim).killAgent();
                cluster.letGo(target, "TARGET_DRAINING");
                moving.join();
                assertThat(cluster.awaitSettled(SERVICE).getNode()).isEqualTo(target);
                assertThat(client.ask("BALLAST"))
                        .startsWith("OK bytes=" + BALLAST)
                        .endsWith(" faults=0");
            }
        }
    }

    @Test
    void aSourceThatIsLostMeanwhileIsReportedForWhatItIs() throws Exception {
        run(true, "0");
        narrow();
        try (LineConnection client = LineConnection.open(cluster.address(60), PORT)) {
            assertThat(client.ask("PING")).startsWith("OK");
        }
        cluster.hold("node-b", "TARGET_DRAINING");
        Thread moving = inBackground("node-b");
        cluster.awaitHeld("node-b", "TARGET_DRAINING");
        cluster.node("node-a").powerOff();
        cluster.letGo("node-b", "TARGET_DRAINING");
        TestCluster.await(
                "the loss is told", () -> cluster.status(SERVICE).getDetail().contains("was lost with node node-a"));
        moving.interrupt();
        cluster.node("node-a").powerOn();
        cluster.node("node-a").startAgent();
        TestCluster.await("all agents answer", () -> {
            try (ControlClient client = cluster.client()) {
                return client.status(null).getNodesList().stream().allMatch(NodeStatus::getReachable);
            }
        });
    }
}
