package norikae.agent.criu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.Set;
import norikae.transfer.PageSpace;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PageServerTest {

    private static final int OPEN = 4;
    private static final int ADD = 6 | 4 << 16;
    private static final int CLOSE = 0x1024;
    private static final long TASK_7 = 7L << 8 | 1;
    private static final long SEGMENT_9 = 9L << 8 | 2;

    private record Run(PageSpace space, long address, int bytes, byte first) {}

    @ParameterizedTest
    @ValueSource(ints = {24, 32})
    void passesPagesOnInBothDialects(int header) throws Exception {
        List<Run> runs = new ArrayList<>();
        Set<PageSpace> untouched = serve(
                header,
                (space, address, data) -> runs.add(new Run(space, address, data.remaining(), data.get(0))),
                message(header, OPEN, 0, 0, TASK_7),
                message(header, ADD, 2, 0x1000, TASK_7),
                pages(2, (byte) 5),
                message(header, ADD, 600, 0x100000, TASK_7),
                pages(600, (byte) 6),
                message(header, OPEN, 0, 0, SEGMENT_9),
                message(header, CLOSE, 0, 0, 0));
        assertThat(runs)
                .containsExactly(
                        new Run(PageSpace.task(7), 0x1000, 2 * 4096, (byte) 5),
                        new Run(PageSpace.task(7), 0x100000, 256 * 4096, (byte) 6),
                        new Run(PageSpace.task(7), 0x200000, 256 * 4096, (byte) 6),
                        new Run(PageSpace.task(7), 0x300000, 88 * 4096, (byte) 6));
        assertThat(untouched).containsExactly(PageSpace.sharedMemory(9));
    }

    @Test
    void refusesWhatNoCriuSends() {
        refused("unknown command 9", message(32, 9, 0, 0, TASK_7));
        refused("unknown memory space", message(32, OPEN, 0, 0, 7L << 8 | 3));
        refused("pages without content", message(32, OPEN, 0, 0, TASK_7), message(32, 6 | 1 << 16, 1, 0, TASK_7));
        refused("in one message", message(32, OPEN, 0, 0, TASK_7), message(32, ADD, 1L << 62, 0, TASK_7));
        refused("in one message", message(32, OPEN, 0, 0, TASK_7), message(32, ADD, -1, 0, TASK_7));
        refused("in one message", message(32, OPEN, 0, 0, TASK_7), message(32, ADD, 0, 0, TASK_7));
        refused("pages at address", message(32, OPEN, 0, 0, TASK_7), message(32, ADD, 1, 5, TASK_7));
        refused("pages at address", message(32, OPEN, 0, 0, TASK_7), message(32, ADD, 1, -4096, TASK_7));
        refused("but open is", message(32, OPEN, 0, 0, TASK_7), message(32, ADD, 1, 4096, SEGMENT_9));
        refused("but open is", message(32, ADD, 1, 4096, TASK_7));
    }

    @Test
    void tellsLazyPagesFromOthersAndWhatWasLeftOut() throws Exception {
        List<String> heard = new ArrayList<>();
        PageSink sink = new PageSink() {
            @Override
            public void pages(PageSpace space, long address, ByteBuffer data) {
                heard.add("pages " + Long.toHexString(address));
            }

            @Override
            public void lazyPages(PageSpace space, long address, ByteBuffer data) {
                heard.add("lazy " + Long.toHexString(address));
            }

            @Override
            public void left(PageSpace space, long address, long pages) {
                heard.add("left " + Long.toHexString(address) + " " + pages);
            }
        };
        Set<PageSpace> untouched = serve(
                32,
                sink,
                message(32, OPEN, 0, 0, TASK_7),
                message(32, 6 | 2 << 16, 5_000_000, 0x1000, TASK_7), // as long as a mapping, and without content
                message(32, ADD, 1, 0x9000, TASK_7),
                pages(1, (byte) 5),
                message(32, 6 | 6 << 16, 1, 0xa000, TASK_7),
                pages(1, (byte) 6),
                message(32, CLOSE, 0, 0, 0));
        assertThat(heard).containsExactly("left 1000 5000000", "pages 9000", "lazy a000");
        assertThat(untouched).isEmpty();
    }

    @Test
    void memoryThatWasLeftOutUnaskedEndsTheDump() {
        refused(
                "nobody has carried over",
                message(32, OPEN, 0, 0, TASK_7),
                message(32, 6 | 2 << 16, 3, 0x1000, TASK_7));
        refused("but open is", message(32, 6 | 2 << 16, 3, 0x1000, TASK_7));
    }

    @Test
    void refusesAStreamThatBreaksOffAnywhere() {
        byte[] whole = join(
                message(32, OPEN, 0, 0, TASK_7),
                message(32, ADD, 3, 0, TASK_7),
                pages(3, (byte) 1),
                message(32, CLOSE, 0, 0, 0));
        for (int length = 0; length < whole.length; length += 97) {
            byte[] part = java.util.Arrays.copyOf(whole, length);
            assertThatThrownBy(() -> serve(32, (_, _, _) -> {}, part)).isInstanceOf(EOFException.class);
        }
    }

    @Test
    void survivesAnyBytes() {
        Random random = new Random(20261123);
        for (int i = 0; i < 300; i++) {
            byte[] garbage = new byte[random.nextInt(1, 400)];
            random.nextBytes(garbage);
            if (random.nextBoolean()) {
                System.arraycopy(message(32, OPEN, 0, 0, TASK_7), 0, garbage, 0, Math.min(32, garbage.length));
            }
            assertThatThrownBy(() -> serve(32, (_, _, _) -> {}, garbage))
                    .as(HexFormat.of().formatHex(garbage))
                    .isInstanceOf(IOException.class);
        }
    }

    @Test
    void endsWithWhatTheSinkThrew() {
        assertThatThrownBy(() -> serve(
                        32,
                        (_, _, _) -> {
                            throw new IOException("target is full");
                        },
                        message(32, OPEN, 0, 0, TASK_7),
                        message(32, ADD, 1, 0, TASK_7),
                        pages(1, (byte) 1)))
                .isInstanceOf(IOException.class)
                .hasMessage("target is full");
    }

    private static void refused(String reason, byte[]... stream) {
        assertThatThrownBy(() -> serve(32, (_, _, _) -> {}, stream))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(reason);
    }

    /** Plays CRIU with these bytes and hangs up. */
    private static Set<PageSpace> serve(int header, PageSink sink, byte[]... stream) throws IOException {
        ByteBuffer sent = ByteBuffer.wrap(join(stream));
        return new PageServer(new Recorded(sent), header, sink).serve();
    }

    /** A connection on which everything was sent already. */
    private record Recorded(ByteBuffer sent) implements PageServer.Wire {

        @Override
        public void readFully(ByteBuffer buffer) throws EOFException {
            if (sent.remaining() < buffer.remaining()) {
                throw new EOFException();
            }
            int length = buffer.remaining();
            buffer.put(sent.slice(sent.position(), length));
            sent.position(sent.position() + length);
        }

        @Override
        public void write(ByteBuffer buffer) {
            buffer.position(buffer.limit());
        }

        @Override
        public void shutdown() {}
    }

    private static byte[] message(int header, int command, long pages, long address, long destination) {
        ByteBuffer out =
                ByteBuffer.allocate(header).order(ByteOrder.LITTLE_ENDIAN).putInt(command);
        if (header == 32) {
            out.putInt(0).putLong(pages);
        } else {
            out.putInt((int) pages);
        }
        return out.putLong(address).putLong(destination).array();
    }

    private static byte[] pages(int count, byte content) {
        byte[] bytes = new byte[count * 4096];
        java.util.Arrays.fill(bytes, content);
        return bytes;
    }

    private static byte[] join(byte[]... parts) {
        java.io.ByteArrayOutputStream out = new java.io.ByteArrayOutputStream();
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }
}
