package norikae.agent.volume;

import static norikae.agent.volume.TwoKeepers.A;
import static norikae.agent.volume.TwoKeepers.B;
import static norikae.agent.volume.TwoKeepers.DATA;
import static norikae.agent.volume.TwoKeepers.MIB;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import norikae.failover.model.NodeId;
import norikae.failover.model.ReplicationMode;
import norikae.failover.model.VolumeName;
import norikae.mirror.primary.PrimaryVolume;
import norikae.mirror.store.VolumeDirectory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an agent finds at its start when files of a copy are damaged, gone or another volume's. */
class DamagedCopiesTest {

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

    private Path file(NodeId node, String name) {
        return two.directory(node).resolve(name);
    }

    private void awaitComplaint(NodeId node, String... parts) throws Exception {
        TwoKeepers.await("a complaint", () -> two.keeper(node).complaint(DATA).isPresent());
        assertThat(two.keeper(node).complaint(DATA).orElseThrow()).contains(parts);
    }

    private static void spoil(Path file) throws IOException {
        byte[] content = Files.readAllBytes(file);
        content[content.length / 2] ^= 1;
        Files.write(file, content);
    }

    @Test
    void aReplicaWithADamagedRecordIsNotOpenedUntilItsDirectoryIsMovedAwayAndThenMadeAnew() throws Exception {
        two.stop(B);
        spoil(file(B, "volume.record"));
        two.start(B);
        awaitComplaint(B, file(B, "volume.record").toString(), "checksum");
        PrimaryVolume primary = two.awaitWritten(A);
        TwoKeepers.write(primary, 8192, 2);
        TwoKeepers.await(
                "its primary tells of it",
                () -> TwoKeepers.replica(primary).reason().contains("cannot be opened on node-b"));

        Files.move(two.directory(B), two.directory(B).resolveSibling("aside"));
        two.awaitWhole(B);
        assertThat(two.compare(primary, B)).isZero();
        assertThat(two.keeper(B).complaint(DATA)).isEmpty();
    }

    @Test
    void aPrimaryWithADamagedRecordWritesNothing() throws Exception {
        two.stop(A);
        spoil(file(A, "volume.record"));
        two.start(A);
        awaitComplaint(A, file(A, "volume.record").toString(), "make it anew from another");
        assertThat(two.keeper(A).written(DATA)).isEmpty();
    }

    @Test
    void damagedMapsCostACompleteComparisonAndNothingElse() throws Exception {
        two.stop(A);
        Files.write(file(A, "activity.map"), new byte[100]);
        Files.write(file(A, "differs-node-b.map"), new byte[] {1, 2, 3});
        two.start(A);
        PrimaryVolume again = two.awaitWritten(A);
        two.awaitWhole(B);
        assertThat(two.compare(again, B)).isZero();
        assertThat(TwoKeepers.read(again, 0)).isEqualTo(1);
    }

    /** Its primary may be lost for good; then this copy would be the only one with all writes, and an empty one the end of them. */
    @Test
    void aCopyThatIsGoneIsNotReplacedWhileTheLogCountsOnIt() throws Exception {
        two.stop(A);
        two.stop(B);
        assertThat(two.volume().isWholeOn(B)).isTrue();
        Path aside = two.directory(B).resolveSibling("aside");
        Files.move(two.directory(B), aside);
        two.start(B);
        awaitComplaint(B, two.directory(B) + " is gone", "bring it back");
        assertThat(two.directory(B)).doesNotExist();

        Files.move(aside, two.directory(B));
        two.promote(B, false);
        assertThat(TwoKeepers.read(two.awaitWritten(B), 0)).isEqualTo(1);
    }

    /** As it is made anew and its primary is lost before it has filled it. */
    @Test
    void aCopyThatWasMadeAnewAndNeverFilledIsNotWritten() throws Exception {
        two.stop(B);
        TwoKeepers.write(two.awaitWritten(A), 4096, 2);
        two.stop(A);
        Files.move(two.directory(B), two.directory(B).resolveSibling("aside"));
        two.start(B);
        TwoKeepers.await("it is made anew", () -> Files.exists(file(B, "volume.record")));
        two.promote(B, true);
        awaitComplaint(B, "is no state of the volume");
        assertThat(two.keeper(B).written(DATA)).isEmpty();
    }

    @Test
    void aDirectoryOfAnotherVolumeOfThatNameIsRefused() throws Exception {
        two.stop(B);
        Files.move(two.directory(B), two.directory(B).resolveSibling("aside"));
        VolumeDirectory.create(two.directory(B), DATA, UUID.randomUUID(), 16 * MIB);
        two.start(B);
        awaitComplaint(B, "but the log says " + two.id, "move the directory away");
        assertThatThrownBy(() -> two.keeper(B).prepare(DATA, two.id, 16 * MIB, null, false))
                .hasMessageContaining("another volume");
    }

    @Test
    void copiesOfImpossibleSizesAreNotMade() {
        VolumeName other = new VolumeName("other");
        assertThatThrownBy(() -> two.keeper(B).prepare(other, two.id, 1000, null, false))
                .hasMessageContaining("multiple of 512");
        assertThatThrownBy(() -> two.keeper(B).prepare(other, two.id, 0, null, false))
                .hasMessageContaining("multiple of 512");
        assertThat(two.directory(B).resolveSibling("other")).doesNotExist();
    }
}
