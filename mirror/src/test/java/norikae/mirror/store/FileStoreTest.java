package norikae.mirror.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileStoreTest {

    private static final int MIB = 1 << 20;

    @SuppressWarnings("NullAway.Init")
    @TempDir
    Path directory;

    private FileStore make(long size) throws StoreException {
        Path file = directory.resolve("data");
        FileStore.create(file, size);
        return FileStore.open(file, size);
    }

    private static ByteBuffer random(int bytes, long seed) {
        byte[] content = new byte[bytes];
        new Random(seed).nextBytes(content);
        return ByteBuffer.wrap(content);
    }

    private static ByteBuffer read(BlockStore store, long offset, int bytes) throws StoreException {
        ByteBuffer to = ByteBuffer.allocate(bytes);
        store.read(offset, to);
        return to.flip();
    }

    @Test
    void whatIsWrittenIsRead() throws StoreException {
        try (FileStore store = make(8 * MIB)) {
            store.write(12345, random(100_000, 1));
            assertThat(read(store, 12345, 100_000)).isEqualTo(random(100_000, 1));
            assertThat(read(store, 0, 12345)).isEqualTo(ByteBuffer.allocate(12345));
        }
    }

    @Test
    void aNewVolumeIsAHole() throws StoreException {
        try (FileStore store = make(8 * MIB)) {
            assertThat(store.extents(0, 8 * MIB, 10)).containsExactly(new Extent(0, 8 * MIB, true));
        }
    }

    @Test
    void extentsAreDataAndHolesInOrder() throws StoreException {
        try (FileStore store = make(8 * MIB)) {
            store.write(2 * MIB, random(MIB, 1));
            store.flush();
            assertThat(store.extents(0, 8 * MIB, 10))
                    .containsExactly(
                            new Extent(0, 2 * MIB, true),
                            new Extent(2 * MIB, MIB, false),
                            new Extent(3 * MIB, 5 * MIB, true));
            assertThat(store.extents(2 * MIB + 4096, 4096, 10))
                    .containsExactly(new Extent(2 * MIB + 4096, 4096, false));
            assertThat(store.extents(0, 8 * MIB, 2)).hasSize(2);
        }
    }

    @Test
    void zeroingReleasesRoomOrKeepsIt() throws StoreException {
        try (FileStore store = make(8 * MIB)) {
            store.write(0, random(4 * MIB, 1));
            store.zero(0, MIB, true);
            store.zero(MIB, MIB, false);
            store.flush();
            assertThat(read(store, 0, 2 * MIB)).isEqualTo(ByteBuffer.allocate(2 * MIB));
            assertThat(read(store, 2 * MIB, 4096)).isNotEqualTo(ByteBuffer.allocate(4096));
            assertThat(store.extents(0, 4 * MIB, 10).getFirst()).isEqualTo(new Extent(0, MIB, true));
        }
    }

    @Test
    void zeroingAnyOddRangeTouchesNoNeighbour() throws StoreException {
        try (FileStore store = make(MIB)) {
            store.write(0, random(MIB, 7));
            store.zero(1001, 70_003, true);
            store.zero(200_001, 3, false);
            ByteBuffer expected = random(MIB, 7);
            expected.put(1001, new byte[70_003]).put(200_001, new byte[3]);
            assertThat(read(store, 0, MIB)).isEqualTo(expected);
        }
    }

    @Test
    void aRangeOutsideIsRefusedBeforeAnythingHappens() throws StoreException {
        try (FileStore store = make(MIB)) {
            assertThatThrownBy(() -> store.write(MIB - 1, random(2, 1)))
                    .hasMessageContaining("offset=1048575 bytes=2")
                    .hasMessageContaining("1048576");
            assertThatThrownBy(() -> store.read(-1, ByteBuffer.allocate(1))).isInstanceOf(StoreException.class);
            assertThatThrownBy(() -> store.zero(Long.MAX_VALUE, 2, true)).isInstanceOf(StoreException.class);
            assertThatThrownBy(() -> store.extents(0, Long.MAX_VALUE, 1)).isInstanceOf(StoreException.class);
        }
    }

    @Test
    void aFileOfAnotherSizeIsRefusedWithBothSizes() throws Exception {
        make(MIB).close();
        assertThatThrownBy(() -> FileStore.open(directory.resolve("data"), 2 * MIB))
                .hasMessageContaining("1048576")
                .hasMessageContaining("2097152");
        assertThatThrownBy(() -> FileStore.open(directory.resolve("data"), 512)).isInstanceOf(StoreException.class);
    }

    @Test
    void manyFlushesAtOnceAllReturn() throws Exception {
        try (FileStore store = make(MIB);
                ExecutorService threads = Executors.newFixedThreadPool(8)) {
            List<Future<?>> all = IntStream.range(0, 200)
                    .<Future<?>>mapToObj(i -> threads.submit(() -> {
                        store.write(i * 512L, random(512, i));
                        store.flush();
                        return null;
                    }))
                    .toList();
            for (Future<?> one : all) {
                one.get();
            }
        }
        byte[] content = Files.readAllBytes(directory.resolve("data"));
        assertThat(ByteBuffer.wrap(content, 199 * 512, 512)).isEqualTo(random(512, 199));
    }

    @Test
    void aFullDiskIsNamed() {
        assertThat(StoreException.of("writing", new java.io.IOException("No space left on device"))
                        .kind())
                .isEqualTo(StoreException.Kind.NO_SPACE);
        assertThat(StoreException.of("writing", new java.io.IOException("Input/output error"))
                        .kind())
                .isEqualTo(StoreException.Kind.DISK);
    }
}
