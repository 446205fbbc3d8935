package norikae.mirror.primary;

import static norikae.mirror.primary.Pair.A;
import static norikae.mirror.primary.Pair.B;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import norikae.failover.model.Epoch;
import norikae.failover.model.NodeId;
import norikae.failover.model.ReplicationMode;
import norikae.mirror.primary.ReplicaSpec.Packing;
import norikae.mirror.primary.ReplicaSpec.WhenFull;
import norikae.mirror.state.ReplicaState;
import norikae.mirror.store.Condition;
import norikae.mirror.store.StoreException.Kind;
import norikae.mirror.testing.Await;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What goes wrong between two nodes, and with their disks. */
class MirrorFaultsTest {

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

    private static ReplicaSpec history(ReplicaSpec spec, long memory, long disk, WhenFull whenFull) {
        return new ReplicaSpec(spec.node(), spec.address(), spec.mode(), Packing.NEVER, memory, disk, whenFull);
    }

    // ---- losing a replica

    @Test
    void noWriteIsAcknowledgedBeforeTheClusterHasNotedALostReplica() throws Exception {
        AtomicReference<@Nullable Consumer<Boolean>> asked = new AtomicReference<>();
        pair.loss = (_, _, node, answer) -> {
            assertThat(node).isEqualTo(B);
            asked.set(answer);
        };
        pair.together(ReplicationMode.SYNC);
        pair.fill(0, 4096, 1);
        UUID before = pair.primary().record().newest().orElseThrow().id();
        pair.toB.cut();
        CompletableFuture<@Nullable Void> write = pair.write(4096, Pair.random(4096, 2));
        Await.until("the cluster is asked", () -> asked.get() != null);
        CompletableFuture<@Nullable Void> later = pair.write(8192, Pair.random(4096, 3));
        assertThat(write).isNotDone();
        assertThat(later).isNotDone();
        java.util.Objects.requireNonNull(asked.get()).accept(true);
        Pair.done(write);
        Pair.done(later);
        assertThat(pair.primary().record().newest().orElseThrow().id())
                .as("what the replica lacks is a generation of its own")
                .isNotEqualTo(before);
        pair.toB.mend();
        pair.awaitState(ReplicaState.STREAMING);
        pair.flush();
        pair.assertEqualCopies();
    }

    @Test
    void aPrimaryThatTheClusterDisownsAcknowledgesNothingAnyMore() throws Exception {
        pair.loss = (_, _, _, answer) -> answer.accept(false);
        pair.together(ReplicationMode.SYNC);
        pair.toB.cut();
        CompletableFuture<@Nullable Void> write = pair.write(0, Pair.random(4096, 2));
        assertThatThrownBy(() -> write.get(20, TimeUnit.SECONDS)).hasMessageContaining("no longer the primary");
        assertThatThrownBy(() -> pair.fill(0, 512, 1)).hasMessageContaining("no longer the primary");
    }

    @Test
    void aReplicaThatFallsSilentIsFoundOut() throws Exception {
        pair.together(ReplicationMode.SYNC);
        pair.toB.hold(true);
        CompletableFuture<@Nullable Void> write = pair.write(0, Pair.random(4096, 2));
        write.get(20, TimeUnit.SECONDS);
        assertThat(pair.status().reason()).as("why it counts as lost").isNotEmpty();
        pair.toB.hold(false);
        pair.awaitState(ReplicaState.STREAMING);
        pair.flush();
        pair.assertEqualCopies();
    }

    // ---- epochs and generations

    @Test
    void aPrimaryOfAnOldEpochIsRefusedByItsOwnCopyAndByTheReplica() throws Exception {
        pair.together(ReplicationMode.SYNC);
        pair.fill(0, 4096, 1);
        pair.replica().fence(new Epoch(5));
        CompletableFuture<@Nullable Void> write = pair.write(0, Pair.random(4096, 2));
        assertThatThrownBy(() -> write.get(20, TimeUnit.SECONDS)).hasMessageContaining("epoch 5");
        assertThatThrownBy(() -> pair.fill(0, 512, 1)).hasMessageContaining("epoch 5");
        pair.closePrimary();
        pair.closeReplica();
        assertThatThrownBy(() -> pair.openPrimary(B, 4, ReplicationMode.SYNC))
                .hasMessageContaining("epoch 5")
                .hasMessageContaining("epoch 4");
    }

