package norikae.fencing.ipmi;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * A datagram of RMCP+, without what protects it.
 *
 * <pre>
 * RMCP      06 00 ff 07
 * session   06, payload type and flags, session id (4), sequence (4), payload length (2); all little-endian
 * payload
 * trailer   only if signed: ff padding to a multiple of 4, its length, 07, signature over session..07
 * </pre>
 */
final class Packet {

    static final int IPMI = 0x00;
    static final int OPEN_SESSION_REQUEST = 0x10;
    static final int OPEN_SESSION_RESPONSE = 0x11;
    static final int RAKP_1 = 0x12;
    static final int RAKP_2 = 0x13;
    static final int RAKP_3 = 0x14;
    static final int RAKP_4 = 0x15;

    static final int ENCRYPTED = 0x80;
    static final int SIGNED = 0x40;

    /** Far more than any answer that we ask for. */
    static final int LENGTH_MAX = 1024;

    static final int RMCP_LENGTH = 4;
    static final int HEADER_LENGTH = RMCP_LENGTH + 12;

    private static final byte[] RMCP = {0x06, 0x00, (byte) 0xff, 0x07};
    private static final int RMCP_PLUS = 0x06;
    private static final int TYPE_MASK = 0x3f;

    private final int typeAndFlags;
    private final int sessionId;
    private final int sequence;
    private final byte[] payload;

    Packet(int typeAndFlags, int sessionId, int sequence, byte[] payload) {
        this.typeAndFlags = typeAndFlags;
        this.sessionId = sessionId;
        this.sequence = sequence;
        this.payload = payload;
    }

    /** A packet outside of any session. */
    static Packet plain(int type, byte[] payload) {
        return new Packet(type, 0, 0, payload);
    }

    /** Reads the header and the payload; the trailer, if there is one, is not looked at. */
    static Packet decode(byte[] datagram) throws MalformedPacketException {
        if (datagram.length < HEADER_LENGTH || datagram.length > LENGTH_MAX) {
            throw new MalformedPacketException("a datagram of " + datagram.length + " bytes");
        }
        ByteBuffer in = ByteBuffer.wrap(datagram).order(ByteOrder.LITTLE_ENDIAN);
        // The RMCP sequence is ff, "do not acknowledge"; some write 0. Only version and class tell what this is.
        if (datagram[0] != RMCP[0] || (datagram[3] & 0x1f) != RMCP[3] || datagram[RMCP_LENGTH] != RMCP_PLUS) {
            throw new MalformedPacketException("not RMCP+");
        }
        in.position(RMCP_LENGTH + 1);
        int type = Byte.toUnsignedInt(in.get());
        int sessionId = in.getInt();
        int sequence = in.getInt();
        int length = Short.toUnsignedInt(in.getShort());
        if (length > in.remaining()) {
            throw new MalformedPacketException("payload of " + length + " bytes in " + in.remaining());
        }
        return new Packet(
                type, sessionId, sequence, Arrays.copyOfRange(datagram, HEADER_LENGTH, HEADER_LENGTH + length));
    }

    byte[] encode() {
        ByteBuffer out = ByteBuffer.allocate(HEADER_LENGTH + payload.length).order(ByteOrder.LITTLE_ENDIAN);
        out.put(RMCP).put((byte) RMCP_PLUS).put((byte) typeAndFlags);
        out.putInt(sessionId).putInt(sequence).putShort((short) payload.length).put(payload);
        return out.array();
    }

    int type() {
        return typeAndFlags & TYPE_MASK;
    }

    /** Whether all of these flags are set. */
    boolean has(int flags) {
        return (typeAndFlags & flags) == flags;
    }

    int sessionId() {
        return sessionId;
    }

    int sequence() {
        return sequence;
    }

    byte[] payload() {
        return payload;
    }
}
