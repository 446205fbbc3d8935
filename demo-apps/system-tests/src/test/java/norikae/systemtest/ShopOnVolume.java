package norikae.systemtest;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import norikae.agent.api.v1.CreateVolumeRequest;
import norikae.agent.api.v1.ReplicationMode;
import norikae.agent.api.v1.ServiceSpec;
import norikae.agent.api.v1.VerifyVolumeRequest;
import norikae.agent.api.v1.VolumeMount;
import norikae.agent.api.v1.VolumeReplica;
import norikae.agent.api.v1.VolumeStatus;
import norikae.agent.client.ControlClient;

/**
 * A Redis that answers no write before it is in its append-only file, which is on a mirrored volume; and one client that counts in it.
 * Confined to one thread.
 */
final class ShopOnVolume {

    static final String SERVICE = "shop";
    static final String VOLUME = "shop-data";
    static final String PATH = "/run/shop";
    private static final int ADDRESS = 50;
    private static final int PORT = 6379;
    private static final long BYTES = 64 << 20;

    private final TestCluster cluster;
    private long counted;

    ShopOnVolume(TestCluster cluster) {
        this.cluster = cluster;
    }

    void createVolume(String primary, String replica) {
        try (ControlClient control = cluster.client()) {
            control.createVolume(CreateVolumeRequest.newBuilder()
                    .setName(VOLUME)
                    .setBytes(BYTES)
                    .setPrimary(primary)
                    .addReplicas(
                            VolumeReplica.newBuilder().setNode(replica).setMode(ReplicationMode.REPLICATION_MODE_SYNC))
                    .build());
        }
        awaitInSync(replica);
    }

    void run() {
        List<String> command = new ArrayList<>(List.of("/usr/bin/redis-server", "--bind", "0.0.0.0"));
        command.addAll(List.of("--protected-mode", "no", "--save", "", "--dir", PATH));
        command.addAll(List.of("--appendonly", "yes", "--appendfsync", "always"));
        try (ControlClient control = cluster.client()) {
            control.run(ServiceSpec.newBuilder()
                    .setName(SERVICE)
                    .addAllCommand(command)
                    .setAddress(cluster.address(ADDRESS) + "/24")
                    .setUser("root")
                    .setWorkingDirectory("/")
                    .addVolumes(VolumeMount.newBuilder().setVolume(VOLUME).setPath(PATH))
                    .build());
        }
    }

    /** As soon as it answers, which takes a moment when it has to read its file first. */
    LineConnection connect() {
        LineConnection client = LineConnection.open(cluster.address(ADDRESS), PORT);
        TestCluster.await("it has read its file", () -> client.ask("PING").equals("+PONG"));
        return client;
    }

    /** Counts on, so many times; no count is lost, and none comes twice. */
    void count(LineConnection client, int times) {
        for (int i = 0; i < times; i++) {
            assertThat(client.ask("INCR n")).isEqualTo(":" + ++counted);
        }
    }

    /** It is mounted on {@code node}, where it is written, and nowhere else. */
    void assertOnlyOn(String node) {
        for (String each : List.of("node-a", "node-b")) {
            TestCluster.await(
                    "mounted on " + node + " only, not as on " + each,
                    () -> mounts(each).contains(PATH) == each.equals(node));
        }
        TestCluster.await("written by " + node, () -> status().getPrimary().equals(node));
    }

    private String mounts(String node) {
        return cluster.node(node).run("cat", "/proc/mounts");
    }

    void assertNowhere() {
        for (String node : List.of("node-a", "node-b")) {
            assertThat(mounts(node)).doesNotContain(PATH).doesNotContain("/run/norikae/mounts");
        }
    }

    void awaitInSync(String node) {
        TestCluster.await("the copy on " + node + " has everything", () -> status().getCopiesList().stream()
                .anyMatch(c -> c.getNode().equals(node) && c.getInSync()));
    }

    void assertSame(String node) {
        awaitInSync(node);
        try (ControlClient control = cluster.client()) {
            assertThat(control.verifyVolume(VerifyVolumeRequest.newBuilder()
                                    .setName(VOLUME)
                                    .setNode(node)
                                    .build())
                            .getDifferingBytes())
                    .isZero();
        }
    }

    VolumeStatus status() {
        try (ControlClient control = cluster.client()) {
            return control.volumes(VOLUME).getVolumes(0);
        }
    }
}
