package norikae.systemtest;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.util.List;
import norikae.agent.api.v1.Event;
import norikae.agent.api.v1.ListEventsRequest;
import norikae.agent.api.v1.LogChunk;
import norikae.agent.api.v1.MoveResult;
import norikae.agent.api.v1.ReadLogsRequest;
import norikae.agent.client.ControlClient;
import norikae.agent.client.Subscription;
import norikae.lab.demo.LedgerClients;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The bank moves while its clients go on talking to it. */
@Tag("system")
@ExtendWith(LastWords.class)
class LedgerMoveTest {

    private static final String SERVICE = "ledger";
    private static final int ADDRESS = 50;
    private static final int PORT = 7000;
    private static final int CONNECTIONS = 200;

    private static TestCluster cluster;

    @BeforeAll
    static void boot() {
        cluster = TestCluster.boot("bank", "10.80.0");
        cluster.run(
                SERVICE,
                ADDRESS,
                "node-a",
                cluster.ledger(
                        "160m", "server", "--port", Integer.toString(PORT), "--ballast", "48m", "--dirty", "8m"));
    }

    @AfterAll
    static void down() {
        cluster.close();
    }

    @Test
    void aLiveLedgerMovesBackAndForthAndNoClientNotices() {
        String address = cluster.address(ADDRESS);
        try (LineConnection own = LineConnection.open(address, PORT);
                LedgerClients clients = LedgerClients.start(
                        cluster.node("client"),
                        cluster.java(),
                        cluster.jar("norikae-ledger"),
                        address + ":" + PORT,
                        CONNECTIONS)) {
            String pid = field(own.ask("INFO"), "pid");
            int number = 0;
            for (String target : List.of("node-b", "node-a", "node-b", "node-a")) {
                clients.begin("move-" + number);
                MoveResult move = cluster.move(SERVICE, target);
                JsonNode seen = clients.end("move-" + number++);
                assertThat(move.getMoved()).as(move.getReason()).isTrue();
                assertThat(move.getNode()).isEqualTo(target);
                assertThat(cluster.status(SERVICE).getNode()).isEqualTo(target);
                String info = own.ask("INFO");
                assertThat(field(info, "pid")).as("number of the process").isEqualTo(pid);
                assertThat(field(info, "connections")).isEqualTo(Integer.toString(CONNECTIONS + 1));
                assertThat(field(own.ask("BALLAST"), "faults"))
                        .as("chunks of memory that changed")
                        .isEqualTo("0");
                System.out.printf(
                        "to %s: pause %.0f ms for the agents, %.0f ms for the clients%n",
                        target, move.getPauseMillis(), seen.path("pauseMillis").asDouble());
            }
            JsonNode summary = clients.stop();
            System.out.println(summary);
            assertThat(summary.path("resets").asLong(-1)).as("resets").isZero();
            assertThat(summary.path("lost").asLong(-1)).as("lost").isZero();
            assertThat(summary.path("doubled").asLong(-1)).as("doubled").isZero();
            assertThat(summary.path("outOfOrder").asLong(-1)).as("out of order").isZero();
            assertThat(summary.path("clean").asBoolean()).as(summary.toString()).isTrue();
        }
        assertThat(logs())
                .as("what the service wrote, over all nodes")
                .containsOnlyOnce("ledger listening on")
                .doesNotContain("ledger stopped");
        assertThat(finishedMoves()).hasSize(4).allSatisfy(event -> assertThat(
                        event.getDetailsMap().toString())
                .contains("dump", "transfer", "restore", "commit", "resume"));
    }

    private static String logs() {
        StringBuilder text = new StringBuilder();
        try (ControlClient client = cluster.client();
                Subscription<LogChunk> chunks = client.logs(
                        ReadLogsRequest.newBuilder().setService(SERVICE).build())) {
            while (chunks.hasNext()) {
                text.append(chunks.next().getData().toString(StandardCharsets.UTF_8));
            }
        }
        return text.toString();
    }

    private static List<Event> finishedMoves() {
        List<Event> found = new java.util.ArrayList<>();
        try (ControlClient client = cluster.client();
                Subscription<Event> events = client.events(
                        ListEventsRequest.newBuilder().setSubject(SERVICE).build())) {
            while (events.hasNext()) {
                Event event = events.next();
                if (event.getKind().equals("move-finished")) {
                    found.add(event);
                }
            }
        }
        return found;
    }

    static String field(String answer, String name) {
        for (String word : answer.split(" ", -1)) {
            if (word.startsWith(name + "=")) {
                return word.substring(name.length() + 1);
            }
        }
        throw new AssertionError("no " + name + " in: " + answer);
    }
}
