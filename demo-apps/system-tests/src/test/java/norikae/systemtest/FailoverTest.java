package norikae.systemtest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import norikae.agent.api.v1.ClusterStatus;
import norikae.agent.api.v1.PathReport;
import norikae.agent.client.ControlClient;
import norikae.agent.client.ControlException;
import norikae.lab.LabOptions;
import norikae.lab.NodeOptions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Servers that die or hang: their services come back elsewhere by themselves, and never run twice. */
@Tag("system")
@ExtendWith(LastWords.class)
class FailoverTest {

    private static final String SERVICE = "instance";
    private static final int ADDRESS = 50;
    private static final int PORT = 7000;
    private static final int SINK = 7999;
    private static final List<String> NODES = List.of("node-a", "node-b", "witness", "node-c");

    private static TestCluster cluster;

    @BeforeAll
    static void boot() {
        LabOptions defaults =
                LabOptions.defaults().withFailover().withSecondNetwork().withSharedDisk();
        NodeOptions third = new NodeOptions("node-c", 14, NodeOptions.Role.MEMBER_WITHOUT_VOTE, Duration.ofDays(9));
        List<NodeOptions> four =
                Stream.concat(defaults.nodes().stream(), Stream.of(third)).toList();
        cluster = TestCluster.boot(defaults.withNodes(four), "failover", "10.92.0");
    }

    @AfterAll
    static void down() {
        cluster.close();
    }

    @BeforeEach
    void run() {
        cluster.run(
                SERVICE,
                ADDRESS,
                "node-a",
                List.of(
                        "python3",
                        Watchers.script("instance.py"),
                        Integer.toString(PORT),
                        cluster.address(1),
                        Integer.toString(SINK)));
    }

    @AfterEach
    void everythingIsWellAgain() {
        cluster.lab().heal();
        for (String node : NODES) {
            if (!cluster.node(node).isOn()) {
                cluster.node(node).powerOn();
            }
        }
        takeDevices(false);
        awaitAllUp();
        cluster.stop(SERVICE);
    }

    @Test
    void aServiceWhoseServerLosesItsPowerComesBackElsewhereAndTheServerJoinsAgain() throws Exception {
        try (Watchers watchers = Watchers.start(cluster, cluster.address(ADDRESS), PORT, "client", "node-b")) {
            String first = watchers.awaitAnswer();
            cluster.node("node-a").powerOff();
            String second = watchers.awaitAnswer();
            assertThat(second).isNotEqualTo(first);
            assertThat(cluster.status(SERVICE).getNode()).isNotEqualTo("node-a");
            assertThat(events()).contains("node-suspected", "node-fenced", "service-lost", "service-placed");

            cluster.node("node-a").powerOn();
            awaitAllUp();
            assertThat(watchers.awaitAnswer()).as("it stays where it is").isEqualTo(second);
            assertThat(watchers.assertNeverTwo()).hasSize(2);
        }
    }

    @Test
    void aServerThatHangsIsStoppedForCertainBeforeItsServiceComesBack() throws Exception {
        try (Watchers watchers = Watchers.start(cluster, cluster.address(ADDRESS), PORT, "client", "node-b")) {
            watchers.awaitAnswer();
            cluster.node("node-a").hang();
            watchers.awaitAnswer();
            assertThat(cluster.node("node-a").isOn()).as("its power was cut").isFalse();
            assertThat(watchers.assertNeverTwo()).hasSize(2);
        }
    }

    /** Nothing can stop it from outside, so it must not be heard by its own strength when it goes on. */
    @Test
    void aServerThatStoodStillForLongerThanItsLeaseIsNotHeardWhenItGoesOnAndGivesUpItsServices() throws Exception {
        takeDevices(true);
        try (Watchers watchers = Watchers.start(cluster, cluster.address(ADDRESS), PORT, "client", "node-b", "node-a");
                Sink sink = new Sink(cluster.address(1))) {
            String first = watchers.awaitAnswer();
            TestCluster.await("a write of the service", () -> sink.newest(first) > 0);
            cluster.node("node-a").hang();
            long hung = System.currentTimeMillis();
            TestCluster.await("somebody says that there is no proof", () -> alarms().contains("NO_PROOF"));
            TestCluster.await("the lease is over", () -> System.currentTimeMillis() > hung + 3_000);
            assertThat(cluster.status(SERVICE).getNode())
                    .as("without proof nothing is taken over")
                    .isEqualTo("node-a");

            cluster.node("node-a").resume();
            String second = watchers.awaitAnswer();
            assertThat(second).as("a new instance").isNotEqualTo(first);
            awaitAllUp();
            assertThat(watchers.assertNeverTwo()).containsExactlyInAnyOrder(first, second);
            assertThat(sink.newest(first))
                    .as("last write of the first instance")
                    .isLessThan(hung + 1_000);
            assertThat(events()).contains("node-up");
        }
    }

