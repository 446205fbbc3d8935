package norikae.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ProcfsTest {

    private static final int SELF = (int) ProcessHandle.current().pid();

    @Test
    void tellsOfOurselves() throws IOException {
        Procfs.Status status = Procfs.typedStatus(SELF);
        assertThat(status.name()).isEqualTo("java");
        assertThat(status.zombie()).isFalse();
        assertThat(status.namespacePids()).isNotEmpty().first().isEqualTo(SELF);
        assertThat(status.threads()).isGreaterThan(5);
        assertThat(status.residentBytes()).isGreaterThan(10 << 20);
        assertThat(Procfs.tasks(SELF)).contains(SELF).hasSizeGreaterThan(5);
        assertThat(Procfs.executable(SELF).getFileName()).hasToString("java");
        assertThat(Procfs.workingDirectory(SELF)).isEqualTo(Path.of("").toAbsolutePath());
        assertThat(Procfs.commandLine(SELF).getFirst()).endsWith("java");
        assertThat(Procfs.startTime(SELF)).isPositive();
        assertThat(Procfs.namespaceInode(SELF, "net")).isPositive();
    }

    @Test
    void readsMappingsOfFilesAndOfMemory() throws IOException {
        List<Procfs.Mapping> maps = Procfs.maps(SELF);
        assertThat(maps).anySatisfy(m -> {
            assertThat(m.path()).endsWith("/libjvm.so");
            assertThat(m.anonymous()).isFalse();
        });
        assertThat(maps).anySatisfy(m -> {
            assertThat(m.path()).isEqualTo("[stack]");
            assertThat(m.anonymous()).isTrue();
            assertThat(m.writable()).isTrue();
        });
        assertThat(maps).allSatisfy(m -> assertThat(m.bytes()).isPositive());
    }

    @Test
    void readsDescriptorsWithPositionAndFlags() throws IOException {
        Path file = Files.writeString(Files.createTempFile("procfs", ""), "0123456789");
        try (OwnedFd fd = OwnedFd.open(file, OwnedFd.O_RDWR | OwnedFd.O_APPEND, 0)) {
            assertThat(Procfs.descriptors(SELF)).anySatisfy(d -> {
                assertThat(d.number()).isEqualTo(fd.fd());
                assertThat(d.target()).isEqualTo(file.toString());
                assertThat(d.position()).isZero();
                assertThat(d.writable()).isTrue();
                assertThat(d.flags() & OwnedFd.O_APPEND).isNotZero();
            });
        } finally {
            Files.delete(file);
        }
    }

    @Test
    void findsChildren() throws IOException {
        try (ChildProcess child = Spawn.of(List.of("sleep", "1000")).start()) {
            assertThat(Procfs.children(SELF)).contains(child.pid());
        }
    }

    @Test
    void readsTablesOfSockets() throws IOException {
        for (String table : List.of("tcp", "udp", "unix", "raw", "packet", "netlink")) {
            assertThat(Procfs.netTable(SELF, table)).as(table).noneMatch(line -> line.contains("local_address"));
        }
        assertThat(Procfs.netTable(SELF, "no-such-table")).isEmpty();
    }

    @Test
    void saysOfAVanishedProcessThatItIsGone() throws IOException {
        int pid;
        try (ChildProcess child = Spawn.of(List.of("true")).start()) {
            pid = child.pid();
            assertThat(child.awaitExit(Waiting.PATIENCE)).isPresent();
        }
        assertThat(Procfs.exists(pid)).isFalse();
        for (Look look : LOOKS) {
            assertThatThrownBy(() -> look.at(pid))
                    .isInstanceOf(NoSuchProcessException.class)
                    .hasMessageContaining("process " + pid + " is gone");
        }
        assertThat(TcpRepair.healProcess(pid)).isZero();
    }

    /** Processes that end at any moment while they are looked at: nothing but an answer or 'gone' may come of it. */
    @Test
    void neverFailsOtherwiseOverAProcessThatIsJustEnding() throws IOException {
        for (int i = 0; i < 60; i++) {
            try (ChildProcess child = Spawn.of(List.of("sh", "-c", "exit 0"))
                    .environment(Map.of("PATH", "/usr/bin:/bin"))
                    .start()) {
                boolean ended = false;
                while (!ended) {
                    ended = child.awaitExit(Duration.ZERO).isPresent();
                    for (Look look : LOOKS) {
                        try {
                            look.at(child.pid());
                        } catch (NoSuchProcessException e) {
                            assertThat(e.pid()).isEqualTo(child.pid());
                        }
                    }
                }
            }
        }
    }

    @FunctionalInterface
    private interface Look {
        Object at(int pid) throws IOException;
    }

    private static final List<Look> LOOKS = List.of(
            Procfs::maps,
            Procfs::descriptors,
            Procfs::status,
            Procfs::namespacePids,
            Procfs::residentBytes,
            Procfs::tasks,
            Procfs::children,
            Procfs::executable,
            Procfs::workingDirectory,
            Procfs::commandLine,
            Procfs::startTime,
            pid -> Procfs.namespaceInode(pid, "net"),
            pid -> Procfs.netTable(pid, "tcp"));
}
