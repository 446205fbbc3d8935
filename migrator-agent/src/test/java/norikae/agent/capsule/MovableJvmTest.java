package norikae.agent.capsule;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MovableJvmTest {

    private static final String FLAG = "-XX:+PerfDisableSharedMem";

    @ParameterizedTest
    @ValueSource(strings = {"java", "/no/such/java", "bin/java"})
    void aJvmGetsTheFlagRightAfterItsName(String program) {
        MovableJvm.Adapted adapted = MovableJvm.adapt(List.of(program, "-jar", "shop.jar"));
        assertThat(adapted.command()).containsExactly(program, FLAG, "-jar", "shop.jar");
        assertThat(adapted.added()).singleElement().asString().startsWith(FLAG).contains("/tmp");
    }

    @Test
    void aLinkToAJvmIsAJvm(@TempDir Path directory) throws IOException {
        Path java = Files.createFile(directory.resolve("java"));
        Path link = Files.createSymbolicLink(directory.resolve("shop"), java);
        assertThat(MovableJvm.adapt(List.of(link.toString())).command()).containsExactly(link.toString(), FLAG);
    }

    @ParameterizedTest
    @ValueSource(strings = {"-XX:+PerfDisableSharedMem", "-XX:-PerfDisableSharedMem", "-XX:-UsePerfData"})
    void whatACommandSaysItselfStands(String said) {
        List<String> command = List.of("java", said, "-jar", "shop.jar");
        assertThat(MovableJvm.adapt(command)).isEqualTo(new MovableJvm.Adapted(command, List.of()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"javac", "/opt/java/run", "/no/such/program", "postgres"})
    void otherProgramsAreLeftAlone(String program) {
        List<String> command = List.of(program, "java");
        assertThat(MovableJvm.adapt(command)).isEqualTo(new MovableJvm.Adapted(command, List.of()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"17.0.9", "21.0.1", "25"})
    void aRecentHotSpotLeavesItsClassArchiveInPlace(String version, @TempDir Path home) throws IOException {
        String java = jdk(home, "JAVA_VERSION=\"" + version + "\"\n");
        assertThat(MovableJvm.adapt(List.of(java, "-jar", "shop.jar")).command())
                .containsExactly(
                        java,
                        FLAG,
                        "-XX:+UnlockDiagnosticVMOptions",
                        "-XX:ArchiveRelocationMode=0",
                        "-jar",
                        "shop.jar");
        assertThat(MovableJvm.adapt(List.of(java, "-Xshare:off", "Shop")).command())
                .containsExactly(java, FLAG, "-Xshare:off", "Shop");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "JAVA_VERSION=\"11.0.2\"",
                "JAVA_VERSION=\"1.8.0_402\"",
                "JAVA_VERSION=\"21\"\nJVM=\"OpenJ9\"",
                ""
            })
    void aJvmThatWouldNotKnowTheFlagDoesNotGetIt(String release, @TempDir Path home) throws IOException {
        String java = jdk(home, release);
        assertThat(MovableJvm.adapt(List.of(java, "Shop")).command()).containsExactly(java, FLAG, "Shop");
    }

    private static String jdk(Path home, String release) throws IOException {
        Files.writeString(home.resolve("release"), release);
        Path bin = Files.createDirectories(home.resolve("bin"));
        return Files.createFile(bin.resolve("java")).toString();
    }
}
