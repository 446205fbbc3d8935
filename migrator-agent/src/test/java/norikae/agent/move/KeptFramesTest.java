package norikae.agent.move;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KeptFramesTest {

    @Test
    void readsFramesInTheirOrder() throws IOException {
        ByteBuffer content = ByteBuffer.allocate(100)
                .putInt(3)
                .put(new byte[] {1, 2, 3})
                .putInt(0)
                .putInt(1)
                .put((byte) 4)
                .flip();
        assertThat(KeptFrames.decode(content)).containsExactly(new byte[] {1, 2, 3}, new byte[0], new byte[] {4});
        assertThat(KeptFrames.decode(ByteBuffer.allocate(0))).isEmpty();
    }

    @Test
    void refusesLengthsThatCannotBeBeforeItMakesRoomForThem() {
        for (int length : new int[] {-1, 5, Integer.MAX_VALUE}) {
            ByteBuffer content = ByteBuffer.allocate(8).putInt(length).putInt(7).flip();
            assertThatThrownBy(() -> KeptFrames.decode(content))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining(KeptFrames.FILE)
                    .hasMessageContaining(" " + length + " bytes")
                    .hasMessageContaining("offset 4 of 8");
        }
        assertThatThrownBy(() -> KeptFrames.decode(ByteBuffer.allocate(3))).hasMessageContaining("of 3");
    }

    @Test
    void aDamagedFileCostsTimeAndNotTheMove(@TempDir Path images) throws IOException {
        Files.write(images.resolve(KeptFrames.FILE), new byte[] {1, 2, 3});
        assertThat(KeptFrames.NONE.after(images)).isSameAs(KeptFrames.NONE);
        assertThat(KeptFrames.NONE.encode().remaining()).isZero();
    }
}
