package norikae.fencing.pill;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import norikae.failover.fencing.FencingResult;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The real sbd and we on one slot file, on a loop device: each reads what the other wrote. */
@Tag("system")
@Timeout(120)
class SbdSystemTest {

    private final Path directory;
    private Path device = Path.of("/");

    SbdSystemTest(@TempDir Path directory) {
        this.directory = directory;
    }

    @BeforeEach
    void attach() throws Exception {
        Path file = Files.write(directory.resolve("disk"), new byte[8 << 20]);
        device = Path.of(run("losetup", "--find", "--show", file.toString()).strip());
    }

    @AfterEach
    void detach() throws Exception {
        run("losetup", "--detach", device.toString());
    }

    @Test
    void weUseASlotFileThatSbdMade() throws Exception {
        sbd("-1", "3", "-2", "1", "-4", "6", "create");
        sbd("allocate", "node-a");
        whileSbdSends(
                "test",
                () -> Waiting.until(
                        "it is there", () -> fields(sbd("list")).getFirst().startsWith("0 node-a test")));
        try (PillDisk disk = PillDisk.open(device)) {
            assertThat(disk.header().timeouts()).isEqualTo(new PillTimeouts(3, 1, 1, 6));
            assertThat(sbd("dump")).contains(disk.header().uuid().toString());
            assertThat(disk.list())
                    .singleElement()
                    .satisfies(entry -> assertThat(entry.mail().message()).contains(PillMessage.TEST));
            disk.allocate("node-b");
            disk.write(disk.find("node-a").orElseThrow(), PillMessage.OFF, "node-b");
        }
        assertThat(fields(sbd("list"))).containsExactly("0 node-a off node-b", "1 node-b clear");
    }

    @Test
    void sbdUsesASlotFileThatWeMadeAndItsMessagesReachOurWatcher() throws Exception {
        PillDisk.create(device, PillTimeouts.DEFAULT).close();
        assertThat(sbd("dump")).contains("Timeout (watchdog) : 5").contains("Timeout (msgwait)  : 10");
        try (Server server = new Server("node-a", PillWatcher.Leftover.CLEAR, Server.pace(400), Sectors::raw, device)) {
            assertThat(fields(sbd("list"))).containsExactly("0 node-a clear");
            try (PillDisk disk = PillDisk.open(device)) {
                PillSlot slot = disk.find("node-a").orElseThrow();
                disk.write(slot, PillMessage.CLEAR, "before");
                whileSbdSends(
                        "test",
                        () -> Waiting.until("the test message came and was cleared", () -> disk.read(slot)
                                .equals(new PillMail(0, ""))));
            }
            whileSbdSends("reset", () -> server.awaitTold("reset from "));
            assertThat(fields(sbd("list"))).singleElement().asString().startsWith("0 node-a reset");
        }
    }

    @Test
    void ourFencerWritesAnOrderThatSbdSees() throws Exception {
        PillDisk.create(device, new PillTimeouts(2, 0, 1, 4)).close();
        sbd("allocate", "node-a");
        PillFencer fencer = new PillFencer(List.of(device), "node-a", PillMessage.RESET, "node-b");
        assertThat(fencer.check(Duration.ofSeconds(30)).ready()).isTrue();
        assertThat(fencer.stop(Duration.ofSeconds(30))).isInstanceOf(FencingResult.Confirmed.class);
        assertThat(fields(sbd("list"))).containsExactly("0 node-a reset node-b");
    }

    @Test
    void heartbeatsLieBehindTheSlotsAndDisturbNobody() throws Exception {
        PillDisk.create(device, new PillTimeouts(2, 0, 1, 4)).close();
        sbd("allocate", "node-a");
        try (DiskBeats a = DiskBeats.open(device, DiskBeats.BEHIND_SLOTS, 0, 16);
                DiskBeats b = DiskBeats.open(device, DiskBeats.BEHIND_SLOTS, 1, 16)) {
            a.write("alive".getBytes(StandardCharsets.UTF_8));
            assertThat(b.readOthers().stream().map(beat -> String.valueOf(StandardCharsets.UTF_8.decode(beat.bytes()))))
                    .containsExactly("alive");
        }
        assertThat(fields(sbd("list"))).containsExactly("0 node-a clear");
    }

    /** It would wait for msgwait after every message; nobody here does. */
    private void whileSbdSends(String message, Meanwhile meanwhile) throws Exception {
        Process sender = sbdProcess("message", "NODE-A", message);
        try {
            meanwhile.run();
        } finally {
            List<ProcessHandle> all = Stream.concat(sender.descendants(), Stream.of(sender.toHandle()))
                    .toList();
            all.forEach(ProcessHandle::destroyForcibly);
            for (ProcessHandle each : all) {
                each.onExit().get();
            }
        }
    }

    private interface Meanwhile {
        void run() throws Exception;
    }

    private String sbd(String... arguments) throws IOException, InterruptedException {
        return finish(sbdProcess(arguments));
    }

    private Process sbdProcess(String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of("sbd", "-d", device.toString()));
        command.addAll(Arrays.asList(arguments));
        return start(command);
    }

    /** One line for each slot, with single blanks. */
    private static List<String> fields(String list) {
        return list.lines().map(line -> line.strip().replaceAll("\\s+", " ")).toList();
    }

    private static String run(String... command) throws IOException, InterruptedException {
        return finish(start(List.of(command)));
    }

    private static Process start(List<String> command) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().merge("PATH", "/usr/sbin:/sbin", (path, sbin) -> path + ":" + sbin);
        return builder.start();
    }

    private static String finish(Process process) throws IOException, InterruptedException {
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        return output;
    }
}
