package norikae.agent.criu;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GivenMapsTest {

    @Test
    void everyMappingOfAStillProcessIsGivenWithItsAdvice(@TempDir Path directory) throws Exception {
        Process process = new ProcessBuilder("sleep", "60").start();
        try {
            int pid = (int) process.pid();
            awaitProgram(pid);
            GivenMaps maps = new GivenMaps();
            maps.learn(List.of(pid));
            maps.write(directory, List.of(pid));
            List<String> given = Files.readAllLines(directory.resolve("maps-" + pid));
            List<String> mappings = Files.readAllLines(Path.of("/proc/" + pid + "/maps"));
            List<String> flags = Files.readAllLines(Path.of("/proc/" + pid + "/smaps")).stream()
                    .filter(line -> line.startsWith("VmFlags: "))
                    .toList();
            assertThat(given).hasSize(2 * mappings.size());
            for (int i = 0; i < mappings.size(); i++) {
                assertThat(given.get(2 * i)).isEqualTo(mappings.get(i));
                assertThat(given.get(2 * i + 1)).isEqualTo(flags.get(i));
            }
            maps.verify();
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void aProcessThatIsNewSinceIsLeftToCriu(@TempDir Path directory) throws Exception {
        Process process = new ProcessBuilder("sleep", "60").start();
        try {
            int pid = (int) process.pid();
            awaitProgram(pid);
            GivenMaps maps = new GivenMaps();
            maps.learn(List.of());
            maps.write(directory, List.of(pid));
            assertThat(directory.resolve("maps-" + pid)).doesNotExist();
            maps.verify();
        } finally {
            process.destroyForcibly();
        }
    }

    /** Until it waits, its mappings still change. */
    private static void awaitProgram(int pid) throws IOException {
        while (!Files.readString(Path.of("/proc/" + pid + "/wchan")).contains("nanosleep")) {
            Thread.onSpinWait();
        }
    }
}
