package norikae.agent.volume;

import static norikae.agent.volume.TwoKeepers.A;
import static norikae.agent.volume.TwoKeepers.B;
import static norikae.agent.volume.TwoKeepers.DATA;
import static norikae.agent.volume.TwoKeepers.MIB;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;
import norikae.failover.model.Command;
import norikae.failover.model.Epoch;
import norikae.failover.model.MirrorOptions;
import norikae.failover.model.NodeId;
import norikae.failover.model.Outcome;
import norikae.failover.model.ReplicationMode;
import norikae.mirror.primary.PrimaryVolume;
import norikae.mirror.state.ReplicaState;
import norikae.mirror.store.StoreException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A volume whose primary is changed, stopped or reopened on purpose. */
class HandOverTest {

    private static final MirrorOptions SMALL = new MirrorOptions(1 << 20, 0, MirrorOptions.WhenFull.RESYNC, 1 << 30);

    @SuppressWarnings("NullAway.Init")
    private TwoKeepers two;

    @BeforeEach
    void begin(@TempDir Path folder) throws Exception {
        two = new TwoKeepers(folder);
    }

    @AfterEach
    void end() throws IOException {
        two.close();
    }

    private PrimaryVolume asynchronous() throws Exception {
        two.create(16 * MIB, ReplicationMode.ASYNC, SMALL);
        PrimaryVolume first = two.awaitWritten(A);
        TwoKeepers.await("b streams", () -> TwoKeepers.replica(first).state() == ReplicaState.STREAMING);
        return first;
    }

    private Command planned(Epoch epoch, NodeId to, List<NodeId> complete) {
        return new Command.PromoteVolume(DATA, epoch, to, true, false, new TreeSet<>(complete), 1);
    }

    @Test
    void aPlannedSwitchToAnAsynchronousCopyLosesNothing() throws Exception {
        PrimaryVolume first = asynchronous();
        for (int i = 0; i < 100; i++) {
            TwoKeepers.write(first, i * 4096L, i + 1);
        }
        List<NodeId> complete = two.keeper(A).handOver(DATA, new Epoch(1), B);
        assertThat(complete).containsExactly(B);
        two.accepted(planned(new Epoch(1), B, complete));
        PrimaryVolume second = two.awaitWritten(B);
        for (int i = 0; i < 100; i++) {
            assertThat(TwoKeepers.read(second, i * 4096L)).isEqualTo(i + 1);
        }
        assertThat(two.volume().lossy()).isNull();
    }

    @Test
    void nothingIsStoppedForAReplicaThatIsFarBehind() throws Exception {
        PrimaryVolume first = asynchronous();
        two.stop(B);
        TwoKeepers.await("b is away", () -> TwoKeepers.replica(first).state() != ReplicaState.STREAMING);
        assertThatThrownBy(() -> two.keeper(A).handOver(DATA, new Epoch(1), B))
                .isInstanceOf(StoreException.class)
                .hasMessageContaining("on node-b is PAUSED")
                .hasMessageContaining("volume status data");
        TwoKeepers.write(first, 0, 5);
        assertThat(two.volume().epoch()).isEqualTo(new Epoch(1));
    }

    @Test
    void aHandOverInVainIsFollowedByWritingOnOutOfReachOfTheLatePromotion() throws Exception {
        TwoKeepers.write(asynchronous(), 0, 5);
        List<NodeId> complete = two.keeper(A).handOver(DATA, new Epoch(1), B);
        two.keeper(A).goOn(DATA, new Epoch(1));
        TwoKeepers.await(
                "a goes on", () -> two.keeper(A).written(DATA, new Epoch(2)).isPresent());
        PrimaryVolume again = two.awaitWritten(A);
        TwoKeepers.write(again, 4096, 6);
        assertThat(two.submit(planned(new Epoch(1), B, complete)))
                .isInstanceOfSatisfying(
                        Outcome.Refused.class, r -> assertThat(r.code()).isEqualTo(Outcome.Refusal.STALE_EPOCH));
        TwoKeepers.await("b streams", () -> TwoKeepers.replica(again).state() == ReplicaState.STREAMING);
        assertThat(two.compare(again, B)).isZero();
    }

