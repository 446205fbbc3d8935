package norikae.fencing.self;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A real kernel, a (virtual) watchdog card, and our code in a JVM there: the machine is really reset. */
@Tag("system")
@Timeout(600)
class WatchdogGuestSystemTest {

    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final Logger LOG = LoggerFactory.getLogger(WatchdogGuestSystemTest.class);

    @Test
    void aServerWhoseAgentStopsFeedingIsResetAndThenStopsItself(@TempDir Path work) throws Exception {
        assumeTrue(
                Files.exists(GuestImage.kernel()),
                "no kernel for guests at " + GuestImage.kernel() + ": run bin/setup");
        Path archive = GuestImage.build(work);
        try (Guest guest = Guest.boot(GuestImage.kernel(), archive, work)) {
            Guest.Line start = new Guest.Line(System.nanoTime(), "");
            Guest.Line life = guest.await("GUEST LIFE first under i6300ESB", start, PATIENCE);

            // The contract: what the fake promises, this device keeps; after a magic close it leaves the server alone.
            Guest.Line armed = guest.await("GUEST ARMED Armed[", life, PATIENCE);
            List<String> checks = guest.lines().stream()
                    .map(Guest.Line::text)
                    .filter(line -> line.startsWith("GUEST CHECK"))
                    .toList();
            assertThat(checks).hasSize(6).allMatch(line -> line.endsWith(" holds"));
            assertThat(guest.lines()).as("bites before it was starved").noneMatch(line -> line.text()
                    .contains("\"WATCHDOG\""));

            Guest.Line bite = guest.await("\"WATCHDOG\"", armed, PATIENCE);
            Guest.Line fed = guest.lines().stream()
                    .filter(line -> line.text().equals("GUEST FED"))
                    .reduce((earlier, later) -> later)
                    .orElseThrow();
            LOG.info("last feed to reset: {} ms, at a timeout of 5 s", (bite.atNanos() - fed.atNanos()) / 1_000_000);
            assertThat(guest.lines().stream().filter(line -> line.text().equals("GUEST FED")))
                    .as("it lived on as long as it was fed")
                    .hasSize(6);
            assertThat(Duration.ofNanos(bite.atNanos() - fed.atNanos())).isGreaterThan(Duration.ofSeconds(2));

            // The second life knows why the first one ended, and ends by its own order.
            Guest.Line second = guest.await("GUEST LIFE after a bite", bite, PATIENCE);
            Guest.Line stopping = guest.await("GUEST STOPPING", second, PATIENCE);
            guest.await("norikae: stopping this server: its lease has ended", stopping, PATIENCE);
            Guest.Line reset = guest.await("\"RESET\"", stopping, PATIENCE);
            LOG.info("own order to reset: {} ms", (reset.atNanos() - stopping.atNanos()) / 1_000_000);
            assertThat(guest.lines().stream().filter(line -> line.text().contains("\"WATCHDOG\"")))
                    .as("the watchdog had no part in it")
                    .hasSize(1);
        }
    }
}
