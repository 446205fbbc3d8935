package norikae.fencing.pill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class PillDiskTest {

    /** What sbd 1.5.1 wrote: create, allocate node-a, allocate Node-B, message node-b test (from a host named vm). */
    private static final String SBD_HEADER =
            "5342445f5342445f02ff00000000020000000005000000020000000100" + "00000a01e45bb1d8bedf4ac18e36735d7134f3b0";

    private static final String SBD_SLOT_0 = "016e6f64652d61";
    private static final String SBD_SLOT_1 = "014e6f64652d42";
    private static final String SBD_MAILBOX_1 = "01766d";

    private static final int SECTOR = 512;
    private static final Pace FAST = new Pace(Duration.ofMillis(20));

    private final Path file;

    PillDiskTest(@TempDir Path directory) {
        this.file = directory.resolve("disk");
    }

    @BeforeEach
    void emptyDisk() throws IOException {
        Files.write(file, new byte[1 << 20]);
    }

    @Test
    void readsWhatSbdWrote() throws IOException {
        byte[] bytes = new byte[1 << 20];
        put(bytes, 0, SBD_HEADER);
        put(bytes, SECTOR, SBD_SLOT_0);
        put(bytes, 3 * SECTOR, SBD_SLOT_1);
        put(bytes, 4 * SECTOR, SBD_MAILBOX_1);
        Files.write(file, bytes);
        try (PillDisk disk = PillDisk.open(file)) {
            assertThat(disk.header())
                    .isEqualTo(new PillHeader(
                            255,
                            SECTOR,
                            PillTimeouts.DEFAULT,
                            UUID.fromString("e45bb1d8-bedf-4ac1-8e36-735d7134f3b0")));
            assertThat(disk.list())
                    .containsExactly(
                            new PillDisk.Entry(new PillSlot(0, "node-a"), new PillMail(0, "")),
                            new PillDisk.Entry(new PillSlot(1, "Node-B"), new PillMail(1, "vm")));
            assertThat(disk.find("NODE-b")).contains(new PillSlot(1, "Node-B"));
            assertThat(disk.find("node")).isEmpty();
        }
    }

    @Test
    void writesWhatSbdWouldWrite() throws Exception {
        PillHeader header = new PillHeader(
                255, SECTOR, PillTimeouts.DEFAULT, UUID.fromString("e45bb1d8-bedf-4ac1-8e36-735d7134f3b0"));
        assertThat(header.encode()).isEqualTo(put(new byte[SECTOR], 0, SBD_HEADER));
        try (PillDisk disk = PillDisk.create(file, PillTimeouts.DEFAULT, Sectors::raw, FAST)) {
            disk.allocate("node-a");
            PillSlot second = disk.allocate("Node-B");
            disk.write(second, PillMessage.TEST, "vm");
        }
        byte[] bytes = Files.readAllBytes(file);
        byte[] expected = bytes.clone();
        Arrays.fill(expected, SECTOR, expected.length, (byte) 0);
        put(expected, SECTOR, SBD_SLOT_0);
        put(expected, 3 * SECTOR, SBD_SLOT_1);
        put(expected, 4 * SECTOR, SBD_MAILBOX_1);
        assertThat(bytes).isEqualTo(expected);
    }

    @Test
    void aMessageReplacesAnotherAndCanBeCleared() throws Exception {
        try (PillDisk disk = PillDisk.create(file, PillTimeouts.DEFAULT, Sectors::raw, FAST)) {
            PillSlot slot = disk.allocate("node-a");
            disk.write(slot, PillMessage.TEST, "a-much-longer-name");
            disk.write(slot, PillMessage.RESET, "b");
            assertThat(disk.read(slot)).isEqualTo(new PillMail(2, "b"));
            disk.clear(slot);
            assertThat(disk.read(slot)).isEqualTo(new PillMail(0, ""));
            assertThat(disk.allocate("NODE-A")).as("its own again").isEqualTo(slot);
        }
    }

    @Test
    void serversThatStartTogetherGetSlotsOfTheirOwn() throws Exception {
        PillDisk.create(file, PillTimeouts.DEFAULT, Sectors::raw, FAST).close();
        List<Future<PillSlot>> slots = new ArrayList<>();
        try (ExecutorService servers = Executors.newFixedThreadPool(4)) {
            for (int i = 0; i < 4; i++) {
                String name = "node-" + i;
                slots.add(servers.submit(() -> {
                    try (PillDisk disk = PillDisk.open(file, Sectors::raw, FAST)) {
                        return disk.allocate(name);
                    }
                }));
            }
        }
        List<PillSlot> got = new ArrayList<>();
        for (Future<PillSlot> slot : slots) {
            got.add(slot.get());
        }
        try (PillDisk disk = PillDisk.open(file)) {
            assertThat(disk.list().stream().map(PillDisk.Entry::slot)).containsExactlyInAnyOrderElementsOf(got);
        }
    }

    @Test
    void aBrokenHeaderIsNamedWithByteValueAndRemedy() throws IOException {
        breakAt(0, 'X', "byte 0: the mark of a slot file is not there");
        breakAt(8, 3, "byte 8: version 3 is unknown");
        breakAt(9, 0, "byte 9: it has no slots");
        breakAt(12, 0xff, "byte 12: it was made for sectors of 4278190592 bytes");
        breakAt(16, 0x80, "byte 16: its watchdog time is 2147483653 s");
        breakAt(31, 0, "byte 28: its msgwait time is 0 s");
    }

    private void breakAt(int at, int value, String complaint) throws IOException {
        byte[] bytes = put(new byte[1 << 20], 0, SBD_HEADER);
        bytes[at] = (byte) value;
        Files.write(file, bytes);
        assertThatThrownBy(() -> PillDisk.open(file))
                .hasMessageContaining(file.toString())
                .hasMessageContaining(complaint)
                .hasMessageContaining("make it anew");
    }

    @Test
    void aBrokenSlotIsNamed() throws IOException {
        byte[] bytes = put(new byte[1 << 20], 0, SBD_HEADER);
        bytes[SECTOR] = 7;
        Files.write(file, bytes);
        try (PillDisk disk = PillDisk.open(file)) {
            assertThatThrownBy(disk::list).hasMessageContaining("byte 512").hasMessageContaining("but 7");
        }
        bytes[SECTOR] = 1;
        Files.write(file, bytes);
        try (PillDisk disk = PillDisk.open(file)) {
            assertThatThrownBy(disk::list).hasMessageContaining("taken by no name");
        }
    }

    @Test
    void aDiskThatIsTooShortIsNamed() throws IOException {
        Files.write(file, new byte[100]);
        assertThatThrownBy(() -> PillDisk.open(file)).hasMessageContaining("ends at byte 100");
    }

    @Test
    void nothingIsMadeWhereSomethingLies() throws IOException {
        byte[] bytes = new byte[1 << 20];
        bytes[1080] = 0x53; // where ext4 says that it is one
        Files.write(file, bytes);
        assertThatThrownBy(() -> PillDisk.create(file, PillTimeouts.DEFAULT))
                .hasMessageContaining("not empty")
                .hasMessageContaining("byte 1080");
        assertThatThrownBy(() -> PillDisk.create(file, new PillTimeouts(5, 2, 1, 9)))
                .hasMessageContaining("less than twice");
    }

    @Test
    void nobodyWritesIntoAMailboxThatIsAnothersNow() throws Exception {
        try (PillDisk disk = PillDisk.create(file, PillTimeouts.DEFAULT, Sectors::raw, FAST)) {
            PillSlot slot = disk.allocate("node-a");
            byte[] bytes = put(Files.readAllBytes(file), SECTOR, SBD_SLOT_1);
            Files.write(file, bytes);
            assertThatThrownBy(() -> disk.write(slot, PillMessage.RESET, "b")).hasMessageContaining("Node-B's now");
            Files.write(file, put(bytes, 33, "00"));
            assertThatThrownBy(() -> disk.write(slot, PillMessage.RESET, "b"))
                    .hasMessageContaining("made the slot file anew");
            assertThat(ByteBuffer.wrap(Files.readAllBytes(file), 2 * SECTOR, 8).getLong())
                    .isZero();
        }
    }

    @Test
    void timesFollowFromTheWatchdogOfTheServers() {
        assertThat(PillTimeouts.forWatchdogOf(5)).isEqualTo(new PillTimeouts(5, 2, 1, 15));
        for (int seconds = 1; seconds < 100; seconds++) {
            PillTimeouts times = PillTimeouts.forWatchdogOf(seconds);
            assertThat(times.weakness()).isEmpty();
            assertThat(times.watchdog() + 2 * seconds).isLessThanOrEqualTo(times.msgwait());
        }
    }

    private static byte[] put(byte[] bytes, int at, String hex) {
        byte[] data = HexFormat.of().parseHex(hex);
        System.arraycopy(data, 0, bytes, at, data.length);
        return bytes;
    }
}
