package norikae.agent.capsule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import norikae.failover.model.Limits;
import norikae.linux.Cgroup;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LimitsTest {

    @Test
    void eachLimitHasAFileInBothVersionsOfCgroups() {
        assertThat(LimitFile.of(new Limits(1L << 30, 1.5, 200, 1000)))
                .containsExactly(
                        new LimitFile("memory", "memory.max", "1073741824", "memory.limit_in_bytes", "1073741824"),
                        new LimitFile("cpu", "cpu.max", "150000 100000", "cpu.cfs_quota_us", "150000"),
                        new LimitFile("pids", "pids.max", "200", "pids.max", "200"));
        assertThat(LimitFile.of(Limits.NONE)).isEmpty();
    }

    @Test
    void aTinyShareOfAProcessorIsTheLeastThatTheKernelTakes() {
        assertThat(LimitFile.of(new Limits(null, 0.001, null, null)))
                .singleElement()
                .extracting(LimitFile::legacyValue)
                .isEqualTo("1000");
    }

    @Test
    void everyGroupAboveACapsulePassesTheControllerOnOnce(@TempDir Path root) throws IOException {
        Path slice = group(root, "cpu memory", "memory");
        Path capsules = group(slice.resolve("capsules"), "memory", "");
        Path capsule = group(capsules.resolve("shop"), "", "");
        UnifiedControllers controllers = new UnifiedControllers(Cgroup.at(root));

        assertThat(controllers.has("memory")).isTrue();
        assertThat(controllers.has("pids")).isFalse();
        controllers.enable("memory", Cgroup.at(capsule));

        assertThat(root.resolve("cgroup.subtree_control")).hasContent("memory");
        assertThat(capsules.resolve("cgroup.subtree_control")).hasContent("+memory");
        assertThat(capsule.resolve("cgroup.subtree_control")).hasContent("");
    }

    @Test
    void aGroupThatPassesNothingOnIsNamedWithTheRemedy(@TempDir Path root) throws IOException {
        Path capsule = group(group(root, "memory", "").resolve("shop"), "", "");
        Files.delete(root.resolve("cgroup.subtree_control"));
        Files.createDirectory(root.resolve("cgroup.subtree_control"));

        UnifiedControllers controllers = new UnifiedControllers(Cgroup.at(root));
        assertThatThrownBy(() -> controllers.enable("memory", Cgroup.at(capsule)))
                .isInstanceOf(CapsuleException.class)
                .hasMessageContainingAll(root.toString(), "memory", "Delegate=yes");
    }

    private static Path group(Path directory, String controllers, String passedOn) throws IOException {
        Files.createDirectories(directory);
        Files.writeString(directory.resolve("cgroup.controllers"), controllers);
        Files.writeString(directory.resolve("cgroup.subtree_control"), passedOn);
        return directory;
    }
}
