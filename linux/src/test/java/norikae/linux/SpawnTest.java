package norikae.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SpawnTest {

    private static final Map<String, String> PATH = Map.of("PATH", "/usr/bin:/bin");

    private final Path directory;

    SpawnTest(@TempDir Path directory) {
        this.directory = directory;
    }

    @Test
    void givesExactlyTheWantedDescriptors() throws IOException {
        Path file = Files.writeString(directory.resolve("file"), "x");
        // What another library may have opened without close-on-exec, and could leak at any number.
        try (OwnedFd original = OwnedFd.open(file, OwnedFd.O_RDONLY, 0);
                OwnedFd careless = new OwnedFd((int) LibC.syscall("dup", Numbers.DUP, "", original.fd()), "careless");
                ChildProcess child = Spawn.of(List.of("sleep", "1000"))
                        .inherit(original, 7)
                        .inherit(original, 150)
                        .open(40, file, OwnedFd.O_RDONLY, 0)
                        .start()) {
            assertThat(careless.fd()).isPositive();
            awaitProgram(child, "sleep");

            Map<Integer, String> descriptors = new TreeMap<>();
            Procfs.descriptors(child.pid()).forEach(d -> descriptors.put(d.number(), d.target()));
            assertThat(descriptors)
                    .isEqualTo(new TreeMap<>(Map.of(
                            0,
                            "/dev/null",
                            1,
                            "/dev/null",
                            2,
                            "/dev/null",
                            7,
                            file.toString(),
                            40,
                            file.toString(),
                            150,
                            file.toString())));
        }
    }

    @Test
    void swapsDescriptorsWhoseNumbersCollide() throws IOException {
        Path first = Files.writeString(directory.resolve("first"), "");
        Path second = Files.writeString(directory.resolve("second"), "");
        try (OwnedFd a = OwnedFd.open(first, OwnedFd.O_RDONLY, 0);
                OwnedFd b = OwnedFd.open(second, OwnedFd.O_RDONLY, 0);
                ChildProcess child = Spawn.of(List.of("sleep", "1000"))
                        .inherit(a, b.fd())
                        .inherit(b, a.fd())
                        .start()) {
            awaitProgram(child, "sleep");
            assertThat(target(child, b.fd())).isEqualTo(first.toString());
            assertThat(target(child, a.fd())).isEqualTo(second.toString());
        }
    }

    @Test
    void setsDirectoryEnvironmentAndSession() throws IOException {
        Path out = directory.resolve("out");
        try (ChildProcess child = Spawn.of(List.of("sh", "-c", "pwd; env | sort; ps -o sid= -p $$; echo $$"))
                .environment(Map.of("PATH", "/usr/bin:/bin", "GREETING", "a b=c"))
                .directory(directory)
                .newSession()
                .open(1, out, OwnedFd.O_WRONLY | OwnedFd.O_CREAT, 0600)
                .start()) {
            assertThat(child.awaitExit(Waiting.PATIENCE)).contains(new ExitStatus(0, 0));
        }
        List<String> lines = Files.readAllLines(out).stream().map(String::strip).toList();
        assertThat(lines).startsWith(directory.toString()).contains("GREETING=a b=c");
        assertThat(lines.get(lines.size() - 2)).as("leads its session").isEqualTo(lines.getLast());
        assertThat(lines).as("nothing of our own environment").noneMatch(line -> line.startsWith("HOME="));
    }

    @Test
    void leavesNoSignalBlockedOrIgnored() throws IOException {
        try (ChildProcess child = Spawn.of(List.of("sleep", "1000")).start()) {
            awaitProgram(child, "sleep");
            Map<String, String> status = Procfs.status(child.pid());
            assertThat(Long.parseUnsignedLong(status.getOrDefault("SigBlk", "?"), 16))
                    .isZero();
            assertThat(Long.parseUnsignedLong(status.getOrDefault("SigIgn", "?"), 16) & 0x7FFFFFFFL)
                    .isZero();
        }
    }

    @Test
    void tellsHowAChildEndedAndLeavesNoZombie() throws IOException {
        try (ChildProcess child =
                Spawn.of(List.of("sh", "-c", "exit 7")).environment(PATH).start()) {
            assertThat(child.awaitExit(Waiting.PATIENCE)).contains(new ExitStatus(7, 0));
            assertThat(child.awaitExit(Duration.ZERO)).as("asked again").contains(new ExitStatus(7, 0));
            assertThat(Procfs.exists(child.pid())).isFalse();
        }
        int killed;
        try (ChildProcess child = Spawn.of(List.of("sleep", "1000")).start()) {
            killed = child.pid();
            assertThat(child.alive()).isTrue();
            child.kill();
            assertThat(child.awaitExit(Waiting.PATIENCE)).contains(new ExitStatus(-1, PidFd.SIGKILL));
        }
        assertThat(Procfs.exists(killed)).isFalse();
    }

    @Test
    void killsAndReapsAChildThatIsClosed() throws IOException {
        ChildProcess child = Spawn.of(List.of("sleep", "1000")).start();
        child.close();
        assertThat(Procfs.exists(child.pid())).isFalse();
    }

    @Test
    void namesAProgramThatCannotBeStarted() {
        assertThatThrownBy(() -> Spawn.of(List.of("/no/such/program", "-v")).start())
                .hasMessage("posix_spawn(/no/such/program -v) failed: ENOENT (no such file or directory)");
    }

    @Test
    void refusesWhatAProgramWouldMisread() {
        assertThatThrownBy(() -> Spawn.of(List.of("echo", "a\0b"))).hasMessageContaining("NUL");
        assertThatThrownBy(() -> Spawn.of(List.of("echo")).environment(Map.of("A=B", "c")))
                .hasMessageContaining("'A=B'");
        assertThatThrownBy(() -> Spawn.of(List.of())).isInstanceOf(IllegalArgumentException.class);
        Path null_ = Path.of("/dev/null");
        assertThatThrownBy(() -> Spawn.of(List.of("echo")).open(1, null_, 0, 0).open(1, null_, 0, 0))
                .hasMessage("descriptor 1 of echo is given twice");
        assertThatThrownBy(() -> Spawn.of(List.of("echo")).open(-1, null_, 0, 0))
                .hasMessageContaining("use 0 to 512");
    }

    /** posix_spawn returns before the new program runs. */
    private static void awaitProgram(ChildProcess child, String program) throws IOException {
        try {
            Waiting.until(program, () -> Procfs.commandLine(child.pid()).contains("1000"));
        } catch (IOException e) {
            throw e;
        } catch (Exception e) {
            throw new IOException(e);
        }
    }

    private static String target(ChildProcess child, int number) throws IOException {
        return Procfs.descriptors(child.pid()).stream()
                .filter(descriptor -> descriptor.number() == number)
                .findFirst()
                .orElseThrow()
                .target();
    }
}
