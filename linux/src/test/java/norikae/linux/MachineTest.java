package norikae.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class MachineTest {

    @Test
    void tellsTheProcessorAndItsFlags() throws IOException {
        CpuFeatures cpu = CpuFeatures.ofThisMachine();
        assertThat(cpu.flags()).contains("fpu", "sse2");
        assertThat(cpu.model()).isNotEqualTo("unknown");
    }

    @Test
    @Tag("system")
    void probesTheKernelAndLeavesNothingBehind() throws IOException {
        KernelFeatures kernel = KernelFeatures.probe();
        assertThat(kernel.missing()).as("a capsule needs these: %s", kernel).isEmpty();
        assertThat(kernel.release())
                .isEqualTo(
                        Files.readString(Path.of("/proc/sys/kernel/osrelease")).strip());
        try (var groups = Files.list(Cgroup.root().directory())) {
            String own = "norikae-probe-" + ProcessHandle.current().pid();
            assertThat(groups).noneMatch(group -> group.getFileName().toString().startsWith(own));
        }
    }

    @Test
    @Tag("system")
    void believesSoftDirtyOnlyWhereTheKernelWasBuiltWithIt() throws IOException {
        // Kernels with it list its flag for every fresh mapping.
        boolean flagged = Files.readAllLines(Path.of("/proc/self/smaps")).stream()
                .anyMatch(line ->
                        line.startsWith("VmFlags:") && List.of(line.split(" ")).contains("sd"));
        assertThat(KernelFeatures.probe().softDirty()).isEqualTo(flagged);
    }

    @Test
    void readsPathsWithSpacesFromTheMountTable() {
        assertThat(MountTable.unescape("/mnt/a\\040b\\134c\\011")).isEqualTo("/mnt/a b\\c\t");
        assertThat(MountTable.unescape("/plain")).isEqualTo("/plain");
        assertThat(MountTable.unescape("/odd\\04")).isEqualTo("/odd\\04");
    }
}