    @Test
    void splitBrainIsDetectedNamedAndResolvedOnlyByAChoice() throws Exception {
        pair.together(ReplicationMode.SYNC);
        pair.fill(0, MIB, 1);
        pair.flush();
        pair.toB.cut();
        pair.fill(2 * MIB, MIB, 2); // a goes on alone
        pair.crashPrimary();
        pair.closeReplica();
        pair.openPrimary(B, 2, ReplicationMode.SYNC); // by force
        pair.fill(3 * MIB, MIB, 3);
        pair.openReplica(A);
        pair.awaitState(ReplicaState.REFUSED);
        UUID lost = pair.replica().record().newest().orElseThrow().id();
        assertThat(pair.status().reason())
                .contains("split brain")
                .contains("--discard " + lost)
                .contains(pair.primary().record().newest().orElseThrow().id().toString());
        pair.fill(4 * MIB, MIB, 4);
        assertThat(pair.status().state()).isEqualTo(ReplicaState.REFUSED);
        pair.primary().resync(A, lost);
        pair.awaitState(ReplicaState.STREAMING);
        pair.flush();
        pair.assertEqualCopies();
        assertThat(Files.readAllBytes(pair.directory(A).resolve("data")))
                .satisfies(bytes -> assertThat(ByteBuffer.wrap(bytes, 2 * MIB, MIB))
                        .as("what a wrote alone is lost, as chosen")
                        .isEqualTo(ByteBuffer.allocate(MIB)));
    }

    @Test
    void anotherVolumesCopyAndAnotherSizeAreRefused() throws Exception {
        pair.openReplica(B);
        Path other = pair.parent.resolve("other");
        norikae.mirror.store.VolumeDirectory.create(other, Pair.NAME, UUID.randomUUID(), pair.size);
        VolumeOptions options = VolumeOptions.of(
                A,
                new Epoch(1),
                List.of(ReplicaSpec.of(B, pair.toB.address(), ReplicationMode.SYNC)),
                pair.peers,
                pair.loss);
        try (PrimaryVolume volume = PrimaryVolume.open(other, options)) {
            Await.until("refused", () -> volume.status().getFirst().state() == ReplicaState.REFUSED);
            assertThat(volume.status().getFirst().reason()).contains("is of volume orders");
        }
        Path larger = pair.parent.resolve("larger");
        norikae.mirror.store.VolumeDirectory.create(larger, Pair.NAME, pair.id, pair.size * 2);
        try (PrimaryVolume volume = PrimaryVolume.open(larger, options)) {
            Await.until("refused", () -> volume.status().getFirst().state() == ReplicaState.REFUSED);
            assertThat(volume.status().getFirst().reason())
                    .contains("" + pair.size)
                    .contains("" + pair.size * 2);
        }
    }

    // ---- the history of an asynchronous replica

    @Test
    void aLongHistoryIsSpilledAndArrivesInOrder() throws Exception {
        pair.tuning = spec -> history(spec, MIB, 64 * MIB, WhenFull.THROTTLE);
        pair.together(ReplicationMode.ASYNC);
        pair.toB.cut();
        for (int i = 0; i < 200; i++) {
            pair.fill((i % 40) * 65_536L, 65_536, i);
        }
        assertThat(pair.directory(A).resolve("history-b")).isNotEmptyDirectory();
        assertThat(pair.status().historyBytes()).isGreaterThan(12 * MIB);
        pair.toB.mend();
        pair.awaitCaughtUp();
        pair.flush();
        pair.awaitCaughtUp();
        pair.assertEqualCopies();
        assertThat(pair.status().resyncTotal()).isZero();
        assertThat(pair.status().historyBytes()).isZero();
    }

    @Test
    void aFullHistoryFallsBackToAResyncWhenNothingMayWait() throws Exception {
        pair.tuning = spec -> history(spec, MIB, 2 * MIB, WhenFull.RESYNC);
        pair.together(ReplicationMode.ASYNC);
        pair.fill(0, 4096, 1);
        pair.awaitCaughtUp();
        pair.toB.cut();
        for (int i = 0; i < 100; i++) {
            pair.fill(i * 65_536L, 65_536, i);
        }
        pair.awaitState(ReplicaState.DETACHED);
        assertThat(pair.status().differingBytes()).isGreaterThan(5 * MIB);
        assertThat(pair.status().historyBytes()).isZero();
        pair.toB.mend();
        pair.awaitCaughtUp();
        pair.flush();
        pair.awaitCaughtUp();
        pair.assertEqualCopies();
    }

