package norikae.transfer.wire;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.nio.ByteBuffer;
import net.jpountz.lz4.LZ4Exception;
import net.jpountz.lz4.LZ4Factory;
import net.jpountz.lz4.LZ4SafeDecompressor;
import org.jspecify.annotations.Nullable;

/**
 * Makes frames of the bytes of one connection. Confined to one thread at a time. After a {@link
 * WireFormatException} there is no next frame: the place where one begins is no longer known.
 */
public final class FrameReader {

    private static final LZ4SafeDecompressor LZ4 = LZ4Factory.fastestInstance().safeDecompressor();

    private final ByteBufAllocator allocator;
    private long streamOffset;

    public FrameReader(ByteBufAllocator allocator) {
        this.allocator = allocator;
    }

    /** Bytes of whole frames so far. */
    public long streamOffset() {
        return streamOffset;
    }

    /**
     * Takes the next frame out of {@code in}; null, and nothing taken, if it is not all there yet. The frame has a
     * buffer of its own, no larger than its contents, so that holding frames costs what their lengths say.
     */
    public @Nullable Frame read(ByteBuf in) throws WireFormatException {
        if (in.readableBytes() < WireFormat.HEADER_BYTES) {
            return null;
        }
        Header header = Header.read(in, streamOffset);
        if (in.readableBytes() < header.frameBytes()) {
            return null;
        }
        int start = in.readerIndex();
        int crc = FrameWriter.crc(in, start, header.head() + header.payload());
        if (crc != header.crc()) {
            throw new WireFormatException(
                    "crc32c", hex(header.crc()), streamOffset + WireFormat.OFFSET_CRC, hex(crc) + " for these bytes");
        }
        Frame frame = frame(header, in, start + WireFormat.HEADER_BYTES);
        in.skipBytes(header.frameBytes());
        streamOffset += header.frameBytes();
        return frame;
    }

    /**
     * The peer has closed, and {@code rest} is what is left.
     *
     * @throws WireFormatException if it closed in the middle of a frame
     */
    public void end(ByteBuf rest) throws WireFormatException {
        int have = rest.readableBytes();
        if (have == 0) {
            return;
        }
        if (have < WireFormat.HEADER_BYTES) {
            throw truncated("header", have, WireFormat.HEADER_BYTES);
        }
        Header header = Header.read(rest, streamOffset);
        throw truncated(header.type() + " frame", have, header.frameBytes());
    }

    private WireFormatException truncated(String what, int have, int expected) {
        return new WireFormatException(what, have + " bytes (stream truncated)", streamOffset, expected + " bytes");
    }

    private Frame frame(Header header, ByteBuf in, int headAt) throws WireFormatException {
        long headPlace = streamOffset + WireFormat.HEADER_BYTES;
        HeadReader head = new HeadReader(in.slice(headAt, header.head()), headPlace);
        int payloadAt = headAt + header.head();
        Frame frame =
                switch (header.type()) {
                    case HELLO ->
                        new Frame.Hello(
                                head.name("move id"),
                                head.name("service"),
                                head.number("epoch"),
                                head.name("source node"));
                    case WELCOME -> new Frame.Welcome();
                    case REFUSED -> refused(head);
                    case PAGES -> pages(head, header, in, payloadAt);
                    case ZERO_PAGES -> zeroPages(head);
                    case FILE_CHUNK -> fileChunk(head, header, in, payloadAt);
                    case FROZEN -> new Frame.Frozen();
                    case FILES_COMPLETE -> new Frame.FilesComplete();
                    case IMAGES_COMPLETE -> new Frame.ImagesComplete(head.totals());
                    case RECEIVED -> new Frame.Received(head.totals());
                    case FAILED -> new Frame.Failed(head.text("message"));
                    case ABORT -> new Frame.Abort(head.text("reason"));
                };
        head.end();
        return frame;
    }

    private static Frame refused(HeadReader head) throws WireFormatException {
        long at = head.place();
        int code = head.code("code");
        RefusalCode refusal = RefusalCode.ofCode(code);
        if (refusal == null) {
            throw new WireFormatException("code", Integer.toString(code), at, "a known refusal code");
        }
        return new Frame.Refused(refusal, head.text("message"));
    }

    private Frame pages(HeadReader head, Header header, ByteBuf in, int payloadAt) throws WireFormatException {
        SpaceKind kind = head.kind();
        long id = head.number("space id");
        long address = head.address();
        head.end();
        HeadReader.check(
                "raw length",
                header.raw(),
                streamOffset + WireFormat.OFFSET_RAW_LENGTH,
                Rules.pageBytes(address, header.raw()));
        return new Frame.Pages(kind, id, address, payload(header, in, payloadAt));
    }

    private static Frame zeroPages(HeadReader head) throws WireFormatException {
        SpaceKind kind = head.kind();
        long id = head.number("space id");
        long address = head.address();
        long at = head.place();
        long count = head.number("count");
        HeadReader.check("count", count, at, Rules.zeroPages(address, count));
        return new Frame.ZeroPages(kind, id, address, count);
    }

    private Frame fileChunk(HeadReader head, Header header, ByteBuf in, int payloadAt) throws WireFormatException {
        long offset = head.fileOffset();
        String name = head.fileName();
        head.end();
        return new Frame.FileChunk(name, offset, payload(header, in, payloadAt));
    }

    private ByteBuf payload(Header header, ByteBuf in, int at) throws WireFormatException {
        ByteBuf out = allocator.directBuffer(header.raw(), header.raw());
        try {
            if (header.packed()) {
                unpack(header, in, at, out);
            } else {
                out.writeBytes(in, at, header.raw());
            }
            return out;
        } catch (WireFormatException | RuntimeException e) {
            out.release();
            throw e;
        }
    }

    private void unpack(Header header, ByteBuf in, int at, ByteBuf out) throws WireFormatException {
        ByteBuffer from = in.nioBuffer(at, header.payload());
        ByteBuffer to = out.nioBuffer(0, header.raw());
        long place = streamOffset + WireFormat.HEADER_BYTES + header.head();
        try {
            int raw = LZ4.decompress(from, from.position(), header.payload(), to, to.position(), header.raw());
            if (raw != header.raw()) {
                throw new WireFormatException(
                        "payload", raw + " bytes unpacked", place, header.raw() + " bytes, the raw length");
            }
            out.writerIndex(raw);
        } catch (LZ4Exception e) {
            throw new WireFormatException(
                    "payload", header.payload() + " bytes", place, "an LZ4 block of " + header.raw() + " bytes", e);
        }
    }

    private static String hex(int value) {
        return "0x%08x".formatted(value);
    }
}
