package norikae.mirror.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import norikae.failover.model.Epoch;
import norikae.failover.model.NodeId;
import norikae.failover.model.VolumeName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VolumeDirectoryTest {

    private static final UUID ID = UUID.randomUUID();

    @SuppressWarnings("NullAway.Init")
    @TempDir
    Path parent;

    private Path make() throws StoreException {
        Path directory = parent.resolve("orders");
        VolumeDirectory.create(directory, new VolumeName("orders"), ID, 1 << 20);
        return directory;
    }

    @Test
    void theRecordComesBackAsItWasWritten() throws StoreException {
        Path directory = make();
        VolumeRecord written;
        try (VolumeDirectory volume = VolumeDirectory.open(directory)) {
            assertThat(volume.record().condition()).isEqualTo(Condition.FRESH);
            written = volume.update(r -> r.begin(new Epoch(4), new NodeId("node-a"))
                    .begin(new Epoch(9), new NodeId("node-b"))
                    .withPrimary(true));
        }
        try (VolumeDirectory volume = VolumeDirectory.open(directory)) {
            assertThat(volume.record()).isEqualTo(written);
            assertThat(volume.record().epoch()).isEqualTo(9);
            assertThat(volume.record().newest().orElseThrow().writer()).isEqualTo(new NodeId("node-b"));
        }
    }

    @Test
    void everyDamagedByteOfTheRecordIsFound() throws Exception {
        Path directory = make();
        Path record = directory.resolve("volume.record");
        byte[] good = Files.readAllBytes(record);
        for (int i = 0; i < good.length; i++) {
            byte[] bad = good.clone();
            bad[i] ^= 1;
            Files.write(record, bad);
            assertThatThrownBy(() -> VolumeDirectory.open(directory))
                    .as("byte %d", i)
                    .isInstanceOf(StoreException.class)
                    .hasMessageContaining(record.toString())
                    .hasMessageContaining("make it anew");
        }
        Files.write(record, new byte[0]);
        assertThatThrownBy(() -> VolumeDirectory.open(directory)).hasMessageContaining("does not begin with");
    }

    @Test
    void onlyOneMayHaveItOpen() throws StoreException {
        Path directory = make();
        try (VolumeDirectory volume = VolumeDirectory.open(directory)) {
            assertThat(volume.record().size()).isEqualTo(1 << 20);
            assertThatThrownBy(() -> VolumeDirectory.open(directory)).hasMessageContaining("is open in another");
        }
        VolumeDirectory.open(directory).close();
    }

    @Test
    void aVolumeIsNeverMadeOverAnother() throws StoreException {
        make();
        assertThatThrownBy(this::make).hasMessageContaining("holds a volume already");
    }

    @Test
    void oldGenerationsAreForgottenInTheEnd() throws StoreException {
        try (VolumeDirectory volume = VolumeDirectory.open(make())) {
            for (int i = 1; i <= VolumeRecord.GENERATIONS_MAX + 5; i++) {
                Epoch epoch = new Epoch(i);
                volume.update(r -> r.begin(epoch, new NodeId("node-a")));
            }
            assertThat(volume.record().generations()).hasSize(VolumeRecord.GENERATIONS_MAX);
        }
    }

    @Test
    void impossibleSizesAreRefused() {
        assertThatThrownBy(() -> VolumeDirectory.create(parent.resolve("x"), new VolumeName("x"), ID, 1000))
                .hasMessageContaining("1000")
                .hasMessageContaining("512");
    }
}
