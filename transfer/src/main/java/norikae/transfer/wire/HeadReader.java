package norikae.transfer.wire;

import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Reads the fields of one frame's head; knows each one's place for the sake of errors. Used once, by one thread. */
final class HeadReader {

    private final ByteBuf head;
    private final long streamOffset;

    HeadReader(ByteBuf head, long streamOffset) {
        this.head = head;
        this.streamOffset = streamOffset;
    }

    int code(String field) throws WireFormatException {
        need(field, Byte.BYTES);
        return head.readUnsignedByte();
    }

    long number(String field) throws WireFormatException {
        need(field, Long.BYTES);
        return head.readLong();
    }

    String text(String field) throws WireFormatException {
        need(field, Short.BYTES);
        int bytes = head.readUnsignedShort();
        need(field, bytes);
        ByteBuffer utf8 = head.nioBuffer(head.readerIndex(), bytes);
        try {
            String text = StandardCharsets.UTF_8.newDecoder().decode(utf8).toString();
            head.skipBytes(bytes);
            return text;
        } catch (CharacterCodingException e) {
            throw new WireFormatException(field, bytes + " bytes", place(), "UTF-8", e);
        }
    }

    String name(String field) throws WireFormatException {
        long at = place();
        String text = text(field);
        check(field, text, at, Rules.name(text));
        return text;
    }

    String fileName() throws WireFormatException {
        long at = place();
        String text = text("file name");
        check("file name", text, at, Rules.fileName(text));
        return text;
    }

    SpaceKind kind() throws WireFormatException {
        long at = place();
        int code = code("kind");
        SpaceKind kind = SpaceKind.ofCode(code);
        if (kind == null) {
            throw new WireFormatException("kind", Integer.toString(code), at, "1 (task) or 2 (shared memory)");
        }
        return kind;
    }

    long address() throws WireFormatException {
        long at = place();
        long address = number("address");
        check("address", address, at, Rules.address(address));
        return address;
    }

    long fileOffset() throws WireFormatException {
        long at = place();
        long offset = number("file offset");
        check("file offset", offset, at, Rules.fileOffset(offset));
        return offset;
    }

    Totals totals() throws WireFormatException {
        return new Totals(number("files"), number("file bytes"), number("page bytes"), number("crc32c"));
    }

    /** Where the next field begins. */
    long place() {
        return streamOffset + head.readerIndex();
    }

    void end() throws WireFormatException {
        if (head.isReadable()) {
            throw new WireFormatException(
                    "head length",
                    Integer.toString(head.writerIndex()),
                    streamOffset,
                    head.readerIndex() + " for this type");
        }
    }

    static void check(String field, Object value, long at, @Nullable String expected) throws WireFormatException {
        if (expected != null) {
            throw new WireFormatException(field, printable(value.toString()), at, expected);
        }
    }

    private static String printable(String value) {
        return value.codePoints()
                .limit(300)
                .map(c -> Character.isISOControl(c) ? '?' : c)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }

    private void need(String field, int bytes) throws WireFormatException {
        if (head.readableBytes() < bytes) {
            throw new WireFormatException(
                    field, head.readableBytes() + " bytes", place(), bytes + " bytes left in the head");
        }
    }
}
