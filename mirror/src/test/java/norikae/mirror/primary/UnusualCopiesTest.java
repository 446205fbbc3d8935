package norikae.mirror.primary;

import static norikae.mirror.primary.Pair.A;
import static norikae.mirror.primary.Pair.B;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import norikae.failover.model.NodeId;
import norikae.failover.model.ReplicationMode;
import norikae.mirror.state.Reconciliation;
import norikae.mirror.state.ReplicaState;
import norikae.mirror.store.Generation;
import norikae.mirror.store.VolumeDirectory;
import norikae.mirror.testing.Await;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Copies that are replaced, damaged, of another size; and what their primary tells of them. */
class UnusualCopiesTest {

    private static final int MIB = 1 << 20;

    @SuppressWarnings("NullAway.Init")
    private Pair pair;

    @BeforeEach
    void make(@TempDir Path directory) throws Exception {
        pair = new Pair(directory, 64 * MIB);
    }

    @AfterEach
    void close() throws Exception {
        pair.close();
    }

    /** Its primary has sent it everything once, so the map has nothing of that any more. */
    @ParameterizedTest
    @EnumSource
    void aCopyThatIsMadeAnewGetsEverything(ReplicationMode mode) throws Exception {
        pair.together(mode);
        pair.fill(0, 5 * MIB, 1);
        pair.flush();
        pair.awaitCaughtUp();
        pair.closeReplica();
        deleteCopy(B);
        pair.create(B);
        pair.openReplica(B);
        pair.awaitCaughtUp();
        pair.flush();
        pair.awaitCaughtUp();
        pair.assertEqualCopies();
    }

    private void deleteCopy(NodeId node) throws IOException {
        try (Stream<Path> files = Files.walk(pair.directory(node))) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    @Test
    void aComparisonCanBeStopped() throws Exception {
        pair.together(ReplicationMode.SYNC);
        assertThat(pair.primary().stopVerify(B)).as("none runs").isFalse();
        pair.toB.hold(true);
        CompletableFuture<Long> running = pair.primary().verify(B, false);
        assertThat(pair.primary().stopVerify(B)).isTrue();
        assertThatThrownBy(() -> running.get(30, TimeUnit.SECONDS)).hasMessageContaining("was stopped");
        pair.toB.hold(false);
        assertThat(pair.primary().verify(B, false).get(30, TimeUnit.SECONDS)).isZero();
    }

    @Test
    void aCopyOfAnotherSizeIsRefusedAndBothSizesAreNamed() throws Exception {
        deleteCopy(B);
        VolumeDirectory.create(pair.directory(B), Pair.NAME, pair.id, pair.size / 2);
        pair.openReplica(B);
        pair.openPrimary(A, 1, ReplicationMode.SYNC);
        pair.awaitState(ReplicaState.REFUSED);
        assertThat(pair.status().reason()).contains(pair.size + " bytes").contains(Long.toString(pair.size / 2));
        assertThat(Objects.requireNonNull(pair.status().refusal()).code()).isEqualTo(Reconciliation.Code.SIZE);
        pair.fill(0, MIB, 1); // it is written all the same
    }

    @Test
    void statusTellsWhichStateAReplicaHolds() throws Exception {
        pair.together(ReplicationMode.SYNC);
        pair.fill(0, MIB, 1);
        pair.flush();
        pair.awaitCaughtUp();
        Generation first = pair.primary().record().newest().orElseThrow();
        Await.until(
                "its generation is confirmed", () -> first.equals(pair.status().generation()));
        assertThat(pair.status().consistentAge()).isNotNull();
        pair.closeReplica();
        pair.awaitState(ReplicaState.DETACHED);
        pair.fill(MIB, MIB, 2); // under a generation that the replica lacks
        assertThat(pair.primary().record().newest()).isNotEqualTo(Optional.of(first));
        assertThat(pair.status().generation()).isEqualTo(first);
        assertThat(pair.status().consistentAge()).isPositive();
        pair.openReplica(B);
        pair.awaitCaughtUp();
        assertThat(pair.status().generation())
                .isEqualTo(pair.primary().record().newest().orElseThrow());
    }

    @Test
    void aHistoryThatWasSpilledBeforeARestartIsNotReadAgain() throws Exception {
        pair.tuning = s -> new ReplicaSpec(
                s.node(), s.address(), s.mode(), s.packing(), MIB, 64L * MIB, ReplicaSpec.WhenFull.THROTTLE);
        pair.together(ReplicationMode.ASYNC);
        pair.toB.hold(true);
        pair.fill(0, 20 * MIB, 1);
        assertThat(pair.status().historyDiskBytes()).isPositive();
        pair.crashPrimary();
        try (Stream<Path> spilled = Files.list(pair.directory(A).resolve("history-b"))) {
            for (Path file : spilled.toList()) {
                Files.write(file, new byte[] {1, 2, 3});
            }
        }
        pair.toB.hold(false);
        pair.openPrimary(A, 2, ReplicationMode.ASYNC);
        pair.awaitCaughtUp();
        pair.flush();
        pair.awaitCaughtUp();
        pair.assertEqualCopies();
    }

    @Test
    void aDataFileOfAnotherLengthIsNotOpened() throws Exception {
        Path data = pair.directory(A).resolve("data");
        try (RandomAccessFile file = new RandomAccessFile(data.toFile(), "rw")) {
            file.setLength(pair.size - 512);
        }
        assertThatThrownBy(() -> pair.openPrimary(A, 1, ReplicationMode.SYNC))
                .hasMessageContaining(data.toString())
                .hasMessageContaining("put the right file in its place");
    }

    @Test
    void aDamagedActivityLogMeansACompleteComparison() throws Exception {
        pair.together(ReplicationMode.SYNC);
        pair.fill(0, 10 * MIB, 1);
        pair.crashPrimary();
        Files.write(pair.directory(A).resolve("activity.map"), new byte[5000]);
        pair.openPrimary(A, 2, ReplicationMode.SYNC);
        assertThat(pair.status().differingBytes()).isEqualTo(pair.size);
        pair.awaitState(ReplicaState.STREAMING);
        pair.assertEqualCopies();
    }
}
