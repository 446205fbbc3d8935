package norikae.systemtest;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import norikae.agent.api.v1.MoveResult;
import norikae.failover.fault.FaultPoint;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A service that moves has its volume with it, whatever fails on the way. With {@code -Dnorikae.walk.volumes=true} either agent dies at
 * each point.
 */
@Tag("system")
@ExtendWith(LastWords.class)
class VolumeMoveTest {

    /** Where a volume changes hands: each with the agent whose death is worse. */
    private static final Map<FaultPoint, Boolean> SOURCE_DIES = new EnumMap<>(Map.of(
            FaultPoint.SOURCE_VOLUMES, true,
            FaultPoint.TARGET_VOLUMES, false,
            FaultPoint.TARGET_RESTORED, true,
            FaultPoint.TARGET_COMMITTED, false,
            FaultPoint.TARGET_ACTIVATED, false,
            FaultPoint.TARGET_RESUMED, true));

    private static final boolean ALL = Boolean.getBoolean("norikae.walk.volumes");

    private static TestCluster cluster;
    private static ShopOnVolume shop;

    @BeforeAll
    static void boot() {
        cluster = TestCluster.boot("shopmove", "10.89.0");
        shop = new ShopOnVolume(cluster);
        shop.createVolume("node-a", "node-b");
        shop.run();
    }

    @AfterAll
    static void down() {
        cluster.close();
    }

    @Test
    void noConnectionIsLostAndEveryWriteIsThereWhenItIsStartedAgain() {
        try (LineConnection client = shop.connect()) {
            shop.count(client, 100);
            for (String target : List.of(other(), owner())) {
                moves(target);
                shop.assertOnlyOn(target);
                shop.count(client, 50);
                shop.assertSame(target.equals("node-a") ? "node-b" : "node-a");
            }
        }
        cluster.stop(ShopOnVolume.SERVICE);
        shop.assertNowhere();
        shop.run();
        try (LineConnection client = shop.connect()) {
            shop.count(client, 1);
        }
    }

    @Test
    void itDoesNotNoticeThatItsAgentIsStartedAgain() {
        try (LineConnection client = shop.connect()) {
            shop.count(client, 1);
            String owner = owner();
            cluster.node(owner).killAgent();
            shop.count(client, 10);
            shop.assertOnlyOn(owner);
        }
    }

    @TestFactory
    Stream<DynamicTest> whicheverAgentDiesThereIsOneCopyAndOneWriter() {
        List<DynamicTest> walks = new ArrayList<>();
        SOURCE_DIES.forEach((point, worse) -> {
            for (boolean source : ALL ? List.of(true, false) : List.of(worse)) {
                walks.add(DynamicTest.dynamicTest(
                        (source ? "source" : "target") + " dies at " + point, () -> walk(point, source)));
            }
        });
        walks.add(DynamicTest.dynamicTest("what is on the disk is what was counted", () -> {
            cluster.stop(ShopOnVolume.SERVICE);
            shop.assertNowhere();
            shop.run();
            try (LineConnection client = shop.connect()) {
                shop.count(client, 1);
            }
        }));
        return walks.stream();
    }

    private static void walk(FaultPoint point, boolean sourceDies) throws InterruptedException {
        cluster.awaitAgents();
        String source = owner();
        String target = other();
        shop.awaitInSync(target);
        String held = point.name().startsWith("SOURCE") ? source : target;
        try (LineConnection client = shop.connect()) {
            shop.count(client, 3);
            cluster.hold(held, point.name());
            Thread move = cluster.moveInBackground(ShopOnVolume.SERVICE, target);
            try {
                cluster.awaitHeld(held, point.name());
                cluster.node(sourceDies ? source : target).killAgent();
            } finally {
                cluster.letGo(held, point.name());
            }
            move.join();
            cluster.awaitAgents();
            String node = cluster.awaitSettled(ShopOnVolume.SERVICE).getNode();
            shop.count(client, 3);
            shop.assertOnlyOn(node);
            shop.assertSame(node.equals("node-a") ? "node-b" : "node-a");
            shop.count(client, 3);
        }
    }

    private static void moves(String target) {
        MoveResult move = cluster.move(ShopOnVolume.SERVICE, target);
        assertThat(move.getReason()).isEmpty();
        assertThat(move.getMoved()).isTrue();
    }

    private static String owner() {
        return cluster.status(ShopOnVolume.SERVICE).getNode();
    }

    private static String other() {
        return owner().equals("node-a") ? "node-b" : "node-a";
    }
}
