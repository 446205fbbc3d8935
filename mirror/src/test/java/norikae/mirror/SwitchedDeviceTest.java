package norikae.mirror;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import norikae.failover.model.VolumeName;
import norikae.mirror.store.StoreException;
import norikae.mirror.store.VolumeDirectory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is behind a disk changes, and its user does not notice. */
class SwitchedDeviceTest {

    private static final long SIZE = 8192;
    private static final Duration SOON = Duration.ofMillis(50);

    private BlockDevice first;
    private BlockDevice second;
    private final SwitchedDevice device = new SwitchedDevice(SIZE);

    @BeforeEach
    void disks(@TempDir Path folder) throws Exception {
        first = disk(folder, "first");
        second = disk(folder, "second");
    }

    @AfterEach
    void close() throws Exception {
        for (BlockDevice disk : List.of(first, second)) {
            ((LocalVolume) disk).store().close();
        }
    }

    private static BlockDevice disk(Path folder, String name) throws StoreException {
        VolumeDirectory.create(folder.resolve(name), new VolumeName(name), UUID.randomUUID(), SIZE);
        try (VolumeDirectory directory = VolumeDirectory.open(folder.resolve(name))) {
            return new LocalVolume(directory.openBlocks(), false);
        }
    }

    @Test
    void requestsWaitWhileItIsHeldAndThenReachWhatIsNewBehindIt() throws Exception {
        device.goOn(first);
        write('1');
        device.hold(SOON);
        CompletableFuture<Void> waiting = CompletableFuture.runAsync(() -> write('2'));
        assertThat(device.isHeld()).isTrue();
        assertThat(waiting).isNotDone();
        device.goOn(second);
        waiting.get(10, TimeUnit.SECONDS);
        assertThat(firstByte(first)).isEqualTo((byte) '1');
        assertThat(firstByte(second)).isEqualTo((byte) '2');
    }

    @Test
    void holdingWaitsForWhatIsUnderWayAndGoesOnAsBeforeIfThatDoesNotEnd() throws Exception {
        CompletableFuture<Completion> stuck = new CompletableFuture<>();
        device.goOn(new BlockDevice() {
            @Override
            public long size() {
                return SIZE;
            }

            @Override
            public boolean readOnly() {
                return false;
            }

            @Override
            public void read(long offset, ByteBuffer to) throws StoreException {
                first.read(offset, to);
            }

            @Override
            public void write(long offset, ByteBuf data, boolean fua, Completion completion) {
                stuck.complete(completion);
            }

            @Override
            public void zero(long offset, long bytes, boolean release, boolean fua, Completion completion) {
                completion.done(null);
            }

            @Override
            public void flush(Completion completion) {
                completion.done(null);
            }

            @Override
            public List<norikae.mirror.store.Extent> extents(long offset, long bytes, int limit) throws StoreException {
                return first.extents(offset, bytes, limit);
            }
        });
        CompletableFuture<Void> writing = CompletableFuture.runAsync(() -> write('1'));
        Completion completion = stuck.get(10, TimeUnit.SECONDS);
        assertThatThrownBy(() -> device.hold(SOON)).hasMessageContaining("1 requests are still under way");
        assertThat(firstByte(device)).isZero(); // it serves on
        completion.done(null);
        writing.get(10, TimeUnit.SECONDS);
        device.hold(SOON);
        assertThat(device.isHeld()).isTrue();
    }

    @Test
    void onceItHasEndedWhoeverWaitedAndWhoeverComesIsToldWhy() throws Exception {
        CompletableFuture<Void> waiting = CompletableFuture.runAsync(() -> write('1'));
        device.end(new StoreException(StoreException.Kind.FENCED, "another node writes it"));
        assertThatThrownBy(() -> waiting.get(10, TimeUnit.SECONDS)).hasMessageContaining("another node writes it");
        assertThatThrownBy(() -> firstByte(device)).hasMessageContaining("another node writes it");
    }

    @Test
    void whoeverAttachesItBeforeAnythingWasServedNeedNotWaitForTheFlush() throws Exception {
        CompletableFuture<Void> flushed = new CompletableFuture<>();
        device.flush(failure -> flushed.complete(null));
        flushed.get(10, TimeUnit.SECONDS);
    }

    private void write(char value) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        device.write(0, Unpooled.wrappedBuffer(new byte[] {(byte) value}), false, failure -> {
            if (failure == null) {
                done.complete(null);
            } else {
                done.completeExceptionally(failure);
            }
        });
        done.join();
    }

    private static byte firstByte(BlockDevice disk) throws StoreException {
        ByteBuffer one = ByteBuffer.allocate(1);
        disk.read(0, one);
        return one.get(0);
    }
}
