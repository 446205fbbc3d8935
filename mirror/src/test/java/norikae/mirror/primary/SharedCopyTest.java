package norikae.mirror.primary;

import static norikae.mirror.primary.Pair.A;
import static norikae.mirror.primary.Pair.B;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import norikae.failover.model.Epoch;
import norikae.failover.model.NodeId;
import norikae.failover.model.ReplicationMode;
import norikae.mirror.state.ReplicaState;
import norikae.mirror.store.ActivityLog;
import norikae.mirror.store.StoreException;
import norikae.mirror.store.VolumeDirectory;
import norikae.mirror.testing.Await;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A copy on a storage that another node reaches as well: node c, which goes on where a stopped. */
class SharedCopyTest {

    private static final int MIB = 1 << 20;
    private static final NodeId C = new NodeId("c");

    @SuppressWarnings("NullAway.Init")
    private Pair pair;

    @BeforeEach
    void make(@TempDir Path directory) throws Exception {
        pair = new Pair(directory, 64 * MIB);
        pair.together(ReplicationMode.SYNC);
        pair.fill(0, 16 * MIB, 1);
        pair.flush();
        pair.awaitCaughtUp();
    }

    @AfterEach
    void close() throws Exception {
        pair.close();
    }

    @Test
    void whoGoesOnAfterACrashSendsTheReplicaOnlyWhatMayDiffer() throws Exception {
        pair.fill(40 * MIB, 4096, 2);
        long active = pair.primary().activeBytes();
        pair.crashPrimary();

        successor(2);

        pair.awaitState(ReplicaState.STREAMING);
        assertThat(active).isLessThanOrEqualTo(6 * ActivityLog.REGION_BYTES);
        assertThat(pair.status().resyncTotal()).as("compared").isLessThanOrEqualTo(active);
        assertThat(pair.status().resyncSent()).as("sent").isLessThan(MIB);
        pair.fill(8 * MIB, 4096, 3);
        pair.flush();
        pair.awaitCaughtUp();
        pair.assertEqualCopies();
        assertThat(pair.primary().record().newest().orElseThrow().writer()).isEqualTo(C);
    }

    @Test
    void whatAReplicaLacksIsKnownToWhoGoesOn() throws Exception {
        pair.closeReplica();
        pair.fill(20 * MIB, MIB, 4);
        pair.closePrimary();

        successor(2);
        pair.openReplica(B);

        pair.awaitState(ReplicaState.STREAMING);
        pair.awaitCaughtUp();
        assertThat(pair.status().resyncTotal()).isLessThanOrEqualTo(2 * MIB);
        pair.assertEqualCopies();
    }

    @Test
    void anEarlierEpochIsKeptOutOnceALaterOneWasThere() throws Exception {
        pair.crashPrimary();
        successor(5);
        pair.closePrimary();
        assertThatThrownBy(() -> pair.openPrimary(A, 4, ReplicationMode.SYNC))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.kind()).isEqualTo(StoreException.Kind.FENCED))
                .hasMessageContaining("has heard of epoch 5");
    }

    /** As where the storage does not keep it out, and the proof of its end was wrong. */
    @Test
    void whoFindsAHigherEpochInTheRecordStopsAndLeavesTheFilesAsTheyAre() throws Exception {
        Path record = pair.directory(A).resolve("volume.record");
        String theirs = pair.primary().record().begin(new Epoch(2), C).text();
        Files.writeString(record, theirs);
        byte[] activity = Files.readAllBytes(pair.directory(A).resolve("activity.map"));

        pair.primary().lookAtRecord();

        Await.until("fenced", () -> {
            try {
                pair.primary().read(0, java.nio.ByteBuffer.allocate(512));
                return false;
            } catch (StoreException e) {
                return e.kind() == StoreException.Kind.FENCED;
            }
        });
        assertThatThrownBy(() -> pair.fill(0, 4096, 9)).hasMessageContaining("by another node");
        pair.closePrimary();
        assertThat(record).hasContent(theirs);
        assertThat(Files.readAllBytes(pair.directory(A).resolve("activity.map")))
                .isEqualTo(activity);
    }

    @Test
    void aRecordIsNotWrittenOverWhenAHigherEpochCameMeanwhile() throws Exception {
        pair.closePrimary();
        try (VolumeDirectory mine = VolumeDirectory.open(pair.directory(A))) {
            Files.writeString(
                    pair.directory(A).resolve("volume.record"),
                    mine.record().begin(new Epoch(9), C).text());
            assertThatThrownBy(() -> mine.update(r -> r.begin(new Epoch(2), A)))
                    .isInstanceOfSatisfying(
                            StoreException.class, e -> assertThat(e.kind()).isEqualTo(StoreException.Kind.FENCED));
        }
    }

    private void successor(long epoch) throws StoreException {
        ReplicaSpec spec = ReplicaSpec.of(B, pair.toB.address(), ReplicationMode.SYNC);
        pair.primary = PrimaryVolume.open(
                pair.directory(A), VolumeOptions.of(C, new Epoch(epoch), List.of(spec), pair.peers, pair.loss));
    }
}
