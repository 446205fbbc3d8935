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
    @ValueSource(strings = {"java", "/usr/bin/java", "bin/java"})
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
}