    @Test
    void aFullHistoryThrottlesTheWriterUntilTheLineTakesMore() throws Exception {
        pair.tuning = spec -> history(spec, MIB, 0, WhenFull.THROTTLE);
        pair.together(ReplicationMode.ASYNC);
        pair.toB.hold(true);
        AtomicReference<@Nullable Exception> failure = new AtomicReference<>();
        Thread writer = Thread.ofPlatform().start(() -> {
            try {
                for (int i = 0; i < 1000; i++) {
                    pair.fill((i % 100) * 65_536L, 65_536, i);
                }
            } catch (Exception e) {
                failure.set(e);
            }
        });
        Await.until(
                "the writer waits",
                () -> writer.getState() == Thread.State.TIMED_WAITING
                        && pair.status().historyBytes() >= MIB);
        assertThat(pair.status().historyBytes()).isLessThan(24 * MIB);
        pair.toB.hold(false);
        writer.join();
        assertThat(failure.get()).isNull();
        pair.awaitCaughtUp();
        pair.flush();
        pair.awaitCaughtUp();
        pair.assertEqualCopies();
    }

    @Test
    void aDamagedHistoryIsNoticedAndCostsAResync() throws Exception {
        pair.tuning = spec -> history(spec, MIB, 64 * MIB, WhenFull.THROTTLE);
        pair.together(ReplicationMode.ASYNC);
        pair.toB.cut();
        for (int i = 0; i < 100; i++) {
            pair.fill(i * 65_536L, 65_536, i);
        }
        Path segment;
        try (var files = Files.list(pair.directory(A).resolve("history-b"))) {
            segment = files.findFirst().orElseThrow();
        }
        try (RandomAccessFile file = new RandomAccessFile(segment.toFile(), "rw")) {
            file.seek(1000);
            file.writeLong(0x1234_5678_9abc_def0L);
        }
        pair.toB.mend();
        pair.awaitCaughtUp();
        pair.flush();
        pair.awaitCaughtUp();
        pair.assertEqualCopies();
    }

    // ---- disks

    @Test
    void aReplicaWhoseDiskIsFullFallsBehindAndCatchesUpWhenThereIsRoom() throws Exception {
        pair.together(ReplicationMode.SYNC);
        pair.fill(0, MIB, 1);
        java.util.Objects.requireNonNull(pair.replicaDisk).failWrites(Kind.NO_SPACE);
        pair.fill(MIB, MIB, 2);
        assertThat(pair.status().state()).isNotEqualTo(ReplicaState.STREAMING);
        pair.fill(2 * MIB, MIB, 3);
        java.util.Objects.requireNonNull(pair.replicaDisk).heal();
        pair.awaitState(ReplicaState.STREAMING);
        pair.flush();
        pair.assertEqualCopies();
    }

    @Test
    void aReplicaThatCannotFlushDoesNotPassForAState() throws Exception {
        pair.together(ReplicationMode.SYNC);
        pair.fill(0, MIB, 1);
        java.util.Objects.requireNonNull(pair.replicaDisk).failFlushes();
        pair.flush(); // acknowledged once the cluster has noted the loss
        Await.until(
                "it says so",
                () -> pair.replica().record().condition() == Condition.RESYNCING
                        || pair.status().state() == ReplicaState.STREAMING);
        java.util.Objects.requireNonNull(pair.replicaDisk).heal();
        pair.awaitState(ReplicaState.STREAMING);
        pair.fill(MIB, MIB, 2);
        pair.flush();
        pair.assertEqualCopies();
        assertThat(pair.replica().record().condition()).isEqualTo(Condition.CONSISTENT);
    }

    @Test
    void aReplicaGoesOnTakingWritesWhileItMakesEarlierOnesStableByItself() throws Exception {
        pair.together(ReplicationMode.SYNC);
        var disk = java.util.Objects.requireNonNull(pair.replicaDisk);
        pair.fill(0, 4096, 1); // the first one begins a generation, which is a barrier
        disk.holdFlushes();
        pair.fill(0, 4096, 2);
        Await.until("it makes stable what it has, unasked by the service", () -> disk.heldFlushes() > 0);
        for (int i = 0; i < 100; i++) {
            pair.fill(i * 4096L, 4096, i);
        }
        assertThat(disk.heldFlushes()).isEqualTo(1);
        CompletableFuture<@Nullable Void> flush = Pair.ask(pair.primary()::flush);
        assertThat(flush).as("what the service asks for").isNotDone();
        disk.letFlushesGo();
        Pair.done(flush);
        pair.assertEqualCopies();
        assertThat(pair.status().state()).isEqualTo(ReplicaState.STREAMING);
    }

