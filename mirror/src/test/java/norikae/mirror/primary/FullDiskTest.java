package norikae.mirror.primary;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import norikae.failover.model.ReplicationMode;
import norikae.linux.Mounts;
import norikae.mirror.primary.ReplicaSpec.WhenFull;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A file system without room, of the kernel's making. */
@Tag("system")
class FullDiskTest {

    private static final long MIB = 1 << 20;
    private static final long ROOM = 32 * MIB;
    private static final int PIECE = 65_536;

    private Path small;
    private Pair pair;

    @BeforeEach
    void mount(@TempDir Path folder) throws Exception {
        small = Files.createDirectories(folder.resolve("small"));
        Mounts.mountTmpfs(small, ROOM, 0700);
        pair = new Pair(small, 8 * MIB);
    }

    @AfterEach
    void unmount() throws Exception {
        try {
            pair.close();
        } finally {
            Mounts.unmount(small, true);
        }
    }

    /** Both copies have their room already; only the history asks for more. */
    @Test
    void aHistoryThatFindsNoRoomIsGivenUpAndNoWriteIsRefusedForIt() throws Exception {
        pair.tuning = spec -> new ReplicaSpec(
                spec.node(), spec.address(), spec.mode(), spec.packing(), MIB, 1 << 30, WhenFull.THROTTLE);
        pair.together(ReplicationMode.ASYNC);
        for (int i = 0; i < 64; i++) {
            pair.fill(i * (long) PIECE, PIECE, 1);
        }
        pair.flush();
        pair.awaitCaughtUp();

        pair.toB.cut();
        for (int i = 0; i < 640; i++) {
            pair.fill((i % 64) * (long) PIECE, PIECE, 2 + i);
        }
        pair.flush();
        assertThat(pair.status().historyBytes()).as("it was given up").isZero();
        assertThat(pair.status().differingBytes()).isPositive();

        pair.toB.mend();
        pair.awaitCaughtUp();
        pair.flush();
        pair.awaitCaughtUp();
        pair.assertEqualCopies();
    }
}
