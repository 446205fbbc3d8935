package norikae.systemtest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import norikae.agent.api.v1.CopyStatus;
import norikae.agent.api.v1.CreateVolumeRequest;
import norikae.agent.api.v1.ReplicationMode;
import norikae.agent.api.v1.ResyncVolumeRequest;
import norikae.agent.api.v1.VolumeReplica;
import norikae.agent.client.ControlClient;
import norikae.agent.client.ControlException;
import norikae.lab.LabOptions;
import norikae.lab.NodeOptions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Volumes of three shapes, through the loss of servers: many that share a standby, a near and a far copy, and a copy that two servers
 * reach. Services are on node-a to node-c; node-d is the standby.
 */
@Tag("system")
@ExtendWith(LastWords.class)
class TopologiesTest {

    private static final String FAR_LINK = "12mbit";

    private static TestCluster cluster;

    @BeforeAll
    static void boot() {
        LabOptions options = LabOptions.defaults()
                .withFailover()
                .withSharedStorage()
                .withNodes(List.of(
                        node("node-d", 14, NodeOptions.Role.MEMBER),
                        node("node-c", 13, NodeOptions.Role.MEMBER),
                        node("witness", 15, NodeOptions.Role.WITNESS),
                        // These lose their power, both at a time, too.
                        node("node-a", 11, NodeOptions.Role.MEMBER_WITHOUT_VOTE),
                        node("node-b", 12, NodeOptions.Role.MEMBER_WITHOUT_VOTE)));
        cluster = TestCluster.boot(options, "topologies", "10.90.0");
    }

    private static NodeOptions node(String name, int number, NodeOptions.Role role) {
        return new NodeOptions(name, number, role, Duration.ofDays(number));
    }

    @AfterAll
    static void down() {
        cluster.close();
    }

    @AfterEach
    void everythingIsOnAgain() {
        cluster.lab().heal();
        cluster.lab().shape("node-c", "none");
        powerOn("node-a", "node-b");
        awaitUp();
    }

    private static void awaitUp() {
        TestCluster.await("all nodes are up", () -> {
            try (ControlClient control = cluster.client()) {
                return control.status(null).getNodesList().stream()
                        .allMatch(n -> n.getReachable() && n.getPhase().equals("UP"));
            }
        });
    }

    private static void powerOn(String... nodes) {
        for (String node : nodes) {
            if (!cluster.node(node).isOn()) {
                cluster.node(node).powerOn();
            }
        }
    }

    @Test
    void oneStandbyTakesOverForTwoOfThreeServersAndFillsThemWhenTheyReturn() {
        List<String> servers = List.of("node-a", "node-b", "node-c");
        List<ShopOnVolume> shops = List.of(
                new ShopOnVolume(cluster, "shop-a", 50),
                new ShopOnVolume(cluster, "shop-b", 51),
                new ShopOnVolume(cluster, "shop-c", 52));
        for (int i = 0; i < shops.size(); i++) {
            shops.get(i).createVolume(servers.get(i), "node-d");
            shops.get(i).run();
            count(shops.get(i), 50);
        }
        for (int i = 0; i < 2; i++) {
            cluster.node(servers.get(i)).powerOff();
            count(shops.get(i), 20);
            assertOn("node-d", shops.get(i));
        }
        count(shops.get(2), 20);
        assertOn("node-c", shops.get(2));

        powerOn("node-a");
        shops.get(0).assertSame("node-a");
        count(shops.get(0), 20);
        powerOn("node-b");
        shops.get(1).awaitInSync("node-b");
        shops.forEach(ShopOnVolume::remove);
    }