    @Test
    void aReplicaThatCannotMakeStableWhatItHasByItselfDoesNotPassForAStateEither() throws Exception {
        pair.together(ReplicationMode.SYNC);
        pair.fill(0, 4096, 1);
        java.util.Objects.requireNonNull(pair.replicaDisk).failFlushes();
        pair.fill(0, 4096, 2);
        Await.until("it says so", () -> pair.replica().record().condition() == Condition.RESYNCING);
        java.util.Objects.requireNonNull(pair.replicaDisk).heal();
        Await.until("it is brought up to date", () -> pair.replica().record().condition() == Condition.CONSISTENT);
        pair.awaitState(ReplicaState.STREAMING);
        pair.fill(MIB, MIB, 2);
        pair.flush();
        pair.assertEqualCopies();
    }

    @Test
    void aPrimaryWhoseDiskFailsSaysSoAndTheReplicaIsRepaired() throws Exception {
        pair.together(ReplicationMode.SYNC);
        pair.fill(0, MIB, 1);
        java.util.Objects.requireNonNull(pair.primaryDisk).failWrites(Kind.NO_SPACE);
        assertThatThrownBy(() -> pair.fill(0, 4096, 2)).hasMessageContaining("NO_SPACE");
        java.util.Objects.requireNonNull(pair.primaryDisk).heal();
        pair.fill(MIB, 4096, 3);
        pair.toB.cut();
        Await.until("lost", () -> pair.status().state() == ReplicaState.DETACHED);
        pair.toB.mend();
        pair.awaitState(ReplicaState.STREAMING);
        pair.flush();
        pair.assertEqualCopies();
    }

    // ---- verify

    @Test
    void verifyFindsSilentDamageAndRepairsIt() throws Exception {
        pair.together(ReplicationMode.SYNC);
        pair.fill(0, 20 * MIB, 1);
        pair.flush();
        assertThat(pair.primary().verify(B, false).get(30, TimeUnit.SECONDS)).isZero();
        try (RandomAccessFile file =
                new RandomAccessFile(pair.directory(B).resolve("data").toFile(), "rw")) {
            file.seek(7 * MIB + 123);
            file.write(file.read() + 1);
            file.seek(50 * MIB);
            file.write(1);
        }
        assertThat(pair.primary().verify(B, false).get(30, TimeUnit.SECONDS)).isEqualTo(2 * 65_536);
        assertThat(pair.primary().verify(B, true).get(30, TimeUnit.SECONDS)).isEqualTo(2 * 65_536);
        assertThat(pair.primary().verify(B, false).get(30, TimeUnit.SECONDS)).isZero();
        pair.flush();
        pair.assertEqualCopies();
    }

    @Test
    void verifyOfAReplicaThatIsAwaySaysSo() throws Exception {
        pair.openPrimary(A, 1, ReplicationMode.SYNC);
        assertThatThrownBy(() -> pair.primary().verify(B, false).get(10, TimeUnit.SECONDS))
                .hasMessageContaining("DETACHED");
        assertThatThrownBy(() -> pair.primary().verify(new NodeId("z"), false)).hasMessageContaining("no replica on z");
    }

    // ---- damaged files

    @Test
    void aDamagedMapMeansACompleteComparisonAndNeverAWrongBlock() throws Exception {
        pair.together(ReplicationMode.SYNC);
        pair.fill(0, 10 * MIB, 1);
        pair.closePrimary();
        Files.write(pair.directory(A).resolve("differs-b.map"), new byte[] {1, 2, 3});
        long before = pair.toB.sent();
        pair.openPrimary(A, 2, ReplicationMode.SYNC);
        assertThat(pair.status().differingBytes()).isEqualTo(pair.size);
        pair.awaitState(ReplicaState.STREAMING);
        pair.assertEqualCopies();
        assertThat(pair.toB.sent() - before).as("compared, not sent").isLessThan(MIB);
    }
}
