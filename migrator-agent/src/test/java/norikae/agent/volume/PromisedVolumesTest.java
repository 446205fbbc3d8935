package norikae.agent.volume;

import static norikae.agent.volume.TwoKeepers.A;
import static norikae.agent.volume.TwoKeepers.B;
import static norikae.agent.volume.TwoKeepers.DATA;
import static norikae.agent.volume.TwoKeepers.MIB;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import norikae.failover.model.NodeId;
import norikae.failover.model.ReplicationMode;
import norikae.mirror.primary.PrimaryVolume;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A volume on its way from a to b, with a client at each end that does not notice whether it arrives. */
class PromisedVolumesTest {

    private static final Duration PATIENCE = Duration.ofSeconds(10);

    @SuppressWarnings("NullAway.Init")
    private TwoKeepers two;

    @BeforeEach
    void begin(@TempDir Path folder) throws Exception {
        two = new TwoKeepers(folder);
        two.create(16 * MIB, ReplicationMode.SYNC, null);
        two.awaitWhole(B);
        TwoKeepers.write(two.awaitWritten(A), 0, 1);
    }

    @AfterEach
    void end() throws IOException {
        two.close();
    }

    private void taken() throws Exception {
        two.keeper(B).promise(DATA);
        two.keeper(A).suspend(DATA, B, PATIENCE);
        two.keeper(B).take(DATA);
        ask(B, "read -P 1 0 4k", "write -P 2 0 4k", "flush", "read -P 2 0 4k");
    }

    @Test
    void whatWasWrittenBeforeTheHandOverCountsAfterIt() throws Exception {
        taken();
        two.promote(B, false);
        assertThat(two.keeper(B).serves(DATA)).isFalse();
        two.keeper(B).activate(DATA);
        assertThat(two.keeper(B).serves(DATA)).isTrue();
        ask(B, "read -P 2 0 4k", "write -P 3 4k 4k", "flush");
        two.awaitWhole(A);
    }

    @Test
    void whatWasWrittenNeverHappenedIfItIsNotHandedOver() throws Exception {
        taken();
        two.keeper(B).withdraw(DATA);
        assertThat(two.keeper(A).serves(DATA)).isFalse();
        two.keeper(A).resume(DATA);
        PrimaryVolume first = two.awaitWritten(A);
        assertThat(TwoKeepers.read(first, 0)).isEqualTo(1);
        ask(A, "write -P 4 8k 4k", "flush");
        two.awaitWhole(B);
        assertThat(first.verify(B, false).get()).isZero();
    }

    @Test
    void theNextAgentKnowsWhatWasPromisedAndWhatWasWritten() throws Exception {
        taken();
        two.promote(B, false);
        two.stop(B);
        two.start(B);
        two.keeper(B).activate(DATA);
        ask(B, "read -P 2 0 4k");
    }

    @Test
    void aCopyThatIsNoReplicaHereIsNotPromised() {
        assertThatThrownBy(() -> two.keeper(A).promise(DATA)).hasMessageContaining("no replica on node node-a");
        assertThatThrownBy(() -> two.keeper(B).take(DATA)).hasMessageContaining("was not promised");
        assertThatThrownBy(() -> two.keeper(B).activate(DATA)).hasMessageContaining("does not write volume");
        assertThatThrownBy(() -> two.keeper(B).suspend(DATA, A, PATIENCE))
                .hasMessageContaining("does not write volume");
    }

    private void ask(NodeId node, String... requests) throws Exception {
        List<String> line = new ArrayList<>(List.of("qemu-io", "-f", "raw"));
        for (String request : requests) {
            line.addAll(List.of("-c", request));
        }
        line.add(two.keeper(node).uri(DATA));
        Process client = new ProcessBuilder(line).redirectErrorStream(true).start();
        String said = new String(client.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(client.waitFor()).as(said).isZero();
        assertThat(said).doesNotContain("verification failed").doesNotContain("failed:");
    }
}
