package norikae.mirror.primary;

import static norikae.mirror.primary.Pair.A;
import static norikae.mirror.primary.Pair.B;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import norikae.failover.model.ReplicationMode;
import norikae.mirror.state.ReplicaState;
import norikae.mirror.store.Condition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A primary and a replica that work together, are parted, and find together again. */
class MirrorTest {

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

    @ParameterizedTest
    @EnumSource
    void whatIsWrittenIsOnTheReplicaInEveryMode(ReplicationMode mode) throws Exception {
        pair.together(mode);
        Random random = new Random(4711);
        for (int i = 0; i < 300; i++) {
            int bytes = 512 * (1 + random.nextInt(200));
            long offset = 512L * random.nextInt(60 * MIB / 512);
            if (i % 10 == 9) {
                pair.zero(offset, bytes);
            } else {
                pair.fill(offset, bytes, i);
            }
            if (i % 50 == 0) {
                pair.flush();
            }
        }
        pair.fill(0, 5 * MIB, 99); // longer than a frame
        pair.flush();
        pair.awaitCaughtUp();
        pair.assertEqualCopies();
    }

    @Test
    void newCopiesJoinWithoutCopying() throws Exception {
        pair.together(ReplicationMode.SYNC);
        assertThat(pair.toB.sent()).isLessThan(10_000);
        assertThat(pair.replica().record().condition()).isEqualTo(Condition.FRESH);
    }

    @Test
    void aSynchronousWriteIsOnTheReplicaWhenItIsAcknowledged() throws Exception {
        pair.together(ReplicationMode.SYNC);
        for (int i = 0; i < 100; i++) {
            pair.fill(i * 4096L, 4096, i);
            assertThat(pair.replica().applied()).isEqualTo(pair.primary().written());
        }
    }

    @Test
    void anAsynchronousWriteDoesNotWaitForTheLine() throws Exception {
        pair.together(ReplicationMode.ASYNC);
        pair.toB.hold(true);
        for (int i = 0; i < 100; i++) {
            pair.fill(i * 4096L, 4096, i);
        }
        assertThat(pair.status().historyOps()).isPositive();
        assertThat(pair.status().behind()).isGreaterThan(Duration.ZERO);
        pair.toB.hold(false);
        pair.awaitCaughtUp();
        pair.flush();
        pair.awaitCaughtUp();
        pair.assertEqualCopies();
    }

    @ParameterizedTest
    @EnumSource
    void afterAnOutageOnlyWhatChangedTravels(ReplicationMode mode) throws Exception {
        pair.together(mode);
        pair.fill(0, 20 * MIB, 1);
        pair.flush();
        pair.awaitCaughtUp();
        pair.closeReplica();
        pair.fill(30 * MIB, MIB, 2);
        pair.zero(3 * MIB, MIB);
        pair.flush();
        long before = pair.toB.sent();
        pair.openReplica(B);
        pair.awaitCaughtUp();
        pair.flush();
        pair.awaitCaughtUp();
        pair.assertEqualCopies();
        assertThat(pair.toB.sent() - before).isLessThan(3 * MIB);
        assertThat(pair.status().differingBytes()).isZero();
        assertThat(pair.replica().record().condition()).isEqualTo(Condition.CONSISTENT);
    }

    @Test
    void anAsynchronousReplicaThatWasCutOffGoesOnWhereItStopped() throws Exception {
        pair.together(ReplicationMode.ASYNC);
        pair.fill(0, MIB, 1);
        pair.awaitCaughtUp();
        pair.toB.cut();
        for (int i = 0; i < 50; i++) {
            pair.fill(i * 100_000L, 50_000, i);
        }
        pair.awaitState(ReplicaState.PAUSED);
        assertThat(pair.replica().record().condition()).isEqualTo(Condition.CONSISTENT);
        pair.toB.mend();
        pair.awaitCaughtUp();
        assertThat(pair.status().resyncTotal()).as("no resync was needed").isZero();
        pair.flush();
        pair.awaitCaughtUp();
        pair.assertEqualCopies();
    }

    @Test
    void aFullCopySkipsHolesAndIsExact() throws Exception {
        pair.openPrimary(A, 1, ReplicationMode.SYNC);
        pair.fill(5 * MIB + 512, 3 * MIB, 1);
        pair.fill(63 * MIB, MIB, 2);
        pair.zero(6 * MIB, 4096);
        pair.closePrimary();
        // a copy made elsewhere: nothing is known of what it lacks
        java.nio.file.Files.delete(pair.directory(A).resolve("differs-b.map"));
        pair.openReplica(B);
        pair.openPrimary(A, 2, ReplicationMode.SYNC);
        pair.awaitState(ReplicaState.STREAMING);
        pair.assertEqualCopies();
        assertThat(pair.toB.sent()).isLessThan(5 * MIB);
    }