    @Test
    void aPrimaryWhoseReplicaDoesNotGetEverythingAtTheHandOverWritesOn() throws Exception {
        PrimaryVolume first = asynchronous();
        two.toB.hold(true);
        for (int i = 0; i < 10; i++) {
            TwoKeepers.write(first, i * 4096L, i + 1);
        }
        assertThatThrownBy(() -> two.keeper(A).handOver(DATA, new Epoch(1), B))
                .isInstanceOf(StoreException.class)
                .hasMessageContaining("on node-b did not get every write")
                .hasMessageContaining("node-a writes on");
        TwoKeepers.await(
                "a goes on", () -> two.keeper(A).written(DATA, new Epoch(2)).isPresent());
        PrimaryVolume again = two.awaitWritten(A);
        TwoKeepers.write(again, 1 << 20, 6);
        assertThat(TwoKeepers.read(again, 9 * 4096L)).isEqualTo(10);
        two.toB.hold(false);
        TwoKeepers.await("b streams", () -> TwoKeepers.replica(again).state() == ReplicaState.STREAMING);
        assertThat(two.compare(again, B)).isZero();
    }

    @Test
    void aDemotedVolumeIsWrittenByNobodyUntilACopyIsPromoted() throws Exception {
        two.create(16 * MIB, ReplicationMode.SYNC, null);
        two.awaitWhole(B);
        TwoKeepers.write(two.awaitWritten(A), 0, 5);
        List<NodeId> complete = two.keeper(A).handOver(DATA, new Epoch(1), null);
        two.accepted(new Command.DemoteVolume(DATA, new Epoch(1), new TreeSet<>(complete), 1));
        assertThat(two.volume().isWholeOn(A)).isTrue();
        assertThat(two.volume().isWholeOn(B)).isTrue();
        two.stop(B);
        two.start(B); // what is idle stays so
        assertThat(two.keeper(A).written(DATA)).isEmpty();
        assertThat(two.keeper(B).written(DATA)).isEmpty();

        two.accepted(new Command.PromoteVolume(DATA, new Epoch(2), B, false, false, 1));
        PrimaryVolume second = two.awaitWritten(B);
        assertThat(TwoKeepers.read(second, 0)).isEqualTo(5);
        two.awaitWhole(A);
        assertThat(two.compare(second, A)).isZero();
    }

    @Test
    void aVolumeGrowsOnEveryNodeAndOnOneThatWasAwayWhenItReturns() throws Exception {
        two.create(16 * MIB, ReplicationMode.SYNC, null);
        two.awaitWhole(B);
        TwoKeepers.write(two.awaitWritten(A), 0, 5);
        two.keeper(B).requireRoom(DATA, two.id, 32 * MIB);
        two.accepted(new Command.ResizeVolume(DATA, new Epoch(1), 32 * MIB, 1));
        PrimaryVolume larger = two.awaitWritten(A);
        assertThat(larger.size()).isEqualTo(32 * MIB);
        assertThat(TwoKeepers.read(larger, 0)).isEqualTo(5);
        assertThat(TwoKeepers.read(larger, 32 * MIB - 512)).isZero();
        TwoKeepers.write(larger, 32 * MIB - 4096, 6);
        two.awaitWhole(B);
        assertThat(two.compare(larger, B)).isZero();

        two.stop(B);
        two.accepted(new Command.ResizeVolume(DATA, two.volume().epoch(), 48 * MIB, 1));
        PrimaryVolume largest = two.awaitWritten(A);
        TwoKeepers.write(largest, 48 * MIB - 4096, 7);
        two.start(B);
        two.awaitWhole(B);
        assertThat(two.compare(largest, B)).isZero();
    }

    @Test
    void theLogsMirrorOptionsAreThoseOfThePrimary() throws Exception {
        PrimaryVolume first = asynchronous();
        two.stop(B);
        TwoKeepers.await("b is away", () -> TwoKeepers.replica(first).state() == ReplicaState.PAUSED);
        for (int i = 0; TwoKeepers.replica(first).state() == ReplicaState.PAUSED; i++) {
            assertThat(i).as("writes of 4 KiB that a history of 1 MiB takes").isLessThan(300);
            TwoKeepers.write(first, i % 1000 * 4096L, i);
        }
        assertThat(TwoKeepers.replica(first).reason()).contains("its history is full");
    }
}