    @Test
    void theNearCopyTakesOverByItselfAndTheFarOneByAnOperator() {
        cluster.lab().shape("node-c", FAR_LINK);
        ShopOnVolume shop = new ShopOnVolume(cluster, "shop-far", 53);
        shop.createVolume("node-a", sync("node-b"), async("node-c"));
        shop.awaitInSync("node-b");
        shop.run();
        count(shop, 100);

        cluster.node("node-a").powerOff();
        count(shop, 50);
        assertOn("node-b", shop);
        powerOn("node-a");
        shop.assertFollows("node-c");

        // In good order to the far site and back.
        cluster.stop(shop.service());
        shop.promote("node-c", false);
        shop.run();
        count(shop, 50);
        assertOn("node-c", shop);
        shop.awaitInSync("node-a");
        shop.awaitInSync("node-b");
        cluster.stop(shop.service());
        shop.promote("node-b", false);
        shop.run();
        count(shop, 1);
        shop.awaitInSync("node-a");
        shop.assertFollows("node-c");
        assertThat(shop.copy("node-c").getConsistentAtMillis()).isPositive();
        assertThat(shop.status().getLossyEpoch()).as("nothing was lost so far").isZero();

        // The near site is lost, and what it wrote last.
        cluster.lab().partition("node-c", "node-a");
        cluster.lab().partition("node-c", "node-b");
        TestCluster.await(
                "the far site hears nothing",
                () -> !shop.copy("node-c").getState().equals("STREAMING"));
        count(shop, 20);
        cluster.node("node-a").powerOff();
        cluster.node("node-b").powerOff();
        cluster.lab().heal();
        TestCluster.await(
                "it runs nowhere",
                () -> cluster.status(shop.service()).getPhase().equals("LOST"));
        cluster.stop(shop.service());
        assertThatThrownBy(() -> shop.promote("node-c", false))
                .isInstanceOf(ControlException.class)
                .hasMessageContaining("lacks acknowledged writes");
        shop.promote("node-c", true);
        assertThat(shop.status().getLossyEpoch()).isEqualTo(shop.status().getEpoch());
        shop.run();
        try (LineConnection client = shop.connect()) {
            assertThat(shop.acceptLoss(client)).as("a state from just before").isEqualTo(20);
            shop.count(client, 50);
        }
        powerOn("node-b", "node-a");
        for (String node : List.of("node-b", "node-a")) {
            discard(shop, node);
            shop.awaitInSync(node);
        }
        shop.remove();
    }

    /** What is named there are the writes that only this copy has: losing them is for a person to say. */
    private static void discard(ShopOnVolume shop, String node) {
        TestCluster.await(
                "the copy on " + node + " is refused",
                () -> !shop.copy(node).getUnknownGeneration().isEmpty());
        CopyStatus refused = shop.copy(node);
        assertThat(refused.getInSync()).isFalse();
        assertThat(refused.getReason()).contains("--discard " + refused.getUnknownGeneration());
        try (ControlClient control = cluster.client()) {
            control.resyncVolume(ResyncVolumeRequest.newBuilder()
                    .setName(shop.volume())
                    .setNode(node)
                    .setDiscard(refused.getUnknownGeneration())
                    .build());
        }
    }

    @Test
    void aCopyThatTwoServersReachGoesFromOneToTheOtherAndToAnotherSiteByAnOperator() throws Exception {
        ShopOnVolume shop = new ShopOnVolume(cluster, "shop-san", 54);
        shop.createVolume(
                CreateVolumeRequest.newBuilder().setPrimaryShared(LabOptions.SHARED_STORAGE),
                "node-a",
                sync("node-b").setShared(LabOptions.SHARED_STORAGE),
                async("node-c"));
        shop.run();
        assertThat(shop.copy("node-b").getInSync()).as("it is the same one").isTrue();
        LineConnection first = shop.connect();
        shop.count(first, 50);
        Thread load = Thread.ofPlatform().daemon().name("load").start(() -> shop.countUntilLost(first));
        cluster.node("node-a").powerOff();
        try (LineConnection client = shop.connect()) {
            first.close();
            load.join();
            shop.recount(client);
            shop.count(client, 50);
        }
        assertOn("node-b", shop);
        shop.assertFollows("node-c");
        powerOn("node-a");
        awaitUp();
        assertThat(cluster.move(shop.service(), "node-a").getReason()).contains("node-b and node-a share");

        // To the other site, which fills the copy that it left, whichever server holds that.
        cluster.stop(shop.service());
        shop.promote("node-c", false);
        shop.run();
        count(shop, 50);
        assertOn("node-c", shop);
        shop.assertSame("node-a");
        cluster.node("node-a").powerOff();
        TestCluster.await(
                "node-b holds it", () -> shop.copy("node-b").getState().equals("STREAMING"));
        count(shop, 20);
        shop.assertSame("node-b");
        cluster.stop(shop.service());
        shop.promote("node-b", false);
        shop.run();
        count(shop, 20);
        powerOn("node-a");
        awaitUp();
        shop.remove();
    }

    private static VolumeReplica.Builder sync(String node) {
        return VolumeReplica.newBuilder().setNode(node).setMode(ReplicationMode.REPLICATION_MODE_SYNC);
    }

    private static VolumeReplica.Builder async(String node) {
        return VolumeReplica.newBuilder().setNode(node).setMode(ReplicationMode.REPLICATION_MODE_ASYNC);
    }

    private static void count(ShopOnVolume shop, int times) {
        try (LineConnection client = shop.connect()) {
            shop.count(client, times);
        }
    }

    private static void assertOn(String node, ShopOnVolume shop) {
        assertThat(cluster.status(shop.service()).getNode()).isEqualTo(node);
        assertThat(shop.status().getPrimary()).isEqualTo(node);
    }
}
