package norikae.systemtest;

import static org.assertj.core.api.Assertions.assertThat;

import norikae.lab.LabOptions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A service whose data is on a mirrored volume, and whose server is lost. */
@Tag("system")
@ExtendWith(LastWords.class)
class VolumeServiceTest {

    private static TestCluster cluster;

    @BeforeAll
    static void boot() {
        cluster = TestCluster.boot(LabOptions.defaults().withFailover(), "shop", "10.98.0");
    }

    @AfterAll
    static void down() {
        cluster.close();
    }

    @Test
    void itComesBackWithEveryAcknowledgedWriteAndTheServerCatchesUpWhenItReturns() {
        ShopOnVolume shop = new ShopOnVolume(cluster);
        shop.createVolume("node-a", "node-b");
        shop.run();
        try (LineConnection client = shop.connect()) {
            shop.count(client, 100);
            cluster.node("node-a").powerOff();
        }
        try (LineConnection client = shop.connect()) {
            assertThat(cluster.status(ShopOnVolume.SERVICE).getNode()).isEqualTo("node-b");
            shop.count(client, 50);
            cluster.node("node-a").powerOn();
            shop.assertSame("node-a");
            shop.assertOnlyOn("node-b");
            shop.count(client, 50);
        }
        cluster.stop(ShopOnVolume.SERVICE);
        shop.assertNowhere();
        shop.assertCleanFileSystem();
    }
}
