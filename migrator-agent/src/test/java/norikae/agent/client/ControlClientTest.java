package norikae.agent.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import norikae.agent.api.v1.MoveUpdate;
import norikae.agent.client.FakeCluster.Migration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ControlClientTest {

    @TempDir
    Path folder = Path.of("set by JUnit");

    @Test
    void closingAStreamShouldEndTheWaitForItAndLeaveOtherCallsAlone() throws Exception {
        TestPki pki = new TestPki(folder);
        try (FakeCluster cluster = new FakeCluster(pki);
                ControlClient client = ControlClient.open(pki.client("op", "operator", cluster.member()))) {
            cluster.migration = Migration.WAITS_FOR_CANCEL;
            Subscription<MoveUpdate> updates = client.migrate("ledger", "node-b");
            for (String state : new String[] {"Planned", "Checked", "Prepared", "Copying"}) {
                assertThat(updates.next().getState()).isEqualTo(state);
            }
            CompletableFuture<Boolean> more = CompletableFuture.supplyAsync(updates::hasNext);
            updates.close();
            assertThat(more.get(30, TimeUnit.SECONDS)).isFalse();
            assertThat(client.status(null).getCluster()).isEqualTo("test");
            assertThat(client.cancel("mv-1").getCancelled()).isTrue();
        }
    }
}
