package norikae.systemtest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import norikae.agent.api.v1.AttachVolumeRequest;
import norikae.agent.api.v1.CopyStatus;
import norikae.agent.api.v1.CreateVolumeRequest;
import norikae.agent.api.v1.PromoteVolumeRequest;
import norikae.agent.api.v1.ReplicationMode;
import norikae.agent.api.v1.VerifyVolumeRequest;
import norikae.agent.api.v1.VolumeReplica;
import norikae.agent.api.v1.VolumeStatus;
import norikae.agent.client.ControlClient;
import norikae.agent.client.ControlException;
import norikae.lab.LabOptions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A volume of a whole cluster, written by an NBD client that is not ours. */
@Tag("system")
@ExtendWith(LastWords.class)
class VolumeTest {

    private static final String DATA = "data";
    private static final long BYTES = 64 << 20;

    private static TestCluster cluster;

    @BeforeAll
    static void boot() {
        cluster = TestCluster.boot(LabOptions.defaults().withFailover(), "volumes", "10.97.0");
    }

    @AfterAll
    static void down() {
        cluster.close();
    }

    @Test
    void whatIsWrittenIsOnTheReplicaWhenItsServerIsLostAndOnlyChangesTravelBack() throws Exception {
        try (ControlClient control = cluster.client()) {
            VolumeStatus made = control.createVolume(CreateVolumeRequest.newBuilder()
                    .setName(DATA)
                    .setBytes(BYTES)
                    .setPrimary("node-a")
                    .addReplicas(
                            VolumeReplica.newBuilder().setNode("node-b").setMode(ReplicationMode.REPLICATION_MODE_SYNC))
                    .build());
            assertThat(made.getPrimary()).isEqualTo("node-a");
            awaitInSync("node-b");
            qemuIo("node-a", "write -P 0x5a 0 8M", "flush");

            // In good order.
            control.promoteVolume(promotion("node-b", false));
            awaitInSync("node-a");
            qemuIo("node-b", "read -P 0x5a 0 8M", "write -P 0x77 1M 1M", "flush");

            // Its server is lost, which an operator has proved.
            cluster.node("node-b").powerOff();
            assertThatThrownBy(() -> control.promoteVolume(promotion("node-a", false)))
                    .isInstanceOf(ControlException.class)
                    .hasMessageContaining("fence it");
            control.fence("node-b", "its power is gone");
            control.promoteVolume(promotion("node-a", false));
            awaitOpen("node-a");
            qemuIo("node-a", "read -P 0x77 1M 1M", "read -P 0x5a 2M 6M", "write -P 0x11 5M 64k", "flush");

            cluster.node("node-b").powerOn();
            awaitInSync("node-b");
            CopyStatus back = copy("node-b");
            assertThat(back.getState()).isEqualTo("STREAMING");
            assertThat(control.verifyVolume(VerifyVolumeRequest.newBuilder()
                                    .setName(DATA)
                                    .setNode("node-b")
                                    .build())
                            .getDifferingBytes())
                    .isZero();

            // Nobody writes it for a while, it grows, and then it is a device with a file system.
            cluster.awaitAgents();
            control.demoteVolume(DATA);
            assertThatThrownBy(() -> control.attachVolume(attachment())).hasMessageContaining("idle");
            control.resizeVolume(DATA, 2 * BYTES);
            control.promoteVolume(promotion("node-b", false));
            awaitInSync("node-a");
            qemuIo("node-b", "read -P 0x11 5M 64k", "read -P 0 64M 64M");
            qemuIo("node-b", "write -z 0 16M", "flush");
            assertThat(control.attachVolume(attachment()).getNode()).isEqualTo("node-b");
            cluster.node("node-b").run("sh", "-c", "echo hello >/run/data/greeting");
            assertThatThrownBy(() -> control.promoteVolume(promotion("node-a", false)))
                    .hasMessageContaining("norikae volume detach");
            control.detachVolume(DATA);
            control.promoteVolume(promotion("node-a", false));
            control.attachVolume(attachment());
            assertThat(cluster.node("node-a").run("cat", "/run/data/greeting")).contains("hello");
            control.detachVolume(DATA);
            awaitInSync("node-b");
            assertThat(control.removeVolume(DATA).getLeftOnList()).isEmpty();
            assertThat(control.volumes(null).getVolumesList()).isEmpty();
        }
    }

    private static AttachVolumeRequest attachment() {
        return AttachVolumeRequest.newBuilder()
                .setName(DATA)
                .setPath("/run/data")
                .build();
    }

    private static PromoteVolumeRequest promotion(String to, boolean acceptLoss) {
        return PromoteVolumeRequest.newBuilder()
                .setName(DATA)
                .setTo(to)
                .setAcceptLoss(acceptLoss)
                .build();
    }

    private static VolumeStatus status() {
        try (ControlClient control = cluster.client()) {
            return control.volumes(DATA).getVolumes(0);
        }
    }

    private static CopyStatus copy(String node) {
        return status().getCopiesList().stream()
                .filter(c -> c.getNode().equals(node))
                .findFirst()
                .orElseThrow();
    }

    private static void awaitInSync(String node) {
        TestCluster.await(
                "the copy on " + node + " has everything", () -> copy(node).getInSync());
    }

    private static void awaitOpen(String primary) {
        TestCluster.await(
                "it is open on " + primary, () -> status().getPrimary().equals(primary) && status().getOpen());
    }

    private static void qemuIo(String node, String... commands) {
        awaitOpen(node);
        List<String> line = new java.util.ArrayList<>(List.of("qemu-io", "-f", "raw"));
        for (String command : commands) {
            line.addAll(List.of("-c", command));
        }
        line.add(status().getUri());
        String said = cluster.node(node).run(line.toArray(String[]::new));
        assertThat(said).doesNotContain("verification failed").doesNotContain("failed:");
    }
}
