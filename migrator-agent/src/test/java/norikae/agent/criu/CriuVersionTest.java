package norikae.agent.criu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CriuVersionTest {

    @Test
    void readsWhatCriuPrints() {
        assertThat(CriuVersion.parse("Version: 4.2.1")).isEqualTo(new CriuVersion(4, 2, 1));
        assertThat(CriuVersion.parse("Version: 4.1")).hasToString("4.1");
    }

    @Test
    void refusesAnythingElse() {
        assertThatThrownBy(() -> CriuVersion.parse("sh: criu: not found"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("not found");
    }

    @Test
    void knowsTheHeaderOfThePageServer() {
        assertThat(CriuVersion.parse("Version: 4.1.1").pageServerHeaderBytes()).isEqualTo(24);
        assertThat(CriuVersion.parse("Version: 4.2").pageServerHeaderBytes()).isEqualTo(32);
        assertThat(CriuVersion.parse("Version: 5.0").pageServerHeaderBytes()).isEqualTo(32);
    }

    @Test
    void refusesACriuThatIsTooOldAndNamesTheRemedy(@TempDir Path directory) throws Exception {
        Path old = Files.writeString(directory.resolve("criu"), "#!/bin/sh\necho 'Version: 3.17.1'\n");
        Files.setPosixFilePermissions(old, PosixFilePermissions.fromString("rwx------"));
        assertThatThrownBy(() -> CriuBinary.at(old))
                .isInstanceOf(CriuException.class)
                .hasMessageContaining(old.toString())
                .hasMessageContaining("3.17.1")
                .hasMessageContaining("bin/setup");
    }

    @Test
    void refusesAProgramThatIsNotThere(@TempDir Path directory) {
        assertThatThrownBy(() -> CriuBinary.at(directory.resolve("criu")))
                .isInstanceOf(CriuException.class)
                .hasMessageContaining("cannot run");
    }
}
