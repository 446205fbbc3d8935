package norikae.transfer.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FrameReaderTest {

    private static final PooledByteBufAllocator POOL = new PooledByteBufAllocator(true);
    private static final int WELCOME_BYTES = WireFormat.HEADER_BYTES;

    @AfterEach
    void noBufferIsLeftInUse() {
        assertThat(POOL.pinnedDirectMemory()).isZero();
    }

    @Test
    void aWrongMagicIsNamedWithItsPlace() {
        refuses(bytes -> bytes.setInt(0, 0x47455420), "magic=0x47455420 at byte 24", "0x4e524b46 ('NRKF')");
    }

    @Test
    void anotherVersionIsNamed() {
        refuses(bytes -> bytes.setByte(4, 9), "version=9 at byte 28", "expected 1");
    }

    @Test
    void anUnknownTypeIsNamed() {
        refuses(bytes -> bytes.setByte(5, 77), "type=77 at byte 29", "a type of version 1");
    }

    @Test
    void anUnknownFlagIsNamed() {
        refuses(bytes -> bytes.setByte(6, 0x80), "flags=128 at byte 30", "0, or 1 (LZ4)");
    }

    @Test
    void aHugeHeadIsRefusedOnItsHeaderAlone() {
        refusesHeader(bytes -> bytes.setInt(8, 0x7fff_ffff), "head length=2147483647 at byte 32", "0 to 4096");
    }

    @Test
    void aHugePayloadIsRefusedOnItsHeaderAlone() {
        refusesHeader(bytes -> bytes.setInt(12, -1), "payload length=4294967295 at byte 36", "0 to 1048576");
    }

    @Test
    void aHugeRawLengthIsRefusedOnItsHeaderAlone() {
        refusesHeader(
                bytes -> bytes.setByte(6, 1).setInt(16, 1 << 30), "raw length=1073741824 at byte 40", "0 to 1048576");
    }

    @Test
    void aPayloadWhereNoneBelongsIsRefused() {
        ByteBuf bytes = new FrameWriter(POOL, true).write(new Frame.Failed("x"));
        bytes.setInt(12, 10);
        assertThatThrownBy(() -> new FrameReader(POOL).read(bytes))
                .isInstanceOf(WireFormatException.class)
                .hasMessageContaining("payload length=10 at byte 12 of the stream; expected 0 to 0");
        bytes.release();
    }

    @Test
    void aWrongChecksumIsNamedWithBothValues() {
        refuses(bytes -> bytes.setInt(20, 0x1234_5678), "crc32c=0x12345678 at byte 44", "for these bytes");
    }

    @Test
    void aStreamThatEndsInAHeaderIsTruncated() {
        assertTruncated(10, "header=10 bytes (stream truncated) at byte 24 of the stream; expected 24 bytes");
    }

    @Test
    void aStreamThatEndsInAPayloadIsTruncated() {
        assertTruncated(
                1000, "PAGES frame=1000 bytes (stream truncated) at byte 24 of the stream; expected 4137 bytes");
    }

    @ParameterizedTest
    @ValueSource(strings = {"a/b", "/etc/passwd", "..", "a..b", ".", "", "a\nb"})
    void aFileNameThatLeadsElsewhereIsRefused(String name) {
        ByteBuf bytes = frameWithFileName(name);
        assertThatThrownBy(() -> new FrameReader(POOL).read(bytes))
                .isInstanceOf(WireFormatException.class)
                .hasMessageContaining("file name=")
                .hasMessageContaining("at byte 32 of the stream");
        bytes.release();
        assertThatThrownBy(() -> new Frame.FileChunk(name, 0, Unpooled.EMPTY_BUFFER))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aFileNameOf256CharactersIsRefused() {
        ByteBuf bytes = frameWithFileName("x".repeat(256));
        assertThatThrownBy(() -> new FrameReader(POOL).read(bytes))
                .isInstanceOf(WireFormatException.class)
                .hasMessageContaining("1 to 255 characters");
        bytes.release();
    }

    @Test
    void anAddressWithinAPageIsRefused() {
        ByteBuf bytes = pages();
        bytes.setLong(WireFormat.HEADER_BYTES + 9, 4097);
        seal(bytes);
        assertThatThrownBy(() -> new FrameReader(POOL).read(bytes))
                .isInstanceOf(WireFormatException.class)
                .hasMessageContaining("address=4097 at byte 33 of the stream; expected a multiple of 4096");
        bytes.release();
    }

    @Test
    void aBlockThatIsNoLz4IsRefused() {
        ByteBuf bytes = new FrameWriter(POOL, true)
                .write(new Frame.Pages(SpaceKind.TASK, 1, 0, Unpooled.wrappedBuffer(new byte[4096])));
        assertThat(bytes.getByte(6)).isEqualTo((byte) 1);
        int payload = bytes.getInt(12);
        for (int i = 0; i < payload; i++) {
            bytes.setByte(WireFormat.HEADER_BYTES + 17 + i, 0xff);
        }
        seal(bytes);
        assertThatThrownBy(() -> new FrameReader(POOL).read(bytes))
                .isInstanceOf(WireFormatException.class)
                .hasMessageContaining("an LZ4 block of 4096 bytes");
        bytes.release();
    }

    @Test
    void whatDoesNotShrinkByATenthTravelsAsItIs() {
        byte[] random = new byte[65_536];
        new java.util.Random(1).nextBytes(random);
        ByteBuf bytes = new FrameWriter(POOL, true).write(new Frame.FileChunk("f", 0, Unpooled.wrappedBuffer(random)));
        assertThat(bytes.getByte(6)).isZero();
        assertThat(bytes.getInt(12)).isEqualTo(65_536);
        bytes.release();
    }

    @Test
    void theBytesOfAFrameStayAsTheyWereInVersionOne() {
        ByteBuf bytes = new FrameWriter(POOL, true).write(new Frame.ZeroPages(SpaceKind.SHARED_MEMORY, 7, 0x2000, 3));
        assertThat(io.netty.buffer.ByteBufUtil.hexDump(bytes))
                .isEqualTo("4e524b46" + "01" + "11" + "00" + "00" + "00000019" + "00000000" + "00000000" + "097bc2fc"
                        + "02" + "0000000000000007" + "0000000000002000" + "0000000000000003");
        bytes.release();
    }

    /** A whole frame comes first, so that places are counted from the stream's beginning. */
    private static void refuses(Consumer<ByteBuf> damage, String what, String expected) {
        ByteBuf second = pages();
        damage.accept(second);
        assertRefused(second, what, expected);
    }

    private static void refusesHeader(Consumer<ByteBuf> damage, String what, String expected) {
        ByteBuf second = pages();
        damage.accept(second);
        second.writerIndex(WireFormat.HEADER_BYTES);
        assertRefused(second, what, expected);
    }

    private static void assertRefused(ByteBuf second, String what, String expected) {
        ByteBuf stream = new FrameWriter(POOL, true).write(new Frame.Welcome());
        assertThat(stream.readableBytes()).isEqualTo(WELCOME_BYTES);
        stream.writeBytes(second);
        second.release();
        FrameReader reader = new FrameReader(POOL);
        assertThatThrownBy(() -> {
                    while (reader.read(stream) != null) {}
                })
                .isInstanceOf(WireFormatException.class)
                .hasMessageContaining(what)
                .hasMessageContaining(expected);
        stream.release();
    }

    private static void assertTruncated(int bytes, String message) {
        ByteBuf second = pages();
        ByteBuf stream = new FrameWriter(POOL, true).write(new Frame.Welcome());
        stream.writeBytes(second, bytes);
        second.release();
        FrameReader reader = new FrameReader(POOL);
        assertThatThrownBy(() -> {
                    while (reader.read(stream) != null) {}
                    reader.end(stream);
                })
                .isInstanceOf(WireFormatException.class)
                .hasMessageContaining(message);
        stream.release();
    }

    private static ByteBuf pages() {
        byte[] page = new byte[4096];
        new java.util.Random(7).nextBytes(page);
        return new FrameWriter(POOL, true)
                .write(new Frame.Pages(SpaceKind.TASK, 42, 0x7000_0000L, Unpooled.wrappedBuffer(page)));
    }

    private static ByteBuf frameWithFileName(String name) {
        ByteBuf good = new FrameWriter(POOL, true).write(new Frame.FileChunk("x", 0, Unpooled.EMPTY_BUFFER));
        good.writerIndex(WireFormat.HEADER_BYTES + Long.BYTES);
        good.writeShort(name.length()).writeCharSequence(name, java.nio.charset.StandardCharsets.UTF_8);
        good.setInt(8, good.writerIndex() - WireFormat.HEADER_BYTES);
        seal(good);
        return good;
    }

    private static void seal(ByteBuf bytes) {
        bytes.setInt(20, FrameWriter.crc(bytes, 0, bytes.writerIndex() - WireFormat.HEADER_BYTES));
    }
}
