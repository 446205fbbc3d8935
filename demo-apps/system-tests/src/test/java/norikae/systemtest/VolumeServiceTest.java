package norikae.systemtest;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import norikae.agent.api.v1.CreateVolumeRequest;
import norikae.agent.api.v1.MoveResult;
import norikae.agent.api.v1.ReplicationMode;
import norikae.agent.api.v1.ServiceSpec;
import norikae.agent.api.v1.VerifyVolumeRequest;
import norikae.agent.api.v1.VolumeMount;
import norikae.agent.api.v1.VolumeReplica;
import norikae.agent.api.v1.VolumeStatus;
import norikae.agent.client.ControlClient;
import norikae.lab.LabOptions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A Redis whose append-only file is on a mirrored volume: the volume goes where the service goes. */
@Tag("system")
@ExtendWith(LastWords.class)
class VolumeServiceTest {

    private static final String SERVICE = "shop";
    private static final String DATA = "shop-data";
    private static final String PATH = "/run/shop";
    private static final int ADDRESS = 50;
    private static final int PORT = 6379;

    private static TestCluster cluster;

    @BeforeAll
    static void boot() {
        cluster = TestCluster.boot(LabOptions.defaults().withFailover(), "shop", "10.98.0");
    }

    @AfterAll
    static void down() {
        cluster.close();
    }

    @BeforeEach
    void run() {
        try (ControlClient control = cluster.client()) {
            control.createVolume(CreateVolumeRequest.newBuilder()
                    .setName(DATA)
                    .setBytes(64 << 20)
                    .setPrimary("node-a")
                    .addReplicas(
                            VolumeReplica.newBuilder().setNode("node-b").setMode(ReplicationMode.REPLICATION_MODE_SYNC))
                    .build());
            awaitInSync("node-b");
            control.run(ServiceSpec.newBuilder()
                    .setName(SERVICE)
                    .addAllCommand(List.of(
                            "/usr/bin/redis-server",
                            "--bind",
                            "0.0.0.0",
                            "--protected-mode",
                            "no",
                            "--save",
                            "",
                            "--appendonly",
                            "yes",
                            "--appendfsync",
                            "always",
                            "--dir",
                            PATH))
                    .setAddress(cluster.address(ADDRESS) + "/24")
                    .setUser("root")
                    .setWorkingDirectory("/")
                    .addVolumes(VolumeMount.newBuilder().setVolume(DATA).setPath(PATH))
                    .build());
        }
    }

    @AfterEach
    void stop() {
        cluster.lab().heal();
        for (String node : List.of("node-a", "node-b")) {
            if (!cluster.node(node).isOn()) {
                cluster.node(node).powerOn();
            }
        }
        cluster.stop(SERVICE);
        assertThat(mounts("node-a") + mounts("node-b")).doesNotContain(PATH);
        try (ControlClient control = cluster.client()) {
            TestCluster.await(
                    "the volume is gone everywhere",
                    () -> control.removeVolume(DATA).getLeftOnList().isEmpty());
        }
    }

    @Test
    void itMovesWithItsServiceAndNoConnectionIsLost() {
        try (LineConnection client = LineConnection.open(cluster.address(ADDRESS), PORT)) {
            for (int i = 1; i <= 200; i++) {
                assertThat(client.ask("INCR n")).isEqualTo(":" + i);
            }
            MoveResult move = cluster.move(SERVICE, "node-b");
            assertThat(move.getReason()).isEmpty();
            assertThat(move.getMoved()).isTrue();
            assertThat(mounts("node-a")).doesNotContain(PATH);
            assertThat(mounts("node-b")).contains(PATH);
            assertThat(status().getPrimary()).isEqualTo("node-b");
            for (int i = 201; i <= 300; i++) {
                assertThat(client.ask("INCR n")).isEqualTo(":" + i);
            }
            awaitInSync("node-a");
            assertSame("node-a");
            assertThat(cluster.move(SERVICE, "node-a").getMoved()).isTrue();
            assertThat(client.ask("INCR n")).isEqualTo(":301");
        }
    }

    @Test
    void itComesBackWithEveryAcknowledgedWriteWhenItsServerIsLost() {
        int acknowledged = 0;
        try (LineConnection client = LineConnection.open(cluster.address(ADDRESS), PORT)) {
            while (acknowledged < 500) {
                assertThat(client.ask("INCR n")).isEqualTo(":" + ++acknowledged);
            }
            cluster.node("node-a").powerOff();
        }
        try (LineConnection client = LineConnection.open(cluster.address(ADDRESS), PORT)) {
            assertThat(cluster.status(SERVICE).getNode()).isEqualTo("node-b");
            assertThat(client.ask("INCR n")).isEqualTo(":" + (acknowledged + 1));
            cluster.node("node-a").powerOn();
            awaitInSync("node-a");
            assertSame("node-a");
            assertThat(client.ask("INCR n")).isEqualTo(":" + (acknowledged + 2));
        }
    }

    @Test
    void itDoesNotNoticeThatTheAgentIsStartedAgain() {
        try (LineConnection client = LineConnection.open(cluster.address(ADDRESS), PORT)) {
            assertThat(client.ask("INCR n")).isEqualTo(":1");
            cluster.node("node-a").killAgent();
            assertThat(client.ask("INCR n")).isEqualTo(":2");
        }
    }

    private static String mounts(String node) {
        return cluster.node(node).run("cat", "/proc/mounts");
    }

    private static void assertSame(String node) {
        try (ControlClient control = cluster.client()) {
            assertThat(control.verifyVolume(VerifyVolumeRequest.newBuilder()
                                    .setName(DATA)
                                    .setNode(node)
                                    .build())
                            .getDifferingBytes())
                    .isZero();
        }
    }

    private static VolumeStatus status() {
        try (ControlClient control = cluster.client()) {
            return control.volumes(DATA).getVolumes(0);
        }
    }

    private static void awaitInSync(String node) {
        TestCluster.await("the copy on " + node + " has everything", () -> status().getCopiesList().stream()
                .anyMatch(c -> c.getNode().equals(node) && c.getInSync()));
    }
}
