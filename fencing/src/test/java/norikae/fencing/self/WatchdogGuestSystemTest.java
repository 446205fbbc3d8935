package norikae.fencing.self;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import norikae.failover.fencing.FencingResult;
import norikae.fencing.pill.PillDisk;
import norikae.fencing.pill.PillFencer;
import norikae.fencing.pill.PillMessage;
import norikae.fencing.pill.PillTimeouts;
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
    void aServerWhoseAgentStopsFeedingIsResetAndThenObeysAPoisonPill(@TempDir Path work) throws Exception {
        assumeTrue(
                Files.exists(GuestImage.kernel()),
                "no kernel for guests at " + GuestImage.kernel() + ": run bin/setup");
        Path archive = GuestImage.build(work);
        Path disk = work.resolve("shared-disk");
        Files.write(disk, new byte[8 << 20]);
        PillTimeouts times = new PillTimeouts(5, 2, 1, 15);
        PillDisk.create(disk, times).close();
        try (Guest guest = Guest.boot(GuestImage.kernel(), archive, disk, work)) {
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

            // The second life knows why the first one ended, and lives on until it finds an order.
            Guest.Line second = guest.await("GUEST LIFE after a bite", bite, PATIENCE);
            Guest.Line watching = guest.await("GUEST WATCHING", second, PATIENCE);
            long ordered = System.nanoTime();
            FencingResult result =
                    new PillFencer(List.of(disk), GuestMain.NODE, PillMessage.RESET, "tester").stop(PATIENCE);
            long counted = System.nanoTime();
            guest.await("norikae: stopping this server: poison pill from tester: reset", watching, PATIENCE);
            Guest.Line reset = guest.await("\"RESET\"", watching, PATIENCE);
            assertThat(result).isInstanceOf(FencingResult.Confirmed.class);
            assertThat(counted - reset.atNanos())
                    .as("it was dead before its death was believed")
                    .isPositive();
            LOG.info(
                    "order on the disk to reset: {} ms; believed after {} ms",
                    (reset.atNanos() - ordered) / 1_000_000,
                    (counted - ordered) / 1_000_000);
            assertThat(guest.lines().stream().filter(line -> line.text().contains("\"WATCHDOG\"")))
                    .as("the watchdog had no part in it")
                    .hasSize(1);
        }
    }
}
