package norikae.transfer.wire;

import io.netty.buffer.ByteBuf;

/**
 * A frame's fixed header, each field checked.
 *
 * @param head bytes of the type's own fields
 * @param payload bytes of the payload on the wire
 * @param raw bytes of the payload unpacked
 */
record Header(FrameType type, boolean packed, int head, int payload, int raw, int crc) {

    int frameBytes() {
        return WireFormat.HEADER_BYTES + head + payload;
    }

    /** Reads the header at {@code in}'s reader index, which does not move. */
    static Header read(ByteBuf in, long streamOffset) throws WireFormatException {
        int at = in.readerIndex();
        int magic = in.getInt(at);
        if (magic != WireFormat.MAGIC) {
            throw new WireFormatException(
                    "magic", "0x%08x".formatted(magic), streamOffset, "0x%08x ('NRKF')".formatted(WireFormat.MAGIC));
        }
        int version = in.getUnsignedByte(at + WireFormat.OFFSET_VERSION);
        if (version != WireFormat.VERSION) {
            throw wrong("version", version, streamOffset + WireFormat.OFFSET_VERSION, "" + WireFormat.VERSION);
        }
        int code = in.getUnsignedByte(at + WireFormat.OFFSET_TYPE);
        FrameType type = FrameType.ofCode(code);
        if (type == null) {
            throw wrong("type", code, streamOffset + WireFormat.OFFSET_TYPE, "a type of version 1");
        }
        int flags = in.getUnsignedByte(at + WireFormat.OFFSET_FLAGS);
        if ((flags & ~WireFormat.FLAG_LZ4) != 0) {
            throw wrong("flags", flags, streamOffset + WireFormat.OFFSET_FLAGS, "0, or 1 (LZ4)");
        }
        int reserved = in.getUnsignedByte(at + WireFormat.OFFSET_RESERVED);
        if (reserved != 0) {
            throw wrong("reserved", reserved, streamOffset + WireFormat.OFFSET_RESERVED, "0");
        }
        int payloadMax = type.isBulk() ? WireFormat.PAYLOAD_BYTES_MAX : 0;
        int head = length(in, "head length", WireFormat.OFFSET_HEAD_LENGTH, WireFormat.HEAD_BYTES_MAX, streamOffset);
        int payload = length(in, "payload length", WireFormat.OFFSET_PAYLOAD_LENGTH, payloadMax, streamOffset);
        int raw = length(in, "raw length", WireFormat.OFFSET_RAW_LENGTH, payloadMax, streamOffset);
        boolean packed = flags == WireFormat.FLAG_LZ4;
        if (packed ? payload >= raw : payload != raw) {
            throw wrong(
                    "raw length",
                    raw,
                    streamOffset + WireFormat.OFFSET_RAW_LENGTH,
                    (packed ? "more than" : "as much as") + " the payload length, " + payload);
        }
        return new Header(type, packed, head, payload, raw, in.getInt(at + WireFormat.OFFSET_CRC));
    }

    private static int length(ByteBuf in, String field, int offset, int max, long streamOffset)
            throws WireFormatException {
        long length = in.getUnsignedInt(in.readerIndex() + offset);
        if (length > max) {
            throw wrong(field, length, streamOffset + offset, "0 to " + max);
        }
        return (int) length;
    }

    private static WireFormatException wrong(String field, long value, long at, String expected) {
        return new WireFormatException(field, Long.toString(value), at, expected);
    }
}
