package norikae.systemtest;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.List;
import norikae.agent.api.v1.MoveResult;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Time in a JVM that moves between nodes whose uptimes lie 37 days apart. */
@Tag("system")
@ExtendWith(LastWords.class)
class ClocksTest {

    private static final String SERVICE = "timekeeper";
    private static final int PORT = 7101;
    private static final int ADDRESS = 60;

    /** What a busy machine of two cores may be late, beside the pause. */
    private static final double SLACK_MILLIS = 2_500;

    private static TestCluster cluster;

    @BeforeAll
    static void boot() {
        cluster = TestCluster.boot("clocks", "10.88.0");
        cluster.run(SERVICE, ADDRESS, "node-a", cluster.ledger("64m", "timekeeper", "--port", Integer.toString(PORT)));
    }

    @AfterAll
    static void down() {
        cluster.close();
    }

    @Test
    void nanoTimeTimersSleepsAndTheWallClockKeepTheirPaceInBothDirections() throws IOException {
        assertThat(cluster.node("node-b")
                        .uptime()
                        .minus(cluster.node("node-a").uptime())
                        .toDays())
                .isBetween(36L, 38L);
        try (LineConnection keeper = LineConnection.open(cluster.address(ADDRESS), PORT)) {
            for (String target : List.of("node-b", "node-a", "node-b", "node-a")) {
                assertThat(keeper.ask("RESET")).isEqualTo("OK");
                long wallBefore = System.currentTimeMillis();
                MoveResult move = cluster.move(SERVICE, target);
                long movedIn = System.currentTimeMillis() - wallBefore;
                assertThat(move.getMoved()).as(move.getReason()).isTrue();
                awaitTicks(keeper, 20);
                JsonNode report = new ObjectMapper().readTree(keeper.ask("REPORT"));
                check(report, movedIn);
                System.out.printf("to %s, pause %.0f ms: %s%n", target, move.getPauseMillis(), report);
                assertThat(keeper.ask("RESOLVE localhost")).contains("127.0.0.1");
                assertThat(keeper.ask("RESOLVE node-b")).contains(cluster.address(12));
                assertThat(keeper.ask("RESOLVE")).startsWith("OK ");
            }
        }
    }

    private static void awaitTicks(LineConnection keeper, int more) {
        long before = ticks(keeper);
        TestCluster.await("the scheduled executor ticks on", () -> ticks(keeper) >= before + more);
    }

    private static long ticks(LineConnection keeper) {
        try {
            return new ObjectMapper()
                    .readTree(keeper.ask("REPORT"))
                    .path("ticks")
                    .asLong();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void check(JsonNode report, long movedIn) {
        double pauseAndSlack = movedIn + SLACK_MILLIS;
        assertThat(report.path("nanoBackwards").asLong())
                .as("nanoTime backwards")
                .isZero();
        assertThat(report.path("wallBackwards").asLong())
                .as("wall clock backwards")
                .isZero();
        assertThat(report.path("sleepEarlyMillisMax").asDouble())
                .as("a sleep ended early")
                .isLessThan(2);
        for (String late : List.of(
                "nanoJumpMillisMax",
                "tickLateMillisMax",
                "tickGapMillisMax",
                "sleepLateMillisMax",
                "wallJumpMillisMax",
                "wallMinusNanoStepMillisMax")) {
            assertThat(report.path(late).asDouble()).as(late).isLessThan(pauseAndSlack);
        }
        assertThat(report.path("ticksExpected").asLong() - report.path("ticks").asLong())
                .as("ticks that never came")
                .isBetween(-2L, 2L);
        assertThat(Math.abs(
                        System.currentTimeMillis() - report.path("wallMillis").asLong()))
                .as("wall clock of the service against ours")
                .isLessThan(2_000L);
    }
}
