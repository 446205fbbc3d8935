package norikae.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("system")
class MountsSystemTest {

    @Test
    void mountsMemoryThatCannotGrowBeyondItsSize(@TempDir Path directory) throws IOException {
        Path target = Files.createDirectory(directory.resolve("with a space"));
        Mounts.mountTmpfs(target, 1 << 20, 0700);
        try {
            assertThat(Mounts.isMountPoint(target)).isTrue();
            assertThat(Files.getFileStore(target).getTotalSpace()).isEqualTo(1 << 20);
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(target)))
                    .isEqualTo("rwx------");
            assertThatThrownBy(() -> Files.write(target.resolve("large"), new byte[2 << 20]))
                    .hasMessageContaining("No space left");
            try (OwnedFd busy = OwnedFd.open(target.resolve("large"), OwnedFd.O_RDONLY, 0)) {
                assertThat(busy.fd()).isPositive();
                assertThatThrownBy(() -> Mounts.unmount(target, false))
                        .hasMessage("umount2(" + target + ") failed: EBUSY (device or resource busy)");
                Mounts.unmount(target, true);
            }
            assertThat(Mounts.isMountPoint(target)).isFalse();
        } finally {
            if (Mounts.isMountPoint(target)) {
                Mounts.unmount(target, true);
            }
        }
    }

    @Test
    void namesTheTargetThatCannotBeMounted() {
        assertThatThrownBy(() -> Mounts.mountTmpfs(Path.of("/no/such/target"), 1, 0700))
                .hasMessageContaining("/no/such/target")
                .hasMessageContaining("ENOENT");
    }
}
