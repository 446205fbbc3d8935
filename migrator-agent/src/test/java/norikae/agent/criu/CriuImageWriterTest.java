package norikae.agent.criu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import norikae.transfer.ImageSummary;
import norikae.transfer.PageSpace;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CriuImageWriterTest {

    private static final ImageSummary SUMMARY = new ImageSummary(0, 0, 0, 0);

    private final Path directory;

    CriuImageWriterTest(@TempDir Path directory) {
        this.directory = directory;
    }

    @Test
    void writesPagesAndTheirMapAsCriuReadsThem() throws Exception {
        CriuImageWriter writer = new CriuImageWriter(directory);
        writer.pages(PageSpace.task(2), 0x1000, page(1));
        writer.pages(PageSpace.task(2), 0x2000, page(2));
        writer.zeroPages(PageSpace.task(2), 0x8000, 3);
        writer.complete(SUMMARY);

        byte[] pages = Files.readAllBytes(directory.resolve("pages-1.img"));
        assertThat(pages).hasSize(5 * 4096);
        assertThat(pages[0]).isEqualTo((byte) 1);
        assertThat(pages[4096]).isEqualTo((byte) 2);
        assertThat(pages[2 * 4096]).isZero();
        // Two magic numbers, {pages_id 1}, {0x1000, 2 pages, present}, {0x8000, 3 pages, present}.
        assertThat(HexFormat.of().formatHex(Files.readAllBytes(directory.resolve("pagemap-2.img"))))
                .isEqualTo("19435654" + "25400856" + "020000000801" + "09000000088020100220042802"
                        + "0a00000008808002100320042803");
    }

    @Test
    void givesSharedSegmentsTheirOwnName() throws Exception {
        CriuImageWriter writer = new CriuImageWriter(directory);
        writer.pages(PageSpace.task(2), 0, page(1));
        writer.pages(PageSpace.sharedMemory(77), 0, page(1));
        writer.complete(SUMMARY);
        assertThat(directory.resolve("pagemap-shmem-77.img")).exists();
        assertThat(directory.resolve("pages-2.img")).hasSize(4096);
    }

    @Test
    void writesFilesInPieces() throws Exception {
        CriuImageWriter writer = new CriuImageWriter(directory);
        writer.file("core-1.img", 0, ByteBuffer.wrap("ab".getBytes(StandardCharsets.UTF_8)));
        writer.file("mm-1.img", 0, ByteBuffer.allocate(0));
        writer.file("core-1.img", 2, ByteBuffer.wrap("cd".getBytes(StandardCharsets.UTF_8)));
        writer.complete(SUMMARY);
        assertThat(directory.resolve("core-1.img")).hasContent("abcd");
        assertThat(directory.resolve("mm-1.img")).isEmptyFile();
    }

    @ParameterizedTest
    @ValueSource(strings = {"../core-1.img", "/etc/x.img", "core-1.txt", ".hidden.img", "", "a/b.img"})
    void refusesNamesThatAreNoImages(String name) {
        assertThatThrownBy(() -> new CriuImageWriter(directory).file(name, 0, ByteBuffer.allocate(1)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("not named like");
        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void refusesPagesThatComeOutOfOrder() throws Exception {
        CriuImageWriter writer = new CriuImageWriter(directory);
        writer.pages(PageSpace.task(2), 0x2000, page(1));
        assertThatThrownBy(() -> writer.pages(PageSpace.task(2), 0x1000, page(1)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("out of order");
        writer.failed(new IOException("enough"));
    }

    private static ByteBuffer page(int content) {
        ByteBuffer page = ByteBuffer.allocate(4096);
        while (page.hasRemaining()) {
            page.put((byte) content);
        }
        return page.flip();
    }
}
