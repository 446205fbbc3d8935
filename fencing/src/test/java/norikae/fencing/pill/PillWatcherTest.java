package norikae.fencing.pill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class PillWatcherTest {

    /** Slow enough that a busy machine does not lose a disk of its own accord. */
    private static final Pace PACE = Server.pace(100);

    private static final PillTimeouts TIMES = new PillTimeouts(20, 0, 1, 40);

    private final Path directory;
    private FaultyDisk disk;

    PillWatcherTest(@TempDir Path directory) throws IOException {
        this.directory = directory;
        this.disk = new FaultyDisk(directory.resolve("disk"));
    }

    @BeforeEach
    void aDiskHasASlotFile() throws IOException {
        PillDisk.create(disk.path(), TIMES).close();
    }

    @Test
    void anOrderReachesTheServer() throws Exception {
        try (Server server = server(PillWatcher.Leftover.CLEAR)) {
            assertThat(server.watcher.mayFeed()).isTrue();
            write(PillMessage.RESET, "node-b");
            server.awaitTold("reset from node-b");
            assertThat(server.watcher.mayFeed()).isFalse();
            assertThat(mail()).as("stays for whoever wrote it").isEqualTo(new PillMail(2, "node-b"));
        }
    }

    @Test
    void whatIsNoOrderIsClearedAndTheServerGoesOn() throws Exception {
        try (Server server = server(PillWatcher.Leftover.CLEAR)) {
            write(PillMessage.TEST, "node-b");
            Waiting.until("cleared", () -> mail().equals(new PillMail(0, "")));
            write(PillMessage.EXIT, "node-b");
            Waiting.until("cleared", () -> mail().equals(new PillMail(0, "")));
            assertThat(server.watcher.mayFeed()).isTrue();
            assertThat(server.told).isEmpty();
        }
    }

    @Test
    void anOrderForAnEarlierLifeIsClearedAndSaysSo() throws Exception {
        server(PillWatcher.Leftover.CLEAR).close();
        write(PillMessage.RESET, "node-b");
        try (Server server = server(PillWatcher.Leftover.CLEAR)) {
            assertThat(mail()).isEqualTo(new PillMail(0, PillMail.FROM_BOOT));
            assertThat(server.watcher.mayFeed()).isTrue();
            write(PillMessage.OFF, "node-b");
            server.awaitTold("off from node-b");
        }
    }

    @Test
    void anAgentThatOnlyRestartedObeysTheOrderThatItMissed() throws Exception {
        server(PillWatcher.Leftover.CLEAR).close();
        write(PillMessage.CRASHDUMP, "node-b");
        try (Server server = server(PillWatcher.Leftover.OBEY)) {
            server.awaitTold("crashdump from node-b");
            assertThat(server.watcher.mayFeed()).isFalse();
        }
    }

    @Test
    void aDiskThatHangsIsLostWhenTheWatchdogTimeHasPassed() throws Exception {
        try (Server server = server(PillWatcher.Leftover.CLEAR)) {
            disk.hang();
            server.awaitTold("hangs");
            assertThat(server.watcher.mayFeed()).isFalse();
            disk.wake();
        }
    }

    @Test
    void aDiskThatFailsBrieflyIsForgiven() throws Exception {
        try (Server server = server(PillWatcher.Leftover.CLEAR)) {
            disk.fail(true);
            Waiting.until("the error was seen", () -> disk.failures() > 0);
            disk.fail(false);
            write(PillMessage.TEST, "node-b");
            Waiting.until("read again", () -> mail().code() == 0);
            assertThat(server.told).isEmpty();
            disk.fail(true);
            server.awaitTold("input/output error");
        }
    }

    @Test
    void aSlotFileThatWasMadeAnewIsLostAtOnce() throws Exception {
        try (Server server = server(PillWatcher.Leftover.CLEAR)) {
            Files.write(disk.path(), new byte[1 << 20]);
            PillDisk.create(disk.path(), TIMES).close();
            server.awaitTold("pill disks lost");
            assertThat(server.told.getFirst()).containsAnyOf("made the slot file anew", "mark of a slot file");
        }
    }

    @Test
    void ofThreeDisksOneMayBeMissing() throws Exception {
        Path second = directory.resolve("second");
        Files.write(second, new byte[1 << 20]);
        PillDisk.create(second, TIMES).close();
        Path none = directory.resolve("none");
        try (Server server = new Server("node-a", PillWatcher.Leftover.CLEAR, PACE, disk, disk.path(), second, none)) {
            assertThat(server.watcher.slots()).hasSize(2);
            disk.fail(true);
            server.awaitTold("pill disks lost");
            disk.fail(false);
        }
        assertThatThrownBy(() -> PillWatcher.start(
                        List.of(disk.path(), none, directory.resolve("none-either")),
                        "node-a",
                        PACE.of(5),
                        PillWatcher.Leftover.CLEAR,
                        new Listening(),
                        Duration.ofMillis(500),
                        disk,
                        PACE))
                .hasMessageContaining("too few")
                .hasMessageContaining("none-either");
    }

    @Test
    void aWatchdogThatWaitsLongerThanMsgwaitAllowsIsRefused() {
        assertThatThrownBy(() -> PillWatcher.start(
                        List.of(disk.path()),
                        "node-a",
                        PACE.of(11),
                        PillWatcher.Leftover.CLEAR,
                        new Listening(),
                        Waiting.PATIENCE,
                        disk,
                        PACE))
                .hasMessageContaining("may wait for 1000 ms")
                .hasMessageContaining("waits for 1100 ms");
    }

    private static final class Listening implements PillWatcher.Listener {
        @Override
        public void ordered(PillMessage order, String from) {
            throw new AssertionError("nothing is watched");
        }

        @Override
        public void diskLost(String why) {
            throw new AssertionError("nothing is watched");
        }
    }

    private Server server(PillWatcher.Leftover leftover) throws Exception {
        return new Server("node-a", leftover, PACE, disk, disk.path());
    }

    private void write(PillMessage message, String from) throws IOException {
        try (PillDisk open = PillDisk.open(disk.path())) {
            open.write(open.find("node-a").orElseThrow(), message, from);
        }
    }

    private PillMail mail() throws IOException {
        try (PillDisk open = PillDisk.open(disk.path())) {
            return open.read(open.find("node-a").orElseThrow());
        }
    }
}
