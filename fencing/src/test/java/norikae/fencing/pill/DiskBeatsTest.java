package norikae.fencing.pill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DiskBeatsTest {

    private final Path file;

    DiskBeatsTest(@TempDir Path directory) {
        this.file = directory.resolve("disk");
    }

    @BeforeEach
    void emptyDisk() throws IOException {
        Files.write(file, new byte[64 << 10]);
    }

    @Test
    void eachServerHearsTheOthersAndNotItself() throws IOException {
        try (DiskBeats a = open(0);
                DiskBeats b = open(1);
                DiskBeats c = open(2)) {
            a.write(bytes("from a"));
            b.write(bytes("from b"));
            c.write(new byte[DiskBeats.BEAT_BYTES_MAX]);
            assertThat(texts(a.readOthers())).containsExactly("1 from b", "2 " + "\0".repeat(DiskBeats.BEAT_BYTES_MAX));
            assertThat(texts(b.readOthers())).first().isEqualTo("0 from a");
            assertThat(a.readOthers()).as("nothing new").isEmpty();
            b.write(bytes(""));
            assertThat(texts(a.readOthers())).containsExactly("1 ");
        }
    }

    @Test
    void aServerThatRestartsIsHeardAgain() throws IOException {
        try (DiskBeats a = open(0)) {
            try (DiskBeats b = open(1)) {
                for (int i = 0; i < 20; i++) {
                    b.write(bytes("old"));
                }
            }
            assertThat(texts(a.readOthers())).containsExactly("1 old");
            try (DiskBeats b = open(1)) {
                b.write(bytes("new"));
            }
            assertThat(texts(a.readOthers())).containsExactly("1 new");
        }
    }

    @Test
    void aTornBlockIsNotHeardAndDoesNotSilenceItsServer() throws IOException {
        try (DiskBeats a = open(0)) {
            try (DiskBeats b = open(1)) {
                b.write(bytes("whole"));
                tear(DiskBeats.BLOCK_BYTES + 512 + 100);
            }
            assertThat(a.readOthers()).isEmpty();
            try (DiskBeats b = open(1)) {
                b.write(bytes("again"));
            }
            assertThat(texts(a.readOthers())).containsExactly("1 again");
        }
    }

    @Test
    void anOldBlockIsNotHeardAgain() throws IOException {
        try (DiskBeats a = open(0);
                DiskBeats b = open(1)) {
            b.write(bytes("first"));
            byte[] old = Files.readAllBytes(file);
            b.write(bytes("second"));
            assertThat(texts(a.readOthers())).containsExactly("1 second");
            Files.write(file, old);
            assertThat(a.readOthers()).isEmpty();
        }
    }

    @Test
    void whateverElseLiesThereIsNoBeat() {
        byte[] block = DiskBeats.encode(7, bytes("x"));
        assertThat(DiskBeats.decode(1, block)).isPresent();
        for (int at = 0; at < block.length; at += at < 32 ? 1 : 17) {
            byte[] changed = block.clone();
            changed[at] ^= 0x40;
            assertThat(DiskBeats.decode(1, changed)).as("byte %s changed", at).isEmpty();
        }
        assertThat(DiskBeats.decode(1, new byte[DiskBeats.BLOCK_BYTES])).isEmpty();
    }

    @Test
    void whatDoesNotFitIsRefused() throws IOException {
        assertThatThrownBy(() -> open(3)).hasMessageContaining("server 3 of 3");
        assertThatThrownBy(() -> DiskBeats.open(file, 100, 0, 3)).hasMessageContaining("multiple of 4096");
        assertThatThrownBy(() -> DiskBeats.open(file, 60 << 10, 2, 3)).hasMessageContaining("too small for 3 blocks");
        try (DiskBeats a = open(0)) {
            assertThatThrownBy(() -> a.write(new byte[DiskBeats.BEAT_BYTES_MAX + 1]))
                    .hasMessageContaining("3073 bytes");
        }
    }

    private DiskBeats open(int mine) throws IOException {
        return DiskBeats.open(file, 0, mine, 3);
    }

    private void tear(long at) throws IOException {
        try (RandomAccessFile disk = new RandomAccessFile(file.toFile(), "rw")) {
            disk.seek(at);
            disk.write(0x55);
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static List<String> texts(List<DiskBeats.DiskBeat> beats) {
        return beats.stream()
                .map(beat -> beat.server() + " "
                        + StandardCharsets.UTF_8.decode(beat.bytes().duplicate()))
                .toList();
    }
}
