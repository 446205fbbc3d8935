package norikae.systemtest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import norikae.agent.api.v1.AttachVolumeReply;
import norikae.agent.api.v1.AttachVolumeRequest;
import norikae.agent.api.v1.CopyStatus;
import norikae.agent.api.v1.CreateVolumeRequest;
import norikae.agent.api.v1.PromoteVolumeRequest;
import norikae.agent.api.v1.ReplicationMode;
import norikae.agent.api.v1.ServiceSpec;
import norikae.agent.api.v1.VerifyVolumeRequest;
import norikae.agent.api.v1.VolumeMount;
import norikae.agent.api.v1.VolumeReplica;
import norikae.agent.api.v1.VolumeStatus;
import norikae.agent.client.ControlClient;

/**
 * A Redis that answers no write before it is in its append-only file, which is on a mirrored volume; and one client that counts in it.
 * Confined to one thread at a time.
 */
final class ShopOnVolume {

    static final String SERVICE = "shop";
    static final String VOLUME = "shop-data";
    static final String PATH = "/run/shop";
    private static final int PORT = 6379;
    private static final long BYTES = 64 << 20;

    private final TestCluster cluster;
    private final String service;
    private final String volume;
    private final String path;
    private final int address;
    private long counted;

    ShopOnVolume(TestCluster cluster) {
        this(cluster, SERVICE, 50);
    }

    /** One of several, which has a volume and an address of its own. */
    ShopOnVolume(TestCluster cluster, String service, int address) {
        this.cluster = cluster;
        this.service = service;
        this.volume = service + "-data";
        this.path = "/run/" + service;
        this.address = address;
    }

    void createVolume(String primary, String replica) {
        createVolume(
                primary, VolumeReplica.newBuilder().setNode(replica).setMode(ReplicationMode.REPLICATION_MODE_SYNC));
        awaitInSync(replica);
    }

    void createVolume(String primary, VolumeReplica.Builder... replicas) {
        createVolume(CreateVolumeRequest.newBuilder(), primary, replicas);
    }

    void createVolume(CreateVolumeRequest.Builder request, String primary, VolumeReplica.Builder... replicas) {
        for (VolumeReplica.Builder replica : replicas) {
            request.addReplicas(replica);
        }
        try (ControlClient control = cluster.client()) {
            control.createVolume(
                    request.setName(volume).setBytes(BYTES).setPrimary(primary).build());
        }
    }

    String service() {
        return service;
    }

    String volume() {
        return volume;
    }

    void run() {
        List<String> command = new ArrayList<>(List.of("/usr/bin/redis-server", "--bind", "0.0.0.0"));
        command.addAll(List.of("--protected-mode", "no", "--save", "", "--dir", path));
        command.addAll(List.of("--appendonly", "yes", "--appendfsync", "always"));
        try (ControlClient control = cluster.client()) {
            control.run(ServiceSpec.newBuilder()
                    .setName(service)
                    .addAllCommand(command)
                    .setAddress(cluster.address(address) + "/24")
                    .setUser("root")
                    .setWorkingDirectory("/")
                    .addVolumes(VolumeMount.newBuilder().setVolume(volume).setPath(path))
                    .build());
        }
    }

    /** As soon as it answers, which takes a moment when it has to read its file first. */
    LineConnection connect() {
        LineConnection client = LineConnection.open(cluster.address(address), PORT);
        TestCluster.await("it has read its file", () -> client.ask("PING").equals("+PONG"));
        return client;
    }

    /** Counts on, so many times; no count is lost, and none comes twice. */
    void count(LineConnection client, int times) {
        for (int i = 0; i < times; i++) {
            assertThat(client.ask("INCR n")).isEqualTo(":" + ++counted);
        }
    }

    /** Counts until the connection is lost; the last one may have been counted without an answer. */
    void countUntilLost(LineConnection client) {
        try {
            while (true) {
                count(client, 1);
            }
        } catch (UncheckedIOException lost) {
            // As it was to be.
        }
    }

    /** Every count that was answered is there, and at most one more. */
    void recount(LineConnection client) {
        long there = there(client);
        assertThat(there).isBetween(counted, counted + 1);
        counted = there;
    }

    /** Goes on from what is there, which may be less than what was counted; returns how much less. */
    long acceptLoss(LineConnection client) {
        long lost = counted - there(client);
        counted -= lost;
        return lost;
    }

    private static long there(LineConnection client) {
        return Long.parseLong(client.ask("INCRBY n 0").substring(1));
    }

    /** It is mounted on {@code node}, where it is written, and nowhere else. */
    void assertOnlyOn(String node) {
        for (String each : List.of("node-a", "node-b")) {
            TestCluster.await(
                    "mounted on " + node + " only, not as on " + each,
                    () -> mounts(each).contains(path) == each.equals(node));
        }
        TestCluster.await("written by " + node, () -> status().getPrimary().equals(node));
    }

    private String mounts(String node) {
        return cluster.node(node).run("cat", "/proc/mounts");
    }

    void assertNowhere() {
        for (String node : List.of("node-a", "node-b")) {
            assertThat(mounts(node)).doesNotContain(path).doesNotContain("/run/norikae/mounts");
        }
    }

    /** The service is stopped: whoever looks for damage on its volume finds none. */
    void assertCleanFileSystem() {
        try (ControlClient control = cluster.client()) {
            AttachVolumeReply attached = control.attachVolume(
                    AttachVolumeRequest.newBuilder().setName(volume).build());
            String said = cluster.node(attached.getNode()).run("e2fsck", "-f", "-n", attached.getDevice());
            assertThat(said).contains("Pass 5").doesNotContain("Fix? no").doesNotContain("UNEXPECTED");
            control.detachVolume(volume);
        }
    }

    void awaitInSync(String node) {
        TestCluster.await("the copy on " + node + " has everything", () -> status().getCopiesList().stream()
                .anyMatch(c -> c.getNode().equals(node) && c.getInSync()));
    }

    void assertSame(String node) {
        awaitInSync(node);
        compare(node);
    }

    /** An asynchronous copy is compared as soon as it follows. */
    void assertFollows(String node) {
        TestCluster.await(
                "the copy on " + node + " follows", () -> copy(node).getState().equals("STREAMING"));
        compare(node);
    }

    private void compare(String node) {
        try (ControlClient control = cluster.client()) {
            assertThat(control.verifyVolume(VerifyVolumeRequest.newBuilder()
                                    .setName(volume)
                                    .setNode(node)
                                    .build())
                            .getDifferingBytes())
                    .isZero();
        }
    }

    CopyStatus copy(String node) {
        return status().getCopiesList().stream()
                .filter(c -> c.getNode().equals(node))
                .findFirst()
                .orElseThrow();
    }

    /** An operator has another node write it. */
    void promote(String node, boolean acceptLoss) {
        try (ControlClient control = cluster.client()) {
            control.promoteVolume(PromoteVolumeRequest.newBuilder()
                    .setName(volume)
                    .setTo(node)
                    .setAcceptLoss(acceptLoss)
                    .build());
        }
    }

    /** Stops it, and removes it with all that it had. */
    void remove() {
        cluster.stop(service);
        try (ControlClient control = cluster.client()) {
            assertThat(control.removeVolume(volume).getLeftOnList()).isEmpty();
        }
    }

    VolumeStatus status() {
        try (ControlClient control = cluster.client()) {
            return control.volumes(volume).getVolumes(0);
        }
    }
}
