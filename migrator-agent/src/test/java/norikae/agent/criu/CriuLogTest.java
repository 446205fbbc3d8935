package norikae.agent.criu;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CriuLogTest {

    private final Path directory;

    CriuLogTest(@TempDir Path directory) {
        this.directory = directory;
    }

    @Test
    void tellsTheLastErrorsWithoutNoise() throws Exception {
        Path file = Files.writeString(directory.resolve("log"), """
                Error (criu/util.c:1534): rlimit: Can't setup RLIMIT_NOFILE for self: Operation not permitted
                Warn  (criu/x.c:1): something harmless
                (00.01)    12: Error (criu/files-reg.c:2175): File var/log/x has bad size 12 (expect 9)
                Error (criu/cr-restore.c:2331): Restoring FAILED.
                """);
        String reason = new CriuLog(file).reason();
        assertThat(reason).isEqualTo("File var/log/x has bad size 12 (expect 9)");
        assertThat(CriuLog.remedy(reason)).hasValueSatisfying(r -> assertThat(r).contains("wrote to that file"));
    }

    @Test
    void hasNoReasonWithoutALog() {
        assertThat(new CriuLog(directory.resolve("none")).reason()).isEmpty();
        assertThat(CriuLog.remedy("never seen")).isEmpty();
    }
}
