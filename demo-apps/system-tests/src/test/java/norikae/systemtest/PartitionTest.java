package norikae.systemtest;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import norikae.agent.api.v1.ClusterStatus;
import norikae.agent.api.v1.ServiceStatus;
import norikae.agent.client.ControlClient;
import norikae.lab.LabOptions;
import norikae.lab.NodeOptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Every cut of the network between three voters, with clients on all its sides: two instances never answer, and when the
 * network is whole again the service is answered and everybody is up.
 */
@Tag("system")
@ExtendWith(LastWords.class)
class PartitionTest {

    private static final String SERVICE = "instance";
    private static final int ADDRESS = 50;
    private static final int PORT = 7000;

    /** Longer than the lease, so that what it forbids has ended. */
    private static final Duration CUT = Duration.ofMillis(2_600);

    @Test
    void twoNodesAndAWitness() throws Exception {
        try (TestCluster cluster = TestCluster.boot(LabOptions.defaults().withFailover(), "cut-witness", "10.93.0")) {
            new Cuts(cluster, List.of("node-a", "node-b", "witness")).all();
        }
    }

    @Test
    void threeNodes() throws Exception {
        LabOptions defaults = LabOptions.defaults();
        List<NodeOptions> three = Stream.concat(
                        defaults.nodes().stream().filter(n -> !n.name().equals("witness")),
                        Stream.of(new NodeOptions("node-c", 14, NodeOptions.Role.MEMBER, Duration.ofDays(9))))
                .toList();
        try (TestCluster cluster = TestCluster.boot(defaults.withNodes(three).withFailover(), "cut-three", "10.94.0")) {
            new Cuts(cluster, List.of("node-a", "node-b", "node-c")).all();
        }
    }

    /** One service, its clients everywhere, and what is done to the network. Confined to one thread. */
    private record Cuts(TestCluster cluster, List<String> nodes) {

        void all() throws Exception {
            cluster.run(
                    SERVICE,
                    ADDRESS,
                    "node-a",
                    List.of("python3", Watchers.script("instance.py"), Integer.toString(PORT)));
            try (Watchers watchers = Watchers.start(cluster, cluster.address(ADDRESS), PORT, "client")) {
                nodes.forEach(watchers::watchFrom);
                watchers.awaitAnswer();
                for (int i = 0; i < nodes.size(); i++) {
                    for (int j = 0; j < nodes.size(); j++) {
                        String from = nodes.get(i);
                        String to = nodes.get(j);
                        if (i < j) {
                            duringCut(watchers, from + " and " + to, () -> cluster.lab()
                                    .partition(from, to));
                        }
                        if (i != j) {
                            duringCut(watchers, from + " to " + to, () -> cluster.lab()
                                    .partitionOneWay(from, to));
                        }
                    }
                }
                String leader = status().getLeader();
                duringCut(watchers, "leader " + leader, () -> isolateAmongNodes(leader));
                String owner = cluster.status(SERVICE).getNode();
                duringCut(watchers, "owner " + owner, () -> isolateAmongNodes(owner));
                takenFrom(owner(), watchers);
                Set<String> instances = watchers.assertNeverTwo();
                assertThat(instances)
                        .as("the isolated owner's service came back elsewhere")
                        .hasSizeGreaterThan(1);
            }
        }

        /** Cut off from its peers and its clients for as long as it takes to lose its services. */
        private void takenFrom(String owner, Watchers watchers) throws Exception {
            String other = nodes.stream()
                    .filter(n -> !n.equals(owner) && !n.equals("witness"))
                    .findFirst()
                    .orElseThrow();
            cluster.lab().isolate(owner);
            try (ControlClient control = cluster.clientOf(other)) {
                TestCluster.await("the isolated owner's service to run elsewhere", () -> {
                    ServiceStatus service = control.status(SERVICE).getServices(0);
                    return !service.getNode().equals(owner)
                            && service.getPhase().equals("RUNNING");
                });
            }
            watchers.awaitAnswer();
            afterCut(watchers, "owner from everybody");
        }

        private String owner() {
            return cluster.status(SERVICE).getNode();
        }

        /** The clients reach it all the same, and with them whoever talks to both sides. */
        private void isolateAmongNodes(String node) {
            nodes.stream().filter(other -> !other.equals(node)).forEach(other -> cluster.lab()
                    .partition(node, other));
        }

        private void duringCut(Watchers watchers, String what, Runnable cut) throws Exception {
            cut.run();
            Thread.sleep(CUT.toMillis()); // not a wait for something: the time in which nothing wrong may happen
            afterCut(watchers, what);
        }

        private void afterCut(Watchers watchers, String what) throws Exception {
            cluster.lab().heal();
            for (String node : nodes) {
                if (!cluster.node(node).isOn()) {
                    cluster.node(node).powerOn();
                    watchers.watchFrom(node);
                }
            }
            TestCluster.await("everybody is up after a cut of " + what, this::allUp);
            TestCluster.await(
                    "the service runs after a cut of " + what,
                    () -> cluster.status(SERVICE).getPhase().equals("RUNNING"));
            watchers.awaitAnswer();
            var _ = watchers.assertNeverTwo();
        }

        private ClusterStatus status() {
            try (ControlClient control = cluster.client()) {
                return control.status(null);
            }
        }

        private boolean allUp() {
            ClusterStatus status = status();
            return status.getCurrent()
                    && !status.getLeader().isEmpty()
                    && status.getNodesList().stream()
                            .allMatch(n -> n.getReachable() && n.getPhase().equals("UP"));
        }
    }
}
