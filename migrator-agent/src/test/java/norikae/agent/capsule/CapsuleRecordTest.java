package norikae.agent.capsule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import norikae.agent.capsule.CapsuleRecord.Role;
import norikae.failover.model.Epoch;
import norikae.failover.model.Limits;
import norikae.failover.model.NodeId;
import norikae.failover.model.ServiceAddress;
import norikae.failover.model.ServiceName;
import norikae.failover.model.ServiceSpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CapsuleRecordTest {

    private static final ServiceName SHOP = new ServiceName("shop");

    private final Path directory;

    CapsuleRecordTest(@TempDir Path directory) {
        this.directory = directory;
    }

    private static CapsuleRecord record(Limits limits, NodeId node) {
        ServiceSpec spec = new ServiceSpec(
                SHOP,
                List.of("java", "-jar", "käse.jar"),
                ServiceAddress.parse("10.0.0.1/24"),
                new TreeMap<>(Map.of("A", "b=c")),
                "nobody",
                "/srv",
                limits,
                node);
        return new CapsuleRecord(
                spec,
                new Epoch(7),
                4000,
                Role.MOVING_IN,
                "m-1",
                123,
                456,
                true,
                Path.of("/var/log-7"),
                List.of("java", "-X"));
    }

    @Test
    void theNextAgentReadsWhatThisOneWrote() throws IOException {
        CapsuleRecord record = record(new Limits(1L << 40, 0.5, 10, null), new NodeId("node-a"));
        record.save(directory);
        assertThat(CapsuleRecord.find(directory, SHOP)).contains(record);
        assertThat(CapsuleRecord.load(directory)).containsExactly(record);
    }

    @Test
    void aChangeReplacesTheRecordAndLeavesNothingElse() throws IOException {
        CapsuleRecord record = record(Limits.NONE, new NodeId("node-a"));
        record.save(directory);
        CapsuleRecord running = record.with(Role.RUNNING, "").with(new Epoch(8));
        running.save(directory);
        assertThat(CapsuleRecord.load(directory)).containsExactly(running);
        try (var files = Files.list(directory)) {
            assertThat(files).hasSize(1);
        }
        CapsuleRecord.delete(directory, SHOP);
        CapsuleRecord.delete(directory, SHOP);
        assertThat(CapsuleRecord.load(directory)).isEmpty();
        assertThat(CapsuleRecord.find(directory, SHOP)).isEmpty();
    }

    @Test
    void aRecordThatCannotBeReadIsNamed() throws IOException {
        Files.writeString(directory.resolve("shop.json"), "{\"epoch\": 1, \"unknown\": 2}");
        assertThatThrownBy(() -> CapsuleRecord.load(directory))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(directory.resolve("shop.json").toString());
    }

    @Test
    void withoutADirectoryThereAreNoRecords() throws IOException {
        assertThat(CapsuleRecord.load(directory.resolve("none"))).isEmpty();
    }
}
