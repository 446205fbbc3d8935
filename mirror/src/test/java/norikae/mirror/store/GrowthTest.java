package norikae.mirror.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import norikae.failover.model.Epoch;
import norikae.failover.model.NodeId;
import norikae.failover.model.VolumeName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A copy that becomes larger, and is interrupted while it does. */
class GrowthTest {

    private static final UUID ID = UUID.randomUUID();
    private static final NodeId B = new NodeId("b");
    private static final NodeId C = new NodeId("c");
    private static final long OLD = (8 << 20) + 512; // not a multiple of what one bit stands for
    private static final long NEW = 1L << 30;

    @SuppressWarnings("NullAway.Init")
    @TempDir
    Path parent;

    /** With the last old sector written, a map of b with two marked blocks, one of c with all, and an active region. */
    private Path make(String name) throws StoreException {
        Path path = parent.resolve(name);
        VolumeDirectory.create(path, new VolumeName(name), ID, OLD);
        try (VolumeDirectory volume = VolumeDirectory.open(path)) {
            volume.update(r -> r.begin(new Epoch(1), new NodeId("a")));
            try (BlockStore store = volume.openBlocks()) {
                store.write(OLD - 512, ByteBuffer.allocate(512).put(0, (byte) 7));
                store.flush();
            }
            try (BlockMap b = volume.openDiffers(B, false)) {
                b.mark(3 * VolumeDirectory.DIFFERS_BLOCK_BYTES, 1);
                b.mark(OLD - 1, 1);
            }
            volume.openDiffers(C, true).close();
            ActivityLog activity = volume.openActivity();
            activity.enter(0, 512);
            activity.abandon();
        }
        return path;
    }

    private static void assertGrown(Path path) throws StoreException {
        try (VolumeDirectory volume = VolumeDirectory.open(path)) {
            assertThat(volume.record().size()).isEqualTo(NEW);
            assertThat(volume.record().newest()).isPresent();
            try (BlockStore store = volume.openBlocks()) {
                ByteBuffer content = ByteBuffer.allocate(1024);
                store.read(OLD - 512, content);
                assertThat(content.get(0)).isEqualTo((byte) 7);
                assertThat(content.array()).containsOnly(7, 0);
                assertThat(store.extents(OLD + (64 << 10), NEW - OLD - (64 << 10), 8))
                        .allMatch(Extent::hole);
            }
            try (BlockMap b = volume.openDiffers(B, true)) {
                assertThat(b.wasDamaged()).isFalse();
                assertThat(b.marked()).isEqualTo(2);
                assertThat(b.isMarked(3)).isTrue();
            }
            try (BlockMap c = volume.openDiffers(C, false)) {
                assertThat(c.wasDamaged()).isFalse();
                assertThat(c.nextUnmarked(0)).isEqualTo(129);
                assertThat(c.nextMarked(129)).isEqualTo(-1);
            }
            ActivityLog activity = volume.openActivity();
            assertThat(activity.activeBytes()).isEqualTo(ActivityLog.REGION_BYTES);
            activity.abandon();
        }
    }

    @Test
    void whatWasThereStaysAndWhatIsNewIsZerosAndEqual() throws Exception {
        Path path = make("orders");
        try (VolumeDirectory volume = VolumeDirectory.open(path)) {
            volume.grow(NEW);
            volume.grow(NEW);
        }
        assertGrown(path);
    }

    @Test
    void interruptedBeforeAnyStepItIsDoneOnceMore() throws Exception {
        List<String> steps = new ArrayList<>();
        try (VolumeDirectory volume = VolumeDirectory.open(make("count"))) {
            volume.grow(NEW, steps::add);
        }
        assertThat(steps).containsExactly("data", "activity", "map", "map", "record");
        for (int interrupted = 0; interrupted < steps.size(); interrupted++) {
            Path path = make("orders-" + interrupted);
            int[] left = {interrupted};
            try (VolumeDirectory volume = VolumeDirectory.open(path)) {
                assertThatThrownBy(() -> volume.grow(NEW, step -> {
                            if (left[0]-- == 0) {
                                throw new StoreException(StoreException.Kind.DISK, "power cut before " + step);
                            }
                        }))
                        .hasMessageContaining("power cut");
                assertThat(volume.record().size()).isEqualTo(OLD);
            }
            try (VolumeDirectory volume = VolumeDirectory.open(path)) {
                volume.grow(NEW);
            }
            assertGrown(path);
        }
    }

    /** Of an attempt to make it larger that did not get as far as the record. */
    @Test
    void whatLiesBeyondTheOldEndIsNotBelieved() throws Exception {
        Path path = make("orders");
        try (java.io.RandomAccessFile file =
                new java.io.RandomAccessFile(path.resolve("data").toFile(), "rw")) {
            file.seek(OLD);
            file.write(new byte[] {1, 2, 3});
        }
        try (VolumeDirectory volume = VolumeDirectory.open(path)) {
            volume.grow(NEW);
        }
        assertGrown(path);
    }

    @Test
    void whatCannotGrowSaysWhyAndIsLeftAlone() throws Exception {
        Path path = make("orders");
        try (VolumeDirectory volume = VolumeDirectory.open(path)) {
            assertThatThrownBy(() -> volume.grow(OLD - 512)).hasMessageContaining("cannot shrink");
            assertThatThrownBy(() -> volume.grow(NEW + 1)).hasMessageContaining("multiple of 512");
            VolumeDirectory.requireRoom(path, ID, NEW); // also while it is open
            assertThatThrownBy(() -> VolumeDirectory.requireRoom(path, UUID.randomUUID(), NEW))
                    .hasMessageContaining("move the directory away");
        }
        Files.delete(path.resolve("data"));
        try (VolumeDirectory volume = VolumeDirectory.open(path)) {
            assertThatThrownBy(() -> volume.grow(NEW))
                    .hasMessageContaining(path.resolve("data").toString());
            assertThat(volume.record().size()).isEqualTo(OLD);
        }
    }

    @Test
    void aFileThatIsTooLongIsNotCut() throws Exception {
        Path path = make("orders");
        try (java.io.RandomAccessFile file =
                new java.io.RandomAccessFile(path.resolve("data").toFile(), "rw")) {
            file.setLength(NEW + 512);
        }
        try (VolumeDirectory volume = VolumeDirectory.open(path)) {
            assertThatThrownBy(() -> volume.grow(NEW)).hasMessageContaining("put the right file in its place");
        }
        assertThat(Files.size(path.resolve("data"))).isEqualTo(NEW + 512);
    }
}
