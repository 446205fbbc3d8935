package norikae.mirror.primary;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import norikae.failover.model.ReplicationMode;
import norikae.mirror.BlockDevice;
import norikae.mirror.replica.ProvisionalVolume;
import norikae.mirror.state.ReplicaState;
import norikae.mirror.store.StoreException;
import norikae.mirror.testing.Await;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A volume that is used on its replica's node before it is handed over, or not. */
class ProvisionalVolumeTest {

    private static final long SIZE = (1 << 20) + 512;

    private Pair pair;
    private Path file;

    @BeforeEach
    void together(@TempDir Path folder) throws Exception {
        pair = new Pair(folder, SIZE);
        pair.together(ReplicationMode.SYNC);
        file = folder.resolve("written");
        write(pair.primary(), 0, bytes(8192, 'a'));
        assertThat(pair.primary().settle(Pair.B, Pair.SILENCE)).isTrue();
        pair.replica().holdStill();
    }

    @AfterEach
    void close() throws Exception {
        pair.close();
    }

    @Test
    void whatIsWrittenIsReadAgainAndTheCopyStaysAsItWas() throws Exception {
        try (ProvisionalVolume volume = ProvisionalVolume.open(pair.replica(), file)) {
            write(volume, 1000, bytes(4000, 'b'));
            write(volume, SIZE - 100, bytes(100, 'c'));
            zero(volume, 200, 300);
            byte[] expected = bytes((int) SIZE, '\0');
            Arrays.fill(expected, 0, 8192, (byte) 'a');
            Arrays.fill(expected, 1000, 5000, (byte) 'b');
            Arrays.fill(expected, (int) SIZE - 100, (int) SIZE, (byte) 'c');
            Arrays.fill(expected, 200, 500, (byte) 0);
            assertThat(read(volume, 0, (int) SIZE)).isEqualTo(expected);
            assertThat(read(volume, 900, 200)).isEqualTo(Arrays.copyOfRange(expected, 900, 1100));
            ByteBuffer below = ByteBuffer.allocate(8192);
            pair.replica().readStill(0, below);
            assertThat(below.array()).isEqualTo(bytes(8192, 'a'));
        }
    }

    @Test
    void itIsWrittenInEarnestWhenTheVolumeIsHandedOverAlsoIfThatIsInterrupted() throws Exception {
        try (ProvisionalVolume volume = ProvisionalVolume.open(pair.replica(), file)) {
            write(volume, 4096, bytes(4096, 'x'));
            Pair.ask(volume::flush).get();
            write(volume, 4096, bytes(4096, 'y'));
        }
        pair.closePrimary();
        pair.closeReplica();
        PrimaryVolume primary = pair.openPrimary(Pair.B, 2, ReplicationMode.SYNC);
        ProvisionalVolume.replay(file, primary);
        ProvisionalVolume.replay(file, primary);
        assertThat(read(primary, 0, 8192)).startsWith(bytes(4096, 'a')).endsWith(bytes(4096, 'y'));
    }

    @Test
    void aRecordThatACrashHasCutOffIsTheEndAndOneThatIsDamagedIsAnError() throws Exception {
        try (ProvisionalVolume volume = ProvisionalVolume.open(pair.replica(), file)) {
            write(volume, 0, bytes(4096, '1'));
            write(volume, 4096, bytes(4096, '2'));
        }
        pair.closePrimary();
        pair.closeReplica();
        PrimaryVolume primary = pair.openPrimary(Pair.B, 2, ReplicationMode.SYNC);
        byte[] whole = Files.readAllBytes(file);
        Files.write(file, Arrays.copyOf(whole, whole.length - 1));
        ProvisionalVolume.replay(file, primary);
        assertThat(read(primary, 0, 8192)).startsWith(bytes(4096, '1')).endsWith(bytes(4096, 'a'));
        whole[5000] ^= 1;
        Files.write(file, whole, StandardOpenOption.TRUNCATE_EXISTING);
        assertThatThrownBy(() -> ProvisionalVolume.replay(file, primary))
                .isInstanceOf(StoreException.class)
                .hasMessageContaining(file.toString())
                .hasMessageContaining("damaged");
    }

    @Test
    void aPrimaryThatWritesOnMeanwhileIsHungUpOnAndSoLearnsThatTheCopyIsBehind() throws Exception {
        write(pair.primary(), 0, bytes(512, 'z'));
        ByteBuffer still = ByteBuffer.allocate(512);
        pair.replica().readStill(0, still);
        assertThat(still.array()).isEqualTo(bytes(512, 'a'));
        pair.replica().goOn();
        pair.awaitState(ReplicaState.STREAMING);
        Await.until(
                "the copy has it",
                () -> pair.replica().applied() >= pair.primary().written());
        assertThatThrownBy(() -> pair.replica().readStill(0, ByteBuffer.allocate(512)))
                .hasMessageContaining("being written");
    }

    @Test
    void moreThanAMountWouldWriteIsRefused() throws Exception {
        try (ProvisionalVolume volume = ProvisionalVolume.open(pair.replica(), file)) {
            byte[] megabyte = bytes(1 << 20, 'm');
            assertThatThrownBy(() -> {
                        for (int i = 0; i < 65; i++) {
                            write(volume, 0, megabyte);
                        }
                    })
                    .hasMessageContaining("before it was handed over");
        }
    }

    private static byte[] bytes(int count, char value) {
        byte[] bytes = new byte[count];
        Arrays.fill(bytes, (byte) value);
        return bytes;
    }

    private static void write(BlockDevice to, long offset, byte[] bytes) throws Exception {
        Pair.ask(done -> to.write(offset, Unpooled.wrappedBuffer(bytes), false, done))
                .get();
    }

    private static void zero(BlockDevice to, long offset, long bytes) throws Exception {
        Pair.ask(done -> to.zero(offset, bytes, true, false, done)).get();
    }

    private static byte[] read(BlockDevice from, long offset, int bytes) throws Exception {
        ByteBuffer to = ByteBuffer.allocate(bytes);
        from.read(offset, to);
        return to.array();
    }
}
