package norikae.systemtest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Services of Debian's resource agents on a cluster, by {@code bin/norikae} alone. */
@Tag("system")
@ExtendWith(LastWords.class)
class OcfServiceTest {

    private static final int NOT_NOW = 4;
    private static final int DID_NOT_MOVE = 7;

    private static Path folder;
    private static TestCluster cluster;

    @BeforeAll
    static void boot(@TempDir Path temporary) {
        folder = temporary;
        cluster = TestCluster.boot("ocf", "10.91.0");
    }

    @AfterAll
    static void down() {
        cluster.close();
    }

    private static CommandRun norikae(String... arguments) {
        return CommandRun.norikae(cluster, cluster.lab().clientConfig(), arguments);
    }

    private static CommandRun run(String text) throws IOException {
        Path spec = Files.createTempFile(folder, "spec", ".yaml");
        return norikae("run", Files.writeString(spec, text).toString());
    }

    @Test
    void redisRunsOnWhicheverNodeItIsStartedOnAndKeepsWhatItWasTold() throws IOException {
        // Beside the build's own files, because each node has a /tmp of its own.
        Path home = Files.createDirectories(Path.of("target", "ocf-redis").toAbsolutePath());
        Files.deleteIfExists(home.resolve("dump.rdb"));
        Path config = Files.writeString(home.resolve("redis.conf"), """
                bind 0.0.0.0
                port 6379
                protected-mode no
                dir %s
                dbfilename dump.rdb
                """.formatted(home));
        String spec = """
                name: cache
                resource: ocf:heartbeat:redis
                parameters: {config: %s, user: root}
                address: %s/24
                user: root
                node: %s
                monitors:
                  - ocf: {}
                    interval: 1s
                  - tcp: {port: 6379}
                """;

        CommandRun started = run(spec.formatted(config, cluster.address(50), "node-a"));
        assertThat(started.code()).as(started.toString()).isZero();
        assertThat(ask("SET where here")).isEqualTo("+OK");
        assertThat(ask("SAVE")).isEqualTo("+OK");

        CommandRun moved = norikae("migrate", "cache", "--to", "node-b");
        assertThat(moved.code()).as(moved.toString()).isIn(NOT_NOW, DID_NOT_MOVE);
        assertThat(moved.errors() + moved.output()).contains("a mount namespace of its own");
        assertThat(ask("GET where")).as("it goes on where it is").isEqualTo("$4");

        CommandRun stopped = norikae("stop", "cache");
        assertThat(stopped.code()).as(stopped.toString()).isZero();
        CommandRun again = run(spec.formatted(config, cluster.address(50), "node-b"));
        assertThat(again.code()).as(again.toString()).isZero();
        assertThat(ask("GET where")).isEqualTo("$4");
        assertThat(norikae("stop", "cache").code()).isZero();
    }

    @Test
    void whatTheNodesAgentDoesNotKnowIsRefusedAndLeavesNothing() throws IOException {
        CommandRun refused = run("""
                name: dummy
                resource: ocf:heartbeat:Dummy
                parameters: {stat: /run/x}
                address: %s/24
                user: root
                node: node-a
                """.formatted(cluster.address(51)));

        assertThat(refused.code()).as(refused.toString()).isEqualTo(NOT_NOW);
        assertThat(refused.errors()).contains("it has no parameter 'stat': do you mean state?");
        assertThat(norikae("status").output()).doesNotContain("dummy");
    }

    private static String ask(String command) {
        try (LineConnection client = LineConnection.open(cluster.address(50), 6379)) {
            return client.ask(command);
        }
    }
}
