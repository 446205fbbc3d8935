package norikae.mirror.wire;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import net.jpountz.lz4.LZ4Compressor;
import net.jpountz.lz4.LZ4Exception;
import net.jpountz.lz4.LZ4Factory;
import net.jpountz.lz4.LZ4SafeDecompressor;
import org.jspecify.annotations.Nullable;

/**
 * Frames as bytes, big-endian. Without state, so thread-safe.
 *
 * <pre>
 *  0 u32 "NKMR"      4 u8 version   5 u8 type   6 u8 flags   7 u8 zero
 *  8 u64 number     16 u64 offset  24 u64 length
 * 32 u32 bytes of the payload as it follows     36 u32 bytes of the payload unpacked
 * 40 u32 CRC32C of bytes 0 to 39 and of the payload as it follows
 * 44 payload: as it is, or an LZ4 block where the two lengths differ
 * </pre>
 */
public final class FrameCodec {

    public static final int HEADER_BYTES = 44;

    private static final int MAGIC = 0x4e4b4d52;
    private static final int VERSION = 1;
    private static final int CRC_AT = 40;
    private static final LZ4Compressor PACK = LZ4Factory.fastestInstance().fastCompressor();
    private static final LZ4SafeDecompressor UNPACK =
            LZ4Factory.fastestInstance().safeDecompressor();

    /** Below this, a packed payload would save nothing worth its time. */
    private static final int PACKED_BYTES_MIN = 512;

    private FrameCodec() {}

    /** The frame's bytes; the frame's payload is released. */
    public static ByteBuf encode(Frame frame, ByteBufAllocator allocator, boolean pack) {
        ByteBuf payload = frame.payload();
        int raw = payload.readableBytes();
        if (pack && raw >= PACKED_BYTES_MIN) {
            ByteBuf packed = packed(frame, allocator);
            if (packed != null) {
                frame.release();
                return packed;
            }
        }
        ByteBuf head = header(frame, allocator, HEADER_BYTES, raw, raw);
        head.setInt(CRC_AT, crc(head, payload));
        return raw == 0 ? head : Unpooled.wrappedBuffer(head, payload);
    }

    private static ByteBuf header(Frame frame, ByteBufAllocator allocator, int capacity, int bytes, int raw) {
        return allocator
                .directBuffer(capacity)
                .writeInt(MAGIC)
                .writeByte(VERSION)
                .writeByte(frame.type().code())
                .writeByte(frame.flags())
                .writeByte(0)
                .writeLong(frame.number())
                .writeLong(frame.offset())
                .writeLong(frame.length())
                .writeInt(bytes)
                .writeInt(raw)
                .writeInt(0);
    }

    /** Head and packed payload in one; null if packing does not make it shorter by an eighth. */
    private static @Nullable ByteBuf packed(Frame frame, ByteBufAllocator allocator) {
        int raw = frame.payload().readableBytes();
        ByteBuf all = header(frame, allocator, HEADER_BYTES + raw, 0, raw);
        ByteBuffer from = frame.payload().nioBuffer();
        int room = raw - raw / 8;
        ByteBuffer to = all.nioBuffer(HEADER_BYTES, room);
        int bytes;
        try {
            bytes = PACK.compress(from, from.position(), raw, to, to.position(), room);
        } catch (LZ4Exception e) {
            all.release();
            return null;
        }
        all.setInt(32, bytes);
        all.writerIndex(HEADER_BYTES + bytes);
        all.setInt(CRC_AT, crc(all.slice(0, HEADER_BYTES), all.slice(HEADER_BYTES, bytes)));
        return all;
    }

    private static int crc(ByteBuf head, ByteBuf payload) {
        CRC32C crc = new CRC32C();
        crc.update(head.nioBuffer(head.readerIndex(), CRC_AT));
        for (ByteBuffer piece : payload.nioBuffers()) {
            crc.update(piece);
        }
        return (int) crc.getValue();
    }

    /**
     * Takes the next frame; null, and nothing taken, if it is not all there.
     *
     * @throws WireException if what is there is no frame; there is no next one then
     */
    public static @Nullable Frame decode(ByteBuf in, ByteBufAllocator allocator) throws WireException {
        if (in.readableBytes() < HEADER_BYTES) {
            return null;
        }
        int at = in.readerIndex();
        FrameType type = FrameType.of(in.getUnsignedByte(at + 5));
        int bytes = in.getInt(at + 32);
        int raw = in.getInt(at + 36);
        if (in.getInt(at) != MAGIC || in.getByte(at + 4) != VERSION || type == null) {
            throw new WireException("magic 0x%08x version %d type %d is no frame of this protocol; expected 0x%08x, %d"
                    .formatted(in.getInt(at), in.getByte(at + 4), in.getUnsignedByte(at + 5), MAGIC, VERSION));
        }
        if (bytes < 0 || raw < bytes || raw > Frame.PAYLOAD_BYTES_MAX) {
            throw new WireException(type + " with a payload of " + bytes + " bytes, " + raw
                    + " unpacked, is not possible; at most " + Frame.PAYLOAD_BYTES_MAX + " are");
        }
        if (in.readableBytes() < HEADER_BYTES + bytes) {
            return null;
        }
        ByteBuf head = in.slice(at, HEADER_BYTES);
        ByteBuf payload = in.slice(at + HEADER_BYTES, bytes);
        if (crc(head, payload) != in.getInt(at + CRC_AT)) {
            throw new WireException(type + " number " + in.getLong(at + 8) + " has been damaged on its way (CRC32C)");
        }
        ByteBuf content = raw == bytes ? copy(payload, allocator) : unpacked(type, payload, raw, allocator);
        in.skipBytes(HEADER_BYTES + bytes);
        return new Frame(
                type,
                in.getUnsignedByte(at + 6),
                in.getLong(at + 8),
                in.getLong(at + 16),
                in.getLong(at + 24),
                content);
    }

    private static ByteBuf copy(ByteBuf payload, ByteBufAllocator allocator) {
        int bytes = payload.readableBytes();
        return bytes == 0
                ? Unpooled.EMPTY_BUFFER
                : allocator.directBuffer(bytes, bytes).writeBytes(payload);
    }

    private static ByteBuf unpacked(FrameType type, ByteBuf payload, int raw, ByteBufAllocator allocator)
            throws WireException {
        ByteBuf content = allocator.directBuffer(raw, raw);
        ByteBuffer from = payload.nioBuffer();
        ByteBuffer to = content.nioBuffer(0, raw);
        try {
            int got = UNPACK.decompress(from, from.position(), from.remaining(), to, to.position(), raw);
            if (got == raw) {
                return content.writerIndex(raw);
            }
        } catch (LZ4Exception e) {
            content.release();
            throw new WireException(type + " has a payload that is no LZ4 block: " + e.getMessage());
        }
        content.release();
        throw new WireException(type + " has a payload that does not unpack to " + raw + " bytes");
    }
}