    @Test
    void anOperatorsWordIsAProofWhereNoDeviceIs() throws Exception {
        takeDevices(true);
        try (Watchers watchers = Watchers.start(cluster, cluster.address(ADDRESS), PORT, "client");
                ControlClient control = cluster.client()) {
            String first = watchers.awaitAnswer();
            assertThatThrownBy(() -> control.confirmOff("node-a"))
                    .isInstanceOf(ControlException.class)
                    .hasMessageContaining("node node-a answers");
            cluster.node("node-a").powerOff();
            TestCluster.await("somebody says that there is no proof", () -> alarms().contains("NO_PROOF"));
            assertThat(control.confirmOff("node-a").getServicesList()).containsExactly(SERVICE);
            assertThat(watchers.awaitAnswer()).isNotEqualTo(first);
            assertThat(watchers.assertNeverTwo()).hasSize(2);
        }
    }

    @Test
    void anOperatorCanHaveAServiceStartedElsewhere() throws Exception {
        try (Watchers watchers = Watchers.start(cluster, cluster.address(ADDRESS), PORT, "client");
                ControlClient control = cluster.client()) {
            String first = watchers.awaitAnswer();
            control.setMaintenance("node-c", true);
            assertThat(control.failOver(SERVICE, 2).getNode()).isEqualTo("node-b");
            assertThat(watchers.awaitAnswer()).isNotEqualTo(first);
            assertThat(control.failOver(SERVICE, 2).getNode()).isEqualTo("node-a");
            control.setMaintenance("node-b", true);
            try {
                assertThatThrownBy(() -> control.failOver(SERVICE, 2))
                        .isInstanceOf(ControlException.class)
                        .hasMessageContaining("no other node can take");
            } finally {
                control.setMaintenance("node-b", false);
                control.setMaintenance("node-c", false);
            }
            assertThat(watchers.assertNeverTwo()).hasSize(3);
        }
    }

    @Test
    void aServerWithoutAVoteTakesOverAndIsTakenOverFrom() throws Exception {
        try (Watchers watchers = Watchers.start(cluster, cluster.address(ADDRESS), PORT, "client");
                ControlClient control = cluster.client()) {
            watchers.awaitAnswer();
            control.setMaintenance("node-b", true);
            try {
                cluster.node("node-a").powerOff();
                watchers.awaitAnswer();
                assertThat(cluster.status(SERVICE).getNode()).isEqualTo("node-c");
                cluster.node("node-a").powerOn();
                awaitAllUp();
                cluster.node("node-c").powerOff();
                watchers.awaitAnswer();
                assertThat(cluster.status(SERVICE).getNode()).isEqualTo("node-a");
            } finally {
                control.setMaintenance("node-b", false);
            }
            assertThat(watchers.assertNeverTwo()).hasSize(3);
        }
    }

    @Test
    void aServerWithOneNetworkLessIsNotLost() throws Exception {
        try (Watchers watchers = Watchers.start(cluster, cluster.address(ADDRESS), PORT, "client");
                ControlClient control = cluster.clientOf("node-b")) {
            String first = watchers.awaitAnswer();
            long epoch = cluster.status(SERVICE).getEpoch();
            cluster.lab().partition("node-a", "node-b");
            cluster.lab().partition("node-a", "witness");
            TestCluster.await(
                    "the path is seen to be silent",
                    () -> control.nodeReports("node-b").getNodes(0).getPathsList().stream()
                            .filter(p ->
                                    p.getPeer().equals("node-a") && p.getFrom().equals(cluster.address(12)))
                            .anyMatch(p -> p.getSilentMillis() > 3_000));
            assertThat(control.nodeReports("node-b").getNodes(0).getPathsList().stream()
                            .filter(p -> p.getPeer().equals("node-a"))
                            .filter(p -> !p.getFrom().equals(cluster.address(12)) && !isDisk(p))
                            .map(PathReport::getRttMicros))
                    .as("the other path works, and is measured")
                    .allMatch(rtt -> rtt > 0);
            cluster.lab().heal();
            assertThat(watchers.awaitAnswer()).isEqualTo(first);
            assertThat(cluster.status(SERVICE).getEpoch()).isEqualTo(epoch);
        }
    }

