package norikae.linux;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * Messages to nf_tables that take effect together or not at all; linux/netfilter/nfnetlink.h and nf_tables.h. Numbers inside
 * are big-endian, headers are not. Confined to the thread that builds it.
 */
final class NetfilterBatch {

    static final int FAMILY_BRIDGE = 7;

    private static final int BYTES_MAX = 1024;
    private static final int HEADER_BYTES = 16; // struct nlmsghdr
    private static final short BATCH_BEGIN = 0x10;
    private static final short BATCH_END = 0x11;
    private static final int SUBSYSTEM = 10;
    private static final int NEW_ELEMENTS = 12;
    private static final int DELETE_ELEMENTS = 14;

    private static final short REQUEST = 1;
    private static final short ACK = 4;
    private static final short CREATE = 0x400;

    private static final int LIST_TABLE = 1;
    private static final int LIST_SET = 2;
    private static final int LIST_ELEMENTS = 3;
    private static final int LIST_ELEMENT = 1;
    private static final int ELEMENT_KEY = 1;
    private static final int ELEMENT_TIMEOUT = 4;
    private static final int DATA_VALUE = 1;
    private static final int NESTED = 0x8000;

    private final ByteBuffer bytes = ByteBuffer.allocate(BYTES_MAX).order(ByteOrder.nativeOrder());
    private final int firstSequence;
    private int sequence;
    private int start;

    NetfilterBatch(int firstSequence) {
        this.firstSequence = firstSequence;
        this.sequence = firstSequence;
        begin(BATCH_BEGIN, REQUEST, 0, SUBSYSTEM);
        end();
    }

    /** Empties a set. */
    NetfilterBatch flush(String table, String set) {
        begin(message(DELETE_ELEMENTS), (short) (REQUEST | ACK), FAMILY_BRIDGE, 0);
        text(LIST_TABLE, table);
        text(LIST_SET, set);
        end();
        return this;
    }

    /**
     * Puts keys into a set.
     *
     * @param timeoutMillis after which the kernel takes them out again; 0 for never
     */
    NetfilterBatch add(String table, String set, long timeoutMillis, short... keys) {
        begin(message(NEW_ELEMENTS), (short) (REQUEST | ACK | CREATE), FAMILY_BRIDGE, 0);
        text(LIST_TABLE, table);
        text(LIST_SET, set);
        int list = nest(LIST_ELEMENTS);
        for (short key : keys) {
            int element = nest(LIST_ELEMENT);
            int data = nest(ELEMENT_KEY);
            attribute(DATA_VALUE, new byte[] {(byte) (key >> 8), (byte) key});
            close(data);
            if (timeoutMillis > 0) {
                byte[] timeout = ByteBuffer.allocate(8).putLong(timeoutMillis).array();
                attribute(ELEMENT_TIMEOUT, timeout);
            }
            close(element);
        }
        close(list);
        end();
        return this;
    }

    byte[] finished() {
        begin(BATCH_END, REQUEST, 0, SUBSYSTEM);
        end();
        byte[] message = new byte[bytes.position()];
        bytes.get(0, message);
        return message;
    }

    /** Whether an answer with this number is to one of ours. */
    boolean has(int answered) {
        return answered - firstSequence >= 0 && answered - sequence < 0;
    }

    /** How many acknowledgements come if all is well. */
    int acknowledgements() {
        return sequence - firstSequence - 2; // all but the begin and the end, once finished
    }

    private static short message(int number) {
        return (short) (SUBSYSTEM << 8 | number);
    }

    private void begin(short type, short flags, int family, int resource) {
        start = bytes.position();
        bytes.putInt(0).putShort(type).putShort(flags).putInt(sequence++).putInt(0);
        bytes.put((byte) family).put((byte) 0).put((byte) (resource >> 8)).put((byte) resource); // struct nfgenmsg
    }

    private void end() {
        bytes.putInt(start, bytes.position() - start);
    }

    private int nest(int attribute) {
        int at = bytes.position();
        bytes.putShort((short) 0).putShort((short) (attribute | NESTED));
        return at;
    }

    private void close(int nest) {
        bytes.putShort(nest, (short) (bytes.position() - nest));
    }

    private void text(int attribute, String value) {
        attribute(attribute, (value + "\0").getBytes(StandardCharsets.US_ASCII));
    }

    private void attribute(int type, byte[] value) {
        bytes.putShort((short) (RouteMessage.ATTRIBUTE_HEADER_BYTES + value.length))
                .putShort((short) type)
                .put(value)
                .put(new byte[RouteMessage.padding(value.length)]);
    }

    static int headerBytes() {
        return HEADER_BYTES;
    }
}
