package ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LedgerServerTest {
    private static final long BALLAST_BYTES = 8L << 20;

    private LedgerServer server;
    private Wire wire;

    @BeforeEach
    void start() throws IOException {
        server = LedgerServer.start(new LedgerServer.Options(0, 10, BALLAST_BYTES, 1 << 20));
        wire = new Wire(server.port());
    }

    @AfterEach
    void stop() throws IOException {
        wire.close();
        server.close();
    }

    @Test
    void movesMoneyOnceHoweverOftenItIsAsked() throws IOException {
        assertThat(wire.ask("OPEN anna 100")).isEqualTo("OK anna 100");
        assertThat(wire.ask("OPEN bert 5")).isEqualTo("OK bert 5");
        assertThat(wire.ask("TRANSFER c 1 anna bert 30")).isEqualTo("OK c 1 1 70 35");
        assertThat(wire.ask("TRANSFER c 1 anna bert 30")).isEqualTo("AGAIN c 1");
        assertThat(wire.ask("TRANSFER c 2 bert anna 36")).isEqualTo("DENIED c 2 35");
        assertThat(wire.ask("TRANSFER c 3 bert anna 35")).isEqualTo("OK c 3 2 0 105");
        assertThat(wire.ask("BALANCE anna")).isEqualTo("OK anna 105");
        assertThat(wire.ask("AUDIT"))
                .isEqualTo("OK sum=10000105 deposited=10000105 accounts=12 transfers=2 denied=1 duplicates=1"
                        + " clients=c:3:2");
        assertThat(wire.ask("AUDIT other")).endsWith(" clients=-");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    ''                              | ERR empty line
                    GIVE me all                     | ERR unknown command: GIVE; commands:
                    ping                            | ERR unknown command: ping
                    TRANSFER c 1 acct-0             | ERR expected: TRANSFER client seq from to amount; got 3 arguments
                    TRANSFER c 1 acct-0 acct-1 x    | ERR amount is not a whole number from 1 to 1000000000000: x
                    TRANSFER c 1 acct-0 acct-1 0    | ERR amount is not a whole number
                    TRANSFER c 1 acct-0 acct-1 -5   | ERR amount is not a whole number
                    TRANSFER c 0 acct-0 acct-1 5    | ERR sequence number is not a whole number
                    TRANSFER c 7 acct-0 acct-1 5    | ERR sequence client=c expected=1 got=7
                    TRANSFER c 1 nobody acct-1 5    | ERR unknown account: nobody
                    TRANSFER a:b 1 acct-0 acct-1 5  | ERR client name must have at most 64 characters
                    OPEN acct-0 5                   | ERR account exists: acct-0
                    OPEN a 99999999999999999999999  | ERR amount is not a whole number from 0
                    BALANCE                         | ERR expected: BALANCE account; got 0 arguments
                    """)
    void saysWhatIsWrongWithARequestAndGoesOn(String request, String answer) throws IOException {
        assertThat(wire.ask(request)).startsWith(answer);
        assertThat(wire.ask("PING")).isEqualTo("OK pong");
    }

    @Test
    void refusesLinesThatAreTooLongAndGoesOn() throws IOException {
        assertThat(wire.ask("OPEN " + "x".repeat(LineServer.MAX_LINE_BYTES)))
                .isEqualTo("ERR line too long: limit 1024 bytes");
        assertThat(wire.ask("OPEN " + "x".repeat(1 << 20))).isEqualTo("ERR line too long: limit 1024 bytes");
        assertThat(wire.ask("PING" + " ".repeat(LineServer.MAX_LINE_BYTES - 4))).isEqualTo("OK pong");
        assertThat(wire.ask("PING\r")).isEqualTo("OK pong");
    }

    @Test
    void refusesBytesThatAreNotText() throws IOException {
        wire.send(new byte[] {'P', (byte) 0xff, (byte) 0xfe, '\n'});
        assertThat(wire.read()).isEqualTo("ERR not UTF-8");
        assertThat(wire.ask("PING")).isEqualTo("OK pong");
    }

    @Test
    void answersRequestsThatComeTogetherOrInPiecesInTheirOrder() throws IOException {
        wire.send("PING\nBALLAST\nBALANCE acct-1\nPI");
        assertThat(wire.read()).isEqualTo("OK pong");
        assertThat(wire.read()).startsWith("OK bytes=" + BALLAST_BYTES).endsWith("faults=0");
        assertThat(wire.read()).isEqualTo("OK acct-1 1000000");
        wire.send("NG\n");
        assertThat(wire.read()).isEqualTo("OK pong");
    }

    @Test
    void answersWhatWasAskedBeforeTheOtherSideStoppedSending() throws IOException {
        wire.send("PING\nBALLAST\nPING\n");
        wire.endSending();
        assertThat(wire.read()).isEqualTo("OK pong");
        assertThat(wire.read()).startsWith("OK bytes=");
        assertThat(wire.read()).isEqualTo("OK pong");
        assertThat(wire.read()).isNull();
    }

    @Test
    void survivesAClientThatDoesNotReadItsAnswers() throws IOException {
        byte[] manyRequests = "HELP\n".repeat(20_000).getBytes(StandardCharsets.UTF_8);
        Thread flood = new Thread(() -> {
            try {
                wire.send(manyRequests);
            } catch (IOException e) {
                // the test has ended
            }
        });
        flood.start();
        try (Wire other = new Wire(server.port())) {
            assertThat(other.ask("PING")).isEqualTo("OK pong");
        }
        for (int i = 0; i < 20_000; i++) {
            assertThat(wire.read()).startsWith("OK PING");
        }
    }

    @Test
    void serves500Connections() throws IOException {
        List<Wire> wires = new ArrayList<>();
        try {
            for (int i = 0; i < 500; i++) {
                wires.add(new Wire(server.port()));
            }
            for (Wire each : wires) {
                each.send("PING\n");
            }
            for (Wire each : wires) {
                assertThat(each.read()).isEqualTo("OK pong");
            }
            assertThat(wire.ask("INFO")).contains(" connections=501 ");
        } finally {
            for (Wire each : wires) {
                each.close();
            }
        }
    }

    @Test
    void tellsOfItsProcessAndKeepsTicking() throws IOException {
        assertThat(wire.ask("INFO"))
                .contains("pid=" + ProcessHandle.current().pid())
                .contains(" uptimeNanos=")
                .contains(" heapUsed=")
                .contains(" ballast=" + BALLAST_BYTES);
        assertThat(info("rewritten")).isLessThanOrEqualTo(2 << 20);
        while (info("ticks") < 3) {
            Thread.onSpinWait();
        }
        assertThat(info("uptimeNanos")).isGreaterThanOrEqualTo(300_000_000L);
        while (info("rewritten") == 0) {
            Thread.onSpinWait();
        }
    }

    private long info(String field) throws IOException {
        String info = String.valueOf(wire.ask("INFO"));
        int start = info.indexOf(" " + field + "=") + field.length() + 2;
        return Long.parseLong(info.substring(start).split(" ", 2)[0]);
    }

    @Test
    void namesThePortThatIsTaken() {
        assertThatThrownBy(() -> LedgerServer.start(new LedgerServer.Options(server.port(), 0, 0, 0)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("cannot listen on port " + server.port());
    }

    @Test
    void endsItsConnectionsWhenItIsClosed() throws IOException {
        assertThat(wire.ask("PING")).isEqualTo("OK pong");
        server.close();
        assertThat(wire.read()).isNull();
    }
}
