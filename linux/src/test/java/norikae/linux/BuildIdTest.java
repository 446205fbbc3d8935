package norikae.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class BuildIdTest {

    private static final Pattern READELF = Pattern.compile("Build ID: ([0-9a-f]+)");
    private static final Path JAVA = Path.of(System.getProperty("java.home"));

    private final Path directory;

    BuildIdTest(@TempDir Path directory) {
        this.directory = directory;
    }

    @Test
    void isWhatReadelfSays() throws IOException {
        assumeTrue(Files.exists(Path.of("/usr/bin/readelf")), "needs binutils");
        for (Path file : List.of(JAVA.resolve("bin/java"), JAVA.resolve("lib/server/libjvm.so"), Path.of("/bin/sh"))) {
            Path out = Files.createTempFile(directory, "readelf", "");
            try (ChildProcess readelf = Spawn.of(List.of("readelf", "-n", file.toString()))
                    .environment(Map.of("LC_ALL", "C"))
                    .open(1, out, OwnedFd.O_WRONLY, 0)
                    .start()) {
                assertThat(readelf.awaitExit(Waiting.PATIENCE)).contains(new ExitStatus(0, 0));
            }
            Matcher matcher = READELF.matcher(Files.readString(out));
            assertThat(BuildId.of(file))
                    .as(file.toString())
                    .isEqualTo(matcher.find() ? java.util.Optional.of(matcher.group(1)) : java.util.Optional.empty());
        }
        assertThat(BuildId.of(Path.of("/bin/sh"))).isPresent();
    }

    @Test
    void isMissingFromOtherFiles() throws IOException {
        assertThat(BuildId.of(Path.of("/etc/hostname"))).isEmpty();
        assertThat(BuildId.of(Files.createFile(directory.resolve("empty")))).isEmpty();
    }

    @Test
    void survivesEveryDamagedFile() throws IOException {
        byte[] sound = Files.readAllBytes(Path.of("/bin/sh"));
        long seed = System.nanoTime();
        Random random = new Random(seed);
        Path file = directory.resolve("damaged");
        for (int i = 0; i < 500; i++) {
            byte[] damaged = java.util.Arrays.copyOf(sound, 1 + random.nextInt(4096));
            for (int flips = random.nextInt(20); flips > 0; flips--) {
                int at = 5 + random.nextInt(Math.max(1, Math.min(damaged.length, 1000) - 5));
                damaged[Math.min(at, damaged.length - 1)] = (byte) random.nextInt();
            }
            Files.write(file, damaged);
            assertThat(BuildId.of(file)).as("seed " + seed + ", file " + i).isNotNull();
        }
    }
}
