package norikae.transfer;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.CRC32C;
import javax.net.ssl.SSLContext;
import norikae.transfer.wire.Frame;
import norikae.transfer.wire.SpaceKind;
import norikae.transfer.wire.Totals;
import norikae.transfer.wire.WireFormatException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A peer with a node's certificate that does not keep to the wire: told what is wrong, hung up on, sink told. */
@Timeout(60)
class MalformedStreamTest {

    private static TlsMaterial nodeB;
    private static SSLContext nodeA;

    private final MemorySink sink = new MemorySink();
    private DataServer server;

    @BeforeAll
    static void certificates(@TempDir Path pkiDirectory) throws Exception {
        TestPki pki = new TestPki(pkiDirectory);
        nodeB = pki.node("node-b");
        nodeA = pki.jdk("node-a", "node");
    }

    @BeforeEach
    void startTarget() throws IOException {
        server = DataServer.start(TransferTest.loopback(), nodeB, (_, _) -> sink);
    }

    @AfterEach
    void closeTarget() {
        server.close();
        Await.noBufferInUse();
    }

    @Test
    void aFrameWithAHugeLength() throws Exception {
        byte[] frame = pages();
        ByteBuffer.wrap(frame).putInt(12, Integer.MAX_VALUE);
        assertRejected(Arrays.copyOf(frame, 24), "payload length", "payload length=2147483647");
    }

    @Test
    void aFlippedBit() throws Exception {
        byte[] frame = pages();
        frame[2000] ^= 0x10;
        assertRejected(frame, "crc32c", "crc32c=0x");
    }

    @Test
    void aWrongMagic() throws Exception {
        byte[] noise = "GET /images HTTP/1.1\r\nHost: node-b\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
        assertRejected(noise, "magic", "magic=0x47455420");
    }

    @Test
    void anUnknownType() throws Exception {
        byte[] frame = pages();
        frame[5] = 99;
        assertRejected(frame, "type", "type=99");
    }

    @Test
    void anotherVersion() throws Exception {
        byte[] frame = pages();
        frame[4] = 2;
        assertRejected(frame, "version", "version=2");
    }

    @Test
    void aFileNameWithASlash() throws Exception {
        byte[] frame = RawPeer.bytes(new Frame.FileChunk("etc-passwd", 0, Unpooled.wrappedBuffer(new byte[10])));
        frame[24 + 8 + 2 + 3] = '/';
        seal(frame);
        assertRejected(frame, "file name", "file name=etc/passwd");
    }

    @Test
    void aTruncatedStream() throws Exception {
        try (RawPeer peer = welcomed()) {
            peer.say(Arrays.copyOf(pages(), 500));
        }
        assertThat((Throwable) sink.ending.join())
                .isInstanceOf(WireFormatException.class)
                .hasMessageContaining("PAGES frame=500 bytes (stream truncated)")
                .hasMessageContaining("expected 4137 bytes");
    }

    @Test
    void aSourceThatDiesBetweenFrames() throws Exception {
        try (RawPeer peer = welcomed()) {
            peer.say(pages());
            Await.until("the page has arrived", () -> !sink.pages.isEmpty());
            peer.die();
        }
        assertThat((Throwable) sink.ending.join())
                .isInstanceOf(TransferInterruptedException.class)
                .hasMessageContaining("move=m-1 peer=node-a@")
                .hasMessageNotContaining("bytes=0");
    }

    @Test
    void totalsThatAreNotWhatCame() throws Exception {
        try (RawPeer peer = welcomed()) {
            peer.say(pages());
            peer.say(new Frame.ImagesComplete(new Totals(0, 0, 8192, 0)));
            assertThat(peer.hear()).isInstanceOfSatisfying(Frame.Failed.class, failed -> assertThat(failed.message())
                    .contains("image differs", "pageBytes=8192", "pageBytes=4096"));
        }
        assertThat(sink.ending.join()).isInstanceOf(IOException.class);
    }

    @Test
    void aFrameThatIsNotTheSourcesToSend() throws Exception {
        try (RawPeer peer = welcomed()) {
            peer.say(new Frame.Welcome());
            assertThat(peer.hear()).isInstanceOfSatisfying(Frame.Failed.class, failed -> assertThat(failed.message())
                    .contains("unexpected WELCOME frame"));
        }
        assertThat(sink.ending.join()).isInstanceOf(IOException.class);
    }

    @Test
    void pagesBeforeTheTicket() throws Exception {
        try (RawPeer peer = RawPeer.connect(nodeA, server.address())) {
            peer.say(pages());
            assertThat(peer.hear()).isInstanceOfSatisfying(Frame.Failed.class, failed -> assertThat(failed.message())
                    .contains("unexpected PAGES frame before HELLO"));
            assertThat(peer.hear()).isNull();
        }
        assertThat(sink.ending).isNotDone();
    }

    private void assertRejected(byte[] bytes, String field, String message) throws Exception {
        long before = RawPeer.bytes(hello()).length;
        try (RawPeer peer = welcomed()) {
            peer.say(bytes);
            assertThat(peer.hear()).isInstanceOfSatisfying(Frame.Failed.class, failed -> assertThat(failed.message())
                    .contains(message, "of the stream; expected"));
            peer.hangUp();
            assertThat(peer.hear()).as("connection is closed").isNull();
        }
        assertThat(sink.ending.join()).isInstanceOfSatisfying(WireFormatException.class, e -> {
            assertThat(e.field()).isEqualTo(field);
            assertThat(e.streamOffset()).isGreaterThanOrEqualTo(before);
        });
        assertThat(sink.pages).isEmpty();
    }

    private RawPeer welcomed() throws IOException {
        RawPeer peer = RawPeer.connect(nodeA, server.address());
        peer.say(hello());
        assertThat(peer.hear()).isEqualTo(new Frame.Welcome());
        return peer;
    }

    private static Frame hello() {
        return new Frame.Hello("m-1", "ledger", 7, "node-a");
    }

    private static byte[] pages() {
        byte[] page = new byte[4096];
        new Random(5).nextBytes(page);
        return RawPeer.bytes(new Frame.Pages(SpaceKind.TASK, 1, 0x1000, Unpooled.wrappedBuffer(page)));
    }

    private static void seal(byte[] frame) {
        CRC32C crc = new CRC32C();
        crc.update(frame, 0, 20);
        crc.update(frame, 24, frame.length - 24);
        ByteBuffer.wrap(frame).putInt(20, (int) crc.getValue());
    }
}
