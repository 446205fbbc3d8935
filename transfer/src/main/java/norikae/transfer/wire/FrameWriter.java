package norikae.transfer.wire;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32C;
import net.jpountz.lz4.LZ4Compressor;
import net.jpountz.lz4.LZ4Exception;
import net.jpountz.lz4.LZ4Factory;

/** Makes bytes of frames. Has no state besides its settings; any thread may use it. */
public final class FrameWriter {

    /** Below this, a block is not worth the compressor's set-up. */
    private static final int COMPRESS_BYTES_MIN = 512;

    private static final LZ4Compressor LZ4 = LZ4Factory.fastestInstance().fastCompressor();

    private final ByteBufAllocator allocator;
    private volatile boolean compress;

    public FrameWriter(ByteBufAllocator allocator, boolean compress) {
        this.allocator = allocator;
        this.compress = compress;
    }

    /** Whether frames from now on are compressed, where that pays. */
    public void compress(boolean on) {
        compress = on;
    }

    /** The frame's bytes, in one buffer that the caller owns. The frame's own buffer is neither moved nor released. */
    public ByteBuf write(Frame frame) {
        ByteBuf payload =
                switch (frame) {
                    case Frame.Pages pages -> pages.data();
                    case Frame.FileChunk chunk -> chunk.data();
                    default -> Unpooled.EMPTY_BUFFER;
                };
        int raw = payload.readableBytes();
        Rules.require(
                "payload length",
                raw,
                raw <= WireFormat.PAYLOAD_BYTES_MAX ? null : "at most " + WireFormat.PAYLOAD_BYTES_MAX);
        ByteBuf out = allocator.directBuffer(WireFormat.HEADER_BYTES + headBytesMax(frame) + raw);
        try {
            out.writeZero(WireFormat.HEADER_BYTES);
            writeHead(frame, out);
            int head = out.writerIndex() - WireFormat.HEADER_BYTES;
            boolean packed = raw >= COMPRESS_BYTES_MIN && compress && compressInto(out, payload, raw);
            if (!packed) {
                out.writeBytes(payload, payload.readerIndex(), raw);
            }
            writeHeader(out, frame.type(), packed ? WireFormat.FLAG_LZ4 : 0, head, raw);
            return out;
        } catch (RuntimeException e) {
            out.release();
            throw e;
        }
    }

    /** Appends the payload as an LZ4 block, if that saves a tenth at least: limiting the room is the test. */
    private static boolean compressInto(ByteBuf out, ByteBuf payload, int raw) {
        int room = raw - Math.ceilDiv(raw, 10);
        out.ensureWritable(room);
        int at = out.writerIndex();
        ByteBuffer from = payload.nioBuffer();
        ByteBuffer to = out.nioBuffer(at, room);
        try {
            int packed = LZ4.compress(from, from.position(), raw, to, to.position(), room);
            out.writerIndex(at + packed);
            return true;
        } catch (LZ4Exception tooBig) {
            return false;
        }
    }

    private static void writeHeader(ByteBuf out, FrameType type, int flags, int head, int raw) {
        int payload = out.writerIndex() - WireFormat.HEADER_BYTES - head;
        out.setInt(0, WireFormat.MAGIC);
        out.setByte(WireFormat.OFFSET_VERSION, WireFormat.VERSION);
        out.setByte(WireFormat.OFFSET_TYPE, type.code());
        out.setByte(WireFormat.OFFSET_FLAGS, flags);
        out.setByte(WireFormat.OFFSET_RESERVED, 0);
        out.setInt(WireFormat.OFFSET_HEAD_LENGTH, head);
        out.setInt(WireFormat.OFFSET_PAYLOAD_LENGTH, payload);
        out.setInt(WireFormat.OFFSET_RAW_LENGTH, raw);
        out.setInt(WireFormat.OFFSET_CRC, crc(out, 0, head + payload));
    }

    /** CRC32C of the frame that begins at {@code start}, without the CRC field itself. */
    static int crc(ByteBuf in, int start, int headAndPayload) {
        CRC32C crc = new CRC32C();
        crc.update(in.nioBuffer(start, WireFormat.OFFSET_CRC));
        crc.update(in.nioBuffer(start + WireFormat.HEADER_BYTES, headAndPayload));
        return (int) crc.getValue();
    }

    private static int headBytesMax(Frame frame) {
        return frame.type().isBulk() && frame instanceof Frame.Pages ? 32 : 1024;
    }

    private static void writeHead(Frame frame, ByteBuf out) {
        switch (frame) {
            case Frame.Hello(String moveId, String service, long epoch, String sourceNode) -> {
                text(out, moveId);
                text(out, service);
                out.writeLong(epoch);
                text(out, sourceNode);
            }
            case Frame.Welcome() -> {}
            case Frame.Refused(RefusalCode code, String message) -> {
                out.writeByte(code.code());
                message(out, message);
            }
            case Frame.Pages(SpaceKind kind, long spaceId, long address, ByteBuf _) ->
                out.writeByte(kind.code()).writeLong(spaceId).writeLong(address);
            case Frame.ZeroPages(SpaceKind kind, long spaceId, long address, long count) ->
                out.writeByte(kind.code()).writeLong(spaceId).writeLong(address).writeLong(count);
            case Frame.FileChunk(String name, long offset, ByteBuf _) -> {
                out.writeLong(offset);
                text(out, name);
            }
            case Frame.Frozen() -> {}
            case Frame.FilesComplete() -> {}
            case Frame.ImagesComplete(Totals totals) -> totals(out, totals);
            case Frame.Received(Totals totals) -> totals(out, totals);
            case Frame.Failed(String message) -> message(out, message);
            case Frame.Abort(String reason) -> message(out, reason);
        }
    }

    private static void totals(ByteBuf out, Totals totals) {
        out.writeLong(totals.files());
        out.writeLong(totals.fileBytes());
        out.writeLong(totals.pageBytes());
        out.writeLong(totals.crc32c());
    }

    private static void message(ByteBuf out, String message) {
        text(
                out,
                message.length() <= WireFormat.MESSAGE_CHARS_MAX
                        ? message
                        : message.substring(0, WireFormat.MESSAGE_CHARS_MAX - 1) + "…");
    }

    private static void text(ByteBuf out, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        out.writeShort(bytes.length);
        out.writeBytes(bytes);
    }
}
