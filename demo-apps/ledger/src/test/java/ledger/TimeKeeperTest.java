package ledger;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;

class TimeKeeperTest {
    private static final long DAY_NANOS = 86_400L * 1_000_000_000;

    @Test
    void reportsAQuietTimeAsQuiet() throws IOException {
        try (TimeKeeper keeper = TimeKeeper.start(0);
                Wire wire = new Wire(keeper.port())) {
            String report = report(wire);
            while (number(report, "ticks") < 5 || number(report, "sleeps") < 3) {
                report = report(wire);
            }
            assertThat(number(report, "nanoBackwards")).isZero();
            assertThat(number(report, "wallBackwards")).isZero();
            assertThat(number(report, "tickLateMillisMax")).isLessThan(2000);
            assertThat(number(report, "ticksExpected") - number(report, "ticks"))
                    .isBetween(-2.0, 40.0);
            assertThat(wire.ask("RESET")).isEqualTo("OK");
            assertThat(number(report(wire), "ticks")).isLessThan(3);
        }
    }

    @Test
    void resolvesNamesAndSaysWhichItCannot() throws IOException {
        try (TimeKeeper keeper = TimeKeeper.start(0);
                Wire wire = new Wire(keeper.port())) {
            assertThat(wire.ask("RESOLVE localhost"))
                    .startsWith("OK localhost ")
                    .contains("127.0.0.1");
            assertThat(wire.ask("RESOLVE no-such-host.invalid")).startsWith("ERR cannot resolve: no-such-host.invalid");
            assertThat(wire.ask("RESOLVE")).matches("(OK|ERR) .*");
            assertThat(wire.ask("WHEN")).startsWith("ERR unknown command: 'WHEN'");
        }
    }

    @Test
    void remembersTheWorstOfClocksThatJump() {
        TimeRecord record = new TimeRecord(0, 0);
        record.tick(0);
        record.tick(50_000_000);
        record.tick(50_000_000 + 2 * DAY_NANOS);
        record.slept(50_000_000, 50);
        record.slept(-3 * DAY_NANOS, 50);
        record.slept(55_000_000, -1000);
        record.sampled(5_000_000);
        record.sampled(-DAY_NANOS);
        String report = record.report(1_000_000_000, 3_000).toString();
        assertThat(number(report, "tickLateMillisMax")).isGreaterThan(2 * 86_400_000 - 100);
        assertThat(number(report, "tickEarlyMillisMax")).isZero();
        assertThat(number(report, "sleepEarlyMillisMax")).isEqualTo(3 * 86_400_000.0 + 50);
        assertThat(number(report, "sleepLateMillisMax")).isEqualTo(5);
        assertThat(number(report, "nanoBackwards")).isEqualTo(1);
        assertThat(number(report, "nanoBackwardsMillisMax")).isEqualTo(86_400_000);
        assertThat(number(report, "wallBackwardsMillisMax")).isEqualTo(1000);
        assertThat(number(report, "wallMinusNanoMillis")).isEqualTo(2000);
    }

    private static String report(Wire wire) throws IOException {
        return String.valueOf(wire.ask("REPORT"));
    }

    private static double number(String json, String member) {
        int start = json.indexOf("\"" + member + "\":") + member.length() + 3;
        return Double.parseDouble(json.substring(start).split("[,}]", 2)[0]);
    }
}
