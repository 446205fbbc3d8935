package norikae.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class RawDiskTest {

    private final Path file;

    RawDiskTest(@TempDir Path directory) throws IOException {
        file = Files.write(directory.resolve("disk"), new byte[64 << 10]);
    }

    @Test
    void givesBackWhatWasWritten() throws IOException {
        byte[] sector = new byte[512];
        Arrays.fill(sector, (byte) 7);
        try (RawDisk disk = RawDisk.open(file)) {
            disk.write(1024, sector);
            assertThat(disk.read(1024, 512)).isEqualTo(sector);
            assertThat(disk.read(512, 512)).as("its neighbour").containsOnly(0);
            assertThat(disk.bytes()).isEqualTo(64 << 10);
        }
    }

    @Test
    void refusesPartsOfSectorsAndNamesTheEnd() throws IOException {
        try (RawDisk disk = RawDisk.open(file)) {
            assertThatThrownBy(() -> disk.read(100, 512)).hasMessageContaining("whole sectors of 512");
            assertThatThrownBy(() -> disk.read(0, Integer.MAX_VALUE)).hasMessageContaining("at most");
            assertThatThrownBy(() -> disk.read((64 << 10) - 512, 1024))
                    .isInstanceOf(EOFException.class)
                    .hasMessageContaining("ends at byte 65536");
        }
    }

    @Test
    void refusesWhatIsNoDisk() {
        assertThatThrownBy(() -> RawDisk.open(Path.of("/tmp"))).hasMessageContaining("is a directory");
        assertThatThrownBy(() -> RawDisk.open(Path.of("/dev/null"))).hasMessageContaining("/dev/null");
        assertThatThrownBy(() -> RawDisk.open(file.resolveSibling("none"))).hasMessageContaining("none");
    }

    @Test
    @Tag("system")
    void readsAndWritesSingleSectorsOfADevicePastThePageCache() throws Exception {
        Path device = Path.of(run("losetup", "--find", "--show", file.toString()));
        try (RawDisk disk = RawDisk.open(device)) {
            byte[] sector = new byte[disk.sectorBytes()];
            Arrays.fill(sector, (byte) 9);
            disk.write(3L * sector.length, sector);
            assertThat(disk.read(3L * sector.length, sector.length)).isEqualTo(sector);
            assertThat(disk.bytes()).isEqualTo(64 << 10);
            byte[] beneath = Files.readAllBytes(file);
            assertThat(Arrays.copyOfRange(beneath, 3 * sector.length, 4 * sector.length))
                    .isEqualTo(sector);
        } finally {
            run("losetup", "--detach", device.toString());
        }
    }

    private static String run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        assertThat(process.waitFor()).as(output).isZero();
        return output;
    }
}
