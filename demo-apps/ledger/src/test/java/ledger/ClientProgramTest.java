package ledger;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class ClientProgramTest {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    private int run(String input, String... args) {
        InputStream in = new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8));
        return ClientProgram.run(
                in,
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                args);
    }

    private List<String> lines() {
        return out.toString(StandardCharsets.UTF_8).lines().toList();
    }

    @Test
    void obeysMarksAndEndsWithASummary() throws IOException {
        try (LedgerServer server = LedgerServer.start(new LedgerServer.Options(0, 0, 0, 0))) {
            int status = run(
                    "mark move-1\nmark after\nwhat\nstop\n",
                    "--address",
                    "127.0.0.1:" + server.port(),
                    "--connections",
                    "5",
                    "--warm-up",
                    "0",
                    "--json");
            assertThat(status).isZero();
            assertThat(lines()).hasSize(4);
            assertThat(lines().get(0)).isEqualTo("{\"type\":\"ready\",\"connections\":5}");
            assertThat(lines().get(1))
                    .startsWith("{\"type\":\"window\",\"window\":\"start\"")
                    .endsWith("\"next\":\"move-1\"}");
            assertThat(lines().get(2)).contains("\"window\":\"move-1\"").contains("\"pauseMillis\":");
            assertThat(lines().get(3))
                    .startsWith("{\"type\":\"summary\",\"clean\":true,\"connections\":5,\"lost\":0,\"doubled\":0");
            assertThat(err.toString(StandardCharsets.UTF_8))
                    .contains("unknown command 'what'")
                    .contains("resets 0, lost 0, doubled 0, out of order 0");
        }
    }

    @Test
    void goesOnWithoutInputUntilItsTimeIsOverAndReportsMeanwhile() throws IOException {
        try (LedgerServer server = LedgerServer.start(new LedgerServer.Options(0, 0, 0, 0))) {
            String address = "127.0.0.1:" + server.port();
            int status = run(
                    "",
                    ("--address " + address
                                    + " --connections 3 --think 5 --duration 700ms --report-every 200ms --warm-up 100ms"
                                    + " --per-connection")
                            .split(" ", -1));
            assertThat(status).isZero();
            assertThat(lines().stream().filter(line -> line.startsWith("{\"type\":\"interval\"")))
                    .hasSizeBetween(2, 3)
                    .allMatch(line -> line.contains("\"pauseMillisPerConnection\":["));
            assertThat(lines().get(lines().size() - 1)).startsWith("resets 0, lost 0, doubled 0");
        }
    }

    @Test
    void failsWhenTheBankLies() throws IOException {
        try (FalseBank bank = FalseBank.lyingAboutTransfers((request, books) -> List.of(books.honest(request) + "0"))) {
            assertThat(run(
                            "",
                            "--address",
                            "127.0.0.1:" + bank.port(),
                            "--connections",
                            "1",
                            "--duration",
                            "100ms",
                            "--warm-up",
                            "0"))
                    .isEqualTo(1);
        }
    }

    @Test
    void refusesWrongUsageWithItsReason() {
        assertThat(run("", "--address", "nowhere")).isEqualTo(2);
        assertThat(run("", "--connections", "0")).isEqualTo(2);
        assertThat(run("", "--think", "soon")).isEqualTo(2);
        assertThat(run("", "--speed")).isEqualTo(2);
        assertThat(run("", "--address", "localhost:1", "--connect-within", "50ms"))
                .isEqualTo(3);
        assertThat(err.toString(StandardCharsets.UTF_8).lines())
                .startsWith(
                        "ledger client: --address 'nowhere' is not HOST:PORT",
                        "ledger client: --connections '0' is not a whole number from 1 to 2000",
                        "ledger client: --think 'soon' is not a duration such as 20ms, 30s or 5m",
                        "ledger client: unknown option '--speed'; see --help");
    }

    @Test
    void tellsItsOptions() {
        assertThat(run("", "--help")).isZero();
        assertThat(out.toString(StandardCharsets.UTF_8)).contains("--report-every TIME");
    }
}
