package norikae.mirror.wire;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.util.ReferenceCountUtil;
import java.nio.charset.StandardCharsets;

/**
 * One message between a primary and a replica. What the numbers mean depends on the type:
 *
 * <pre>
 * type          number       offset      length            payload
 * WRITE         of the op    where       payload's bytes   what to write
 * ZERO          of the op    where       how many bytes    none; flag RELEASE: room may be given back
 * GENERATION    of the op    0           0                 the primary's record
 * SYNC_DATA     0            where       payload's bytes   what the primary has there
 * SYNC_ZERO     0            where       how many bytes    none
 * SYNC_END      last op      0           0                 the primary's record
 * HASHES        token        where       how many bytes    a key of 32 bytes, and 24 bytes for each block of 64 KiB
 * DIFFERING     token        0           0                 a bit for each block, the lowest first
 * FLUSH         last op      token or 0  0                 none
 * FLUSHED       token        0           0                 none; answers a FLUSH with a token
 * SETTLE        last op      0           0                 none; a FLUSH that what follows need not wait for
 * ACK           written      stable      received          none; all are numbers of ops
 * SYNCED        last op      0           0                 none
 * DIRTY         0            0           0                 pairs of offset and bytes; none ends the list
 * PING, PONG    any          0           0                 none; a PONG has the PING's number
 * WELCOME       applied      0           0                 instance, and the replica's record
 * HELLO         0            0           0                 node, mode, choice, and the primary's record
 * REFUSED       0            0           0                 see Hello.refusal
 * FAILED        0            0           0                 text
 * </pre>
 *
 * @param payload belongs to the frame; empty if there is none
 */
public record Frame(FrameType type, int flags, long number, long offset, long length, ByteBuf payload) {

    /** Flag of ZERO and SYNC_ZERO. */
    public static final int RELEASE = 1;

    /** The longest payload: longer writes are cut. */
    public static final int PAYLOAD_BYTES_MAX = 1 << 20;

    /** The bytes that one hash stands for. */
    public static final int HASHED_BYTES = 64 * 1024;

    public static final int HASH_BYTES = 24;

    public static Frame of(FrameType type, long number) {
        return new Frame(type, 0, number, 0, 0, Unpooled.EMPTY_BUFFER);
    }

    public static Frame text(FrameType type, long number, String text) {
        return new Frame(type, 0, number, 0, 0, Unpooled.copiedBuffer(text, StandardCharsets.UTF_8));
    }

    public static Frame data(FrameType type, long number, long offset, ByteBuf payload) {
        return new Frame(type, 0, number, offset, payload.readableBytes(), payload);
    }

    public static Frame zero(FrameType type, long number, long offset, long bytes, boolean release) {
        return new Frame(type, release ? RELEASE : 0, number, offset, bytes, Unpooled.EMPTY_BUFFER);
    }

    /** The payload as text. */
    public String text() {
        return payload.toString(StandardCharsets.UTF_8);
    }

    public boolean has(int flag) {
        return (flags & flag) != 0;
    }

    /** About how much memory it holds. */
    public int weight() {
        return payload.readableBytes() + FrameCodec.HEADER_BYTES;
    }

    public void release() {
        ReferenceCountUtil.release(payload);
    }

    @Override
    public String toString() {
        return type + "(number=" + number + " offset=" + offset + " length=" + length + " payload="
                + (payload.refCnt() > 0 ? payload.readableBytes() : -1) + ")";
    }
}
