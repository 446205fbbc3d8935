package norikae.agent.move;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import norikae.transfer.memory.PageStore;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RemainderFileTest {

    private static final long STACK = 0x7ffd_1234_5000L;

    private final Path images;

    @AutoClose
    private final PageStore store = new PageStore("remainder", 1 << 20);

    RemainderFileTest(@TempDir Path images) {
        this.images = images;
    }

    private void write(long process, long start, long pages) throws IOException {
        Files.write(
                images.resolve("remainder.img"),
                ByteBuffer.allocate(3 * Long.BYTES)
                        .putLong(process)
                        .putLong(start)
                        .putLong(pages)
                        .array());
    }

    @Test
    void aMoveThatSendsAllPagesHasNoList() throws Exception {
        assertThat(RemainderFile.promise(images, store)).isFalse();
    }

    @Test
    void pagesFromEverywhereInAnAddressSpaceMayStayBehind() throws Exception {
        write(1, 0x1000, 1);
        assertThat(RemainderFile.promise(images, store)).isTrue();
        write(7, STACK, 3);
        assertThat(RemainderFile.promise(images, store)).isTrue();
    }

    @ParameterizedTest
    @CsvSource({"4097, 1", "-4096, 1", "4096, 0", "4096, -1", "4096, 9223372036854775807", "9223372036854771712, 1"})
    void whatNoProcessCanHaveIsNamed(long start, long pages) throws Exception {
        write(1, start, pages);
        assertThatThrownBy(() -> RemainderFile.promise(images, store))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("remainder.img names " + pages + " pages of process 1");
    }

    @Test
    void halfARecordIsNoList() throws Exception {
        Files.write(images.resolve("remainder.img"), new byte[25]);
        assertThatThrownBy(() -> RemainderFile.promise(images, store)).hasMessageContaining("25 bytes");
    }
}
