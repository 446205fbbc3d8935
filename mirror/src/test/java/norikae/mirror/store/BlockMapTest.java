package norikae.mirror.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BlockMapTest {

    private static final long BLOCK = 64 * 1024;

    @SuppressWarnings("NullAway.Init")
    @TempDir
    Path directory;

    private BlockMap open(long blocks) throws StoreException {
        return BlockMap.open(directory.resolve("map"), blocks * BLOCK, BLOCK, false);
    }

    @Test
    void marksCoverEveryBlockThatARangeTouches() throws StoreException {
        try (BlockMap map = open(100)) {
            assertThat(map.mark(BLOCK - 1, 2)).isTrue();
            assertThat(map.mark(0, 2 * BLOCK)).isFalse();
            assertThat(map.mark(99 * BLOCK, BLOCK)).isTrue();
            assertThat(map.marked()).isEqualTo(3);
            assertThat(map.nextMarked(2)).isEqualTo(99);
            assertThat(map.nextUnmarked(99)).isEqualTo(100);
            map.clear(0, 1);
            assertThat(map.isMarked(0)).isFalse();
            assertThat(map.isMarked(1)).isTrue();
        }
    }

    @Test
    void whatWasSavedIsThereAfterACrashAndWhatWasNotIsNot() throws StoreException {
        BlockMap map = open(10_000);
        map.mark(7 * BLOCK, 1);
        map.mark(9_999 * BLOCK, 1);
        map.save();
        map.mark(8 * BLOCK, 1);
        map.abandon();
        try (BlockMap again = open(10_000)) {
            assertThat(again.wasDamaged()).isFalse();
            assertThat(again.marked()).isEqualTo(2);
            assertThat(again.isMarked(7)).isTrue();
            assertThat(again.isMarked(9_999)).isTrue();
        }
    }

    @Test
    void aDamagedSectorCountsAsChangedAndTheOthersAreKept() throws Exception {
        open(10_000).close();
        try (RandomAccessFile file =
                new RandomAccessFile(directory.resolve("map").toFile(), "rw")) {
            file.seek(2 * BlockMap.SECTOR_BYTES + 17);
            file.write(1);
        }
        try (BlockMap map = open(10_000)) {
            assertThat(map.wasDamaged()).isTrue();
            assertThat(map.marked()).isEqualTo(BlockMap.SECTOR_BITS);
            assertThat(map.nextMarked(0)).isEqualTo(BlockMap.SECTOR_BITS);
        }
        try (BlockMap map = open(10_000)) {
            assertThat(map.wasDamaged()).as("repaired when it was closed").isFalse();
            assertThat(map.marked()).isEqualTo(BlockMap.SECTOR_BITS);
        }
    }

    @Test
    void aTruncatedFileOrOneOfAnotherVolumeCountsAsAllChanged() throws Exception {
        open(10_000).close();
        try (RandomAccessFile file =
                new RandomAccessFile(directory.resolve("map").toFile(), "rw")) {
            file.setLength(700);
        }
        try (BlockMap map = open(10_000)) {
            assertThat(map.marked()).isEqualTo(10_000);
        }
        try (BlockMap map = open(20_000)) {
            assertThat(map.wasDamaged()).isTrue();
            assertThat(map.marked()).isEqualTo(20_000);
            assertThat(map.markedBytes()).isEqualTo(20_000 * BLOCK);
        }
    }

    @Test
    void theLastBlockMayBeShort() throws StoreException {
        try (BlockMap map = BlockMap.open(directory.resolve("odd"), BLOCK + 512, BLOCK, true)) {
            assertThat(map.blocks()).isEqualTo(2);
            assertThat(map.markedBytes()).isEqualTo(BLOCK + 512);
        }
    }

    @Test
    void theActivityLogIsOnDiskBeforeTheWriteAndIsForgottenWhenSettled() throws StoreException {
        long size = 64 * ActivityLog.REGION_BYTES;
        ActivityLog log = ActivityLog.open(directory.resolve("activity"), size);
        log.enter(5 * ActivityLog.REGION_BYTES - 1, 2);
        log.leave(5 * ActivityLog.REGION_BYTES - 1, 2, 10);
        log.enter(40 * ActivityLog.REGION_BYTES, 1);
        log.leave(40 * ActivityLog.REGION_BYTES, 1, 11);
        log.settle(10);
        assertThat(log.activeBytes()).isEqualTo(ActivityLog.REGION_BYTES);
        log.abandon(); // the file still has all three, which is allowed
        try (ActivityLog again = ActivityLog.open(directory.resolve("activity"), size);
                BlockMap differs = BlockMap.open(directory.resolve("map"), size, BLOCK, false)) {
            assertThat(again.activeBytes()).isEqualTo(3 * ActivityLog.REGION_BYTES);
            again.moveInto(List.of(differs));
            assertThat(again.activeBytes()).isZero();
            assertThat(differs.markedBytes()).isEqualTo(3 * ActivityLog.REGION_BYTES);
        }
    }

    @Test
    void aRegionWithAWriterInsideIsNotSettled() throws StoreException {
        try (ActivityLog log = ActivityLog.open(directory.resolve("activity"), 64 * ActivityLog.REGION_BYTES)) {
            log.enter(0, 1);
            log.settle(Long.MAX_VALUE);
            assertThat(log.activeBytes()).isEqualTo(ActivityLog.REGION_BYTES);
            log.leave(0, 1, 3);
            log.settle(2);
            assertThat(log.activeBytes()).isEqualTo(ActivityLog.REGION_BYTES);
            log.settle(3);
            assertThat(log.activeBytes()).isZero();
        }
    }
}