    @Test
    void aServerThatOnlyTheSharedDiskReachesIsNotLost() throws Exception {
        try (Watchers watchers = Watchers.start(cluster, cluster.address(ADDRESS), PORT, "client");
                ControlClient control = cluster.clientOf("node-b")) {
            String first = watchers.awaitAnswer();
            long epoch = cluster.status(SERVICE).getEpoch();
            for (String other : List.of("node-b", "witness", "node-c")) {
                cluster.lab().partition("node-a", other);
                cluster.lab().partitionSecond("node-a", other);
            }
            TestCluster.await("both networks are seen to be silent, and the disk is not", () -> {
                List<PathReport> paths = control.nodeReports("node-b").getNodes(0).getPathsList().stream()
                        .filter(p -> p.getPeer().equals("node-a"))
                        .toList();
                return paths.size() == 3
                        && paths.stream().allMatch(p -> isDisk(p) || p.getSilentMillis() > 3_000)
                        && paths.stream().anyMatch(p -> isDisk(p) && p.getSilentMillis() < 1_000);
            });
            assertThat(watchers.awaitAnswer()).isEqualTo(first);
            cluster.lab().heal();
            awaitAllUp();
            assertThat(watchers.awaitAnswer()).isEqualTo(first);
            assertThat(cluster.status(SERVICE).getEpoch()).isEqualTo(epoch);
        }
    }

    // ---- means

    private static boolean isDisk(PathReport path) {
        return path.getFrom().startsWith("/");
    }

    /** Hides what tells agents how to cut each other's power, or puts it back. */
    private static void takeDevices(boolean take) {
        for (String node : NODES) {
            cluster.node(node)
                    .run(
                            "sh",
                            "-c",
                            take
                                    ? "mv /var/lib/norikae/fencing.json /var/lib/norikae/fencing.json.away"
                                    : "[ ! -e /var/lib/norikae/fencing.json.away ] ||"
                                            + " mv /var/lib/norikae/fencing.json.away /var/lib/norikae/fencing.json");
        }
    }

    private static void awaitAllUp() {
        TestCluster.await("all nodes are up", () -> {
            try (ControlClient control = cluster.client()) {
                ClusterStatus status = control.status(null);
                return status.getCurrent()
                        && status.getNodesList().stream()
                                .allMatch(n -> n.getReachable() && n.getPhase().equals("UP"));
            }
        });
    }

    private static List<String> alarms() {
        try (ControlClient control = cluster.client()) {
            return control.status(null).getAlarmsList().stream()
                    .map(norikae.agent.api.v1.Alarm::getKind)
                    .toList();
        }
    }

    private static List<String> events() {
        try (ControlClient control = cluster.client();
                var events = control.events(norikae.agent.api.v1.ListEventsRequest.newBuilder()
                        .setLimit(30)
                        .build())) {
            List<String> kinds = new java.util.ArrayList<>();
            while (events.hasNext()) {
                kinds.add(events.next().getKind());
            }
            return kinds;
        }
    }

    /** Takes what instances write to it, on this machine. */
    private static final class Sink implements AutoCloseable {

        private final DatagramSocket socket;
        private final Map<String, Long> newest = new ConcurrentHashMap<>();

        Sink(String address) throws Exception {
            socket = new DatagramSocket(new InetSocketAddress(InetAddress.getByName(address), SINK));
            Thread.ofPlatform().daemon().name("sink").start(this::take);
        }

        private void take() {
            DatagramPacket packet = new DatagramPacket(new byte[200], 200);
            while (!socket.isClosed()) {
                try {
                    socket.receive(packet);
                    String instance = new String(packet.getData(), 0, packet.getLength(), StandardCharsets.US_ASCII);
                    newest.merge(instance, System.currentTimeMillis(), Math::max);
                } catch (java.io.IOException e) {
                    return;
                }
            }
        }

        /** When the instance's newest write came, in milliseconds of the wall clock; 0 if none has come. */
        long newest(String instance) {
            return newest.getOrDefault(instance, 0L);
        }

        @Override
        public void close() {
            socket.close();
        }
    }
}