    @Test
    void writesDuringAResyncArriveAsWell() throws Exception {
        pair.openPrimary(A, 1, ReplicationMode.SYNC);
        for (int i = 0; i < 60; i++) {
            pair.fill((long) i * MIB, MIB, i);
        }
        pair.openReplica(B);
        Random random = new Random(5);
        int during = 0;
        while (pair.status().state() != ReplicaState.STREAMING && during < 20_000) {
            pair.fill(512L * random.nextInt(60 * MIB / 512), 4096, during++);
        }
        pair.awaitState(ReplicaState.STREAMING);
        pair.flush();
        pair.awaitCaughtUp();
        pair.assertEqualCopies();
    }

    @Test
    void aResyncThatIsCutOffGoesOnAndSaysThatTheCopyIsNoState() throws Exception {
        pair.openPrimary(A, 1, ReplicationMode.SYNC);
        for (int i = 0; i < 60; i++) {
            pair.fill((long) i * MIB, MIB, i);
        }
        pair.flush();
        pair.openReplica(B);
        norikae.mirror.testing.Await.until(
                "some of it", () -> pair.toB.sent() > 20 * MIB || pair.status().state() == ReplicaState.STREAMING);
        pair.toB.cut();
        if (pair.replica().record().condition() == Condition.RESYNCING) {
            pair.closeReplica();
            assertThatThrownBy(() -> PrimaryVolume.open(
                            pair.directory(B),
                            VolumeOptions.of(
                                    B,
                                    new norikae.failover.model.Epoch(9),
                                    java.util.List.of(),
                                    pair.peers,
                                    pair.loss)))
                    .hasMessageContaining("no state of the volume");
            pair.openReplica(B);
        }
        pair.toB.mend();
        pair.awaitState(ReplicaState.STREAMING);
        pair.assertEqualCopies();
    }

    @Test
    void aPrimaryThatCrashedComparesOnlyWhereItWasActive() throws Exception {
        pair.together(ReplicationMode.SYNC);
        pair.fill(0, 32 * MIB, 1);
        pair.flush();
        pair.closePrimary();
        pair.openPrimary(A, 2, ReplicationMode.SYNC);
        pair.awaitState(ReplicaState.STREAMING);
        pair.fill(40 * MIB, 4096, 2);
        long before = pair.toB.sent();
        pair.crashPrimary();
        pair.openPrimary(A, 3, ReplicationMode.SYNC);
        assertThat(pair.status().differingBytes()).isEqualTo(4 * MIB);
        pair.awaitState(ReplicaState.STREAMING);
        assertThat(pair.toB.sent() - before)
                .as("equal blocks are compared, not sent")
                .isLessThan(200_000);
        pair.assertEqualCopies();
    }

    @Test
    void rolesAreSwitchedInGoodOrderWithoutAnyResync() throws Exception {
        pair.together(ReplicationMode.SYNC);
        pair.fill(0, 4 * MIB, 1);
        assertThat(pair.primary().handOver(Duration.ofSeconds(10))).containsExactly(B);
        pair.primary = null;
        pair.closeReplica();
        pair.assertEqualCopies();
        pair.openReplica(A);
        pair.openPrimary(B, 2, ReplicationMode.SYNC);
        pair.awaitState(ReplicaState.STREAMING);
        assertThat(pair.toA.sent()).isLessThan(20_000);
        pair.fill(MIB, MIB, 2);
        pair.flush();
        pair.assertEqualCopies();
    }

    @Test
    void aNodeThatComesBackAfterATakeoverGetsOnlyWhatChanged() throws Exception {
        pair.together(ReplicationMode.SYNC);
        pair.fill(0, 20 * MIB, 1);
        pair.flush();
        pair.crashPrimary();
        pair.closeReplica();
        pair.openPrimary(B, 2, ReplicationMode.SYNC);
        pair.fill(25 * MIB, MIB, 2);
        pair.fill(0, 4096, 3);
        pair.flush();
        pair.openReplica(A);
        pair.awaitState(ReplicaState.STREAMING);
        pair.flush();
        pair.assertEqualCopies();
        assertThat(pair.toA.sent()).isLessThan(3 * MIB);
    }
}
