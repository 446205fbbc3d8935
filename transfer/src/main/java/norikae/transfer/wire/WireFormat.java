package norikae.transfer.wire;

/** Numbers of the wire, and the limits that both sides hold. */
public final class WireFormat {

    /** {@code NRKF}. */
    public static final int MAGIC = 0x4E52_4B46;

    /** The version that this code speaks; there is no other yet. */
    public static final int VERSION = 1;

    /** Flag: the payload is one LZ4 block. */
    public static final int FLAG_LZ4 = 0x01;

    /** Bytes of the fixed header. */
    public static final int HEADER_BYTES = 24;

    /** Of the type's own fields; the longest is a message. */
    public static final int HEAD_BYTES_MAX = 4 * 1024;

    /** Of a payload, compressed or raw: bounds what one frame makes the receiver hold. */
    public static final int PAYLOAD_BYTES_MAX = 1024 * 1024;

    /** What a page is, on both sides. */
    public static final int PAGE_BYTES = 4096;

    /** Pages in one {@link Frame.ZeroPages}: 1 TiB, more than any mapping that we expect to be empty. */
    public static final long ZERO_PAGES_MAX = 1L << 28;

    /** Characters in a file name, a move id, the name of a node or of a service. */
    public static final int NAME_CHARS_MAX = 255;

    /** Characters in a message; longer ones are cut by the sender. */
    public static final int MESSAGE_CHARS_MAX = 1000;

    static final int OFFSET_VERSION = 4;
    static final int OFFSET_TYPE = 5;
    static final int OFFSET_FLAGS = 6;
    static final int OFFSET_RESERVED = 7;
    static final int OFFSET_HEAD_LENGTH = 8;
    static final int OFFSET_PAYLOAD_LENGTH = 12;
    static final int OFFSET_RAW_LENGTH = 16;
    static final int OFFSET_CRC = 20;

    private WireFormat() {}
}
