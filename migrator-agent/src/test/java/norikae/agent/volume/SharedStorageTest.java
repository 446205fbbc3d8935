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
import norikae.failover.model.VolumeName;
import norikae.mirror.primary.PrimaryVolume;
import norikae.mirror.store.StoreException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One copy that two servers reach. */
class SharedStorageTest {

    @SuppressWarnings("NullAway.Init")
    private TwoKeepers two;

    @BeforeEach
    void begin(@TempDir Path folder) throws Exception {
        two = new TwoKeepers(folder);
        two.createShared(16 * MIB);
        TwoKeepers.write(two.awaitWritten(A), 4096, 1);
    }

    @AfterEach
    void end() throws IOException {
        two.close();
    }

    @Test
    void itIsHandedOverAndTheOtherHasEveryWriteWithoutAnyBeingSent() throws Exception {
        assertThat(two.awaitWritten(A).status()).as("replicas").isEmpty();
        assertThat(two.keeper(A).handOver(DATA, two.volume().epoch(), null)).isEmpty();
        two.promote(B, false);
        assertThat(TwoKeepers.read(two.awaitWritten(B), 4096)).isEqualTo(1);
        assertThat(two.keeper(A).written(DATA)).isEmpty();
        assertThat(two.keeper(A).complaint(DATA)).isEmpty();
    }

    @Test
    void itGoesOnWhereTheFirstOneDied() throws Exception {
        two.stop(A);
        two.promote(B, false);
        PrimaryVolume successor = two.awaitWritten(B);
        assertThat(TwoKeepers.read(successor, 4096)).isEqualTo(1);
        TwoKeepers.write(successor, 8192, 2);

        two.start(A); // which must not touch it
        two.stop(B);
        two.promote(A, false);
        assertThat(TwoKeepers.read(two.awaitWritten(A), 8192)).isEqualTo(2);
    }

    /** The log says that it has stopped, and it has not: the storage's locks keep the other waiting until it lets go. */
    @Test
    void whoHearsThatAnotherWritesItStopsBeforeThatOneBegins() throws Exception {
        PrimaryVolume first = two.awaitWritten(A);
        two.promote(B, false);
        PrimaryVolume successor = two.awaitWritten(B);
        assertThatThrownBy(() -> TwoKeepers.write(first, 4096, 7)).hasMessageContaining("no longer writes");
        assertThat(TwoKeepers.read(successor, 4096)).isEqualTo(1);
    }

    /** It would be made on the directory below, and taken for the one on the storage. */
    @Test
    void aCopyIsNotMadeAnewWhereItsStorageIsNotMounted() throws Exception {
        two.stop(A);
        Path mounted = two.storage();
        Files.move(mounted, mounted.resolveSibling("elsewhere"));
        two.promote(B, false);
        TwoKeepers.await("b says so", () -> two.keeper(B).complaint(DATA).isPresent());
        assertThat(two.keeper(B).complaint(DATA).orElseThrow())
                .contains("shared storage san1")
                .contains("is not mounted on " + mounted);
        assertThat(mounted).doesNotExist();

        Files.move(mounted.resolveSibling("elsewhere"), mounted);
        assertThat(TwoKeepers.read(two.awaitWritten(B), 4096)).isEqualTo(1);
    }

    @Test
    void aNodeThatDoesNotSeeTheCopyOrTheStorageSaysSoBeforeTheVolumeIsMade() {
        VolumeName other = new VolumeName("other");
        assertThatThrownBy(() -> two.keeper(B).prepare(other, UUID.randomUUID(), MIB, TwoKeepers.SAN, true))
                .isInstanceOf(StoreException.class)
                .hasMessageContaining("node-b does not see the copy of volume other");
        assertThatThrownBy(() -> two.keeper(B).prepare(other, UUID.randomUUID(), MIB, "san2", false))
                .hasMessageContaining("this node has only [san1]: write \"sharedStorage\"");
    }
}
