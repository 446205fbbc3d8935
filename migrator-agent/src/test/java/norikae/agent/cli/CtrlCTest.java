package norikae.agent.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import norikae.agent.client.FakeCluster;
import norikae.agent.client.FakeCluster.Migration;
import norikae.agent.client.TestPki;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real SIGINT to a real process. */
class CtrlCTest {

    @TempDir
    Path folder = Path.of("set by JUnit");

    private Process migrate(TestPki pki, FakeCluster cluster) throws Exception {
        Path config = folder.resolve("client.json");
        pki.client("op", "operator", cluster.member()).save(config);
        String classPath = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path", ""));
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "--enable-native-access=ALL-UNNAMED",
                        "--sun-misc-unsafe-memory-access=allow",
                        "-cp",
                        classPath,
                        NorikaeCommand.class.getName(),
                        "migrate",
                        "ledger",
                        "--config",
                        config.toString())
                .start();
    }

    private static void interrupt(Process process) throws Exception {
        assertThat(new ProcessBuilder("kill", "-INT", Long.toString(process.pid()))
                        .start()
                        .waitFor())
                .isZero();
    }

    private static String text(java.io.InputStream in) throws Exception {
        return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }

    @Test
    void shouldEndWith130AfterTheClusterHasEndedTheMove() throws Exception {
        assertInterrupted(Migration.WAITS_FOR_CANCEL, 130, "did not move ledger: cancelled by the operator");
    }

    @Test
    void shouldEndWith0IfTheMoveHadCommitted() throws Exception {
        assertInterrupted(Migration.COMMITS_ON_CANCEL, 0, "moved ledger from node-a to node-b");
    }

    private void assertInterrupted(Migration migration, int exitCode, String lastLine) throws Exception {
        TestPki pki = new TestPki(folder.resolve("pki"));
        try (FakeCluster cluster = new FakeCluster(pki)) {
            cluster.migration = migration;
            Process process = migrate(pki, cluster);
            try {
                assertThat(cluster.copying.await(60, TimeUnit.SECONDS)).isTrue();
                // the first line is printed by the loop that minds Ctrl-C
                assertThat(process.getInputStream().read()).isEqualTo('m');
                interrupt(process);
                assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
                String out = text(process.getInputStream());
                String err = text(process.getErrorStream());
                assertThat(process.exitValue()).as(out + err).isEqualTo(exitCode);
                assertThat(out.lines().toList().getLast()).startsWith(lastLine);
                assertThat(err).startsWith("norikae: interrupted; asking the cluster to end the move of ledger");
            } finally {
                process.destroyForcibly();
            }
        }
    }
}
