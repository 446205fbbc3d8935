package norikae.agent.volume;

import static norikae.agent.volume.TwoKeepers.A;
import static norikae.agent.volume.TwoKeepers.B;
import static norikae.agent.volume.TwoKeepers.DATA;
import static norikae.agent.volume.TwoKeepers.MIB;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import norikae.failover.model.Epoch;
import norikae.failover.model.ReplicationMode;
import norikae.mirror.primary.PrimaryVolume;
import norikae.mirror.state.ReplicaState;
import norikae.mirror.store.Generation;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server that died comes back with writes that its successor never heard of. */
class ReturningCopiesTest {

    @SuppressWarnings("NullAway.Init")
    private TwoKeepers two;

    @BeforeEach
    void begin(@TempDir Path folder) throws Exception {
        two = new TwoKeepers(folder);
        two.create(16 * MIB, ReplicationMode.SYNC, null);
        two.awaitWhole(B);
        TwoKeepers.write(two.awaitWritten(A), 0, 1);
    }

    @AfterEach
    void end() throws IOException {
        two.close();
    }

    @Test
    void writesThatNobodyAcknowledgedAreDiscardedWithoutAnOperator() throws Exception {
        two.stop(A);
        two.writeAlone(A, new Epoch(1), 4096, 0x66);
        two.promote(B, false);
        PrimaryVolume successor = two.awaitWritten(B);
        TwoKeepers.write(successor, 8192, 2);

        two.start(A);

        two.awaitWhole(A);
        assertThat(two.compare(successor, A)).isZero();
        assertThat(TwoKeepers.read(successor, 4096)).isZero();
        TwoKeepers.await("the log tells of it", () -> two.log.latestKnown().events().stream()
                .anyMatch(e -> e.kind().equals("volume-discarded")
                        && e.text().contains("on node-a has writes of generation")));
    }

    /** The same when the successor has written nothing yet: then the copy that returns is newer, as far as the mirror can see. */
    @Test
    void aCopyThatSeemsNewerThanItsSuccessorIsJoinedAsWell() throws Exception {
        two.stop(A);
        two.writeAlone(A, new Epoch(1), 4096, 0x66);
        two.promote(B, false);
        PrimaryVolume successor = two.awaitWritten(B);
        two.start(A);
        two.awaitWhole(A);
        assertThat(two.compare(successor, A)).isZero();
    }

    @Test
    void afterALossyPromotionTheCopyWaitsForTheOperatorsChoice() throws Exception {
        two.stop(B);
        PrimaryVolume first = two.keeper(A).written(DATA).orElseThrow();
        TwoKeepers.write(first, 4096, 0x66); // acknowledged, for the log has noted that b is behind
        assertThat(two.volume().isWholeOn(B)).isFalse();
        two.stop(A);
        two.promote(B, true);
        two.start(B);
        PrimaryVolume successor = two.awaitWritten(B);
        TwoKeepers.write(successor, 8192, 2);
        two.start(A);
        TwoKeepers.await("a is refused", () -> TwoKeepers.replica(successor).refusal() != null);

        Generation unknown = Objects.requireNonNull(
                Objects.requireNonNull(TwoKeepers.replica(successor).refusal()).unknown());
        assertThat(unknown.epoch()).isEqualTo(new Epoch(1));
        assertThat(unknown.writer()).isEqualTo(A);
        List<String> discards = new ArrayList<>();
        new RefusedCopies((_, text) -> discards.add(text)).look(two.volume(), successor, System.nanoTime());
        assertThat(discards).isEmpty();
        assertThat(TwoKeepers.replica(successor).state()).isEqualTo(ReplicaState.REFUSED);
        assertThat(TwoKeepers.replica(successor).reason()).contains("--discard " + unknown.id());

        successor.resync(A, unknown.id());
        two.awaitWhole(A);
        assertThat(two.compare(successor, A)).isZero();
    }

    /** Else the log would still call a replica whole that the primary, which begins alone, does not wait for. */
    @Test
    void aPrimaryThatBeginsAnewUnderItsOldEpochHasTheLogKnowThatItIsAlone() throws Exception {
        two.stop(A);
        two.stop(B);
        assertThat(two.volume().isWholeOn(B)).isTrue();
        two.start(A);
        PrimaryVolume again = two.awaitWritten(A);
        assertThat(two.volume().isWholeOn(B)).isFalse();
        TwoKeepers.write(again, 4096, 3);
        two.start(B);
        two.awaitWhole(B);
        assertThat(two.compare(again, B)).isZero();
    }
}
