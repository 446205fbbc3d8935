package norikae.agent.failover;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import norikae.failover.member.Beat;
import norikae.failover.member.Beat.View;
import norikae.failover.member.Beat.Word;
import norikae.failover.model.NodeId;

/**
 * A heartbeat as bytes, big-endian:
 *
 * <pre>
 *   u8 version  name from  u64 boot  u64 sentAt  u32 leaseMillis  u8 views
 *   each view:  name of    u64 boot  u8 silent   u8 word (0 none, 1 granted, 2 refused)  u64 value of the word
 *   name:       u8 length, ASCII
 * </pre>
 *
 * Stateless.
 */
final class BeatCodec {

    static final int BYTES_MAX = 8 << 10;
    private static final byte VERSION = 1;
    private static final int VIEWS_MAX = 64; // members of one cluster, which heartbeat in full mesh

    private BeatCodec() {}

    static byte[] encode(Beat beat) {
        ByteBuffer out = ByteBuffer.allocate(BYTES_MAX);
        out.put(VERSION);
        name(out, beat.from());
        out.putLong(beat.boot()).putLong(beat.sentAtNanos()).putInt(beat.leaseMillis());
        if (beat.views().size() > VIEWS_MAX) {
            throw new IllegalArgumentException(beat.views().size() + " members, at most " + VIEWS_MAX);
        }
        out.put((byte) beat.views().size());
        for (View view : beat.views()) {
            name(out, view.of());
            out.putLong(view.boot()).put((byte) (view.silent() ? 1 : 0));
            switch (view.word()) {
                case Word.None _ -> out.put((byte) 0).putLong(0);
                case Word.Granted granted -> out.put((byte) 1).putLong(granted.sentAtNanos());
                case Word.Refused refused -> out.put((byte) 2).putLong(refused.ageMillis());
            }
        }
        byte[] bytes = new byte[out.position()];
        out.get(0, bytes);
        return bytes;
    }

    /** @throws IllegalArgumentException telling what is wrong with it */
    static Beat decode(byte[] bytes) {
        ByteBuffer in = ByteBuffer.wrap(bytes);
        try {
            byte version = in.get();
            if (version != VERSION) {
                throw new IllegalArgumentException("heartbeat of version " + version + ", known is " + VERSION);
            }
            NodeId from = name(in);
            long boot = in.getLong();
            long sentAt = in.getLong();
            int lease = in.getInt();
            int count = in.get() & 0xff;
            if (lease < 0 || count > VIEWS_MAX) {
                throw new IllegalArgumentException("heartbeat with lease " + lease + " and " + count + " views");
            }
            List<View> views = new ArrayList<>(count);
            for (int i = 0; i < count; i++) {
                views.add(view(in));
            }
            if (in.hasRemaining()) {
                throw new IllegalArgumentException("heartbeat with " + in.remaining() + " bytes too many");
            }
            return new Beat(from, boot, sentAt, lease, views);
        } catch (BufferUnderflowException e) {
            throw new IllegalArgumentException("heartbeat of " + bytes.length + " bytes is cut short", e);
        }
    }

    private static View view(ByteBuffer in) {
        NodeId of = name(in);
        long boot = in.getLong();
        byte silent = in.get();
        byte kind = in.get();
        long value = in.getLong();
        if (silent < 0 || silent > 1) {
            throw new IllegalArgumentException("heartbeat's view of " + of + " has flag " + silent);
        }
        Word word =
                switch (kind) {
                    case 0 -> new Word.None();
                    case 1 -> new Word.Granted(value);
                    case 2 -> new Word.Refused(value);
                    default -> throw new IllegalArgumentException("heartbeat's view of " + of + " has word " + kind);
                };
        return new View(of, boot, silent == 1, word);
    }

    private static void name(ByteBuffer out, NodeId id) {
        byte[] text = id.value().getBytes(StandardCharsets.US_ASCII);
        out.put((byte) text.length).put(text);
    }

    private static NodeId name(ByteBuffer in) {
        byte[] text = new byte[in.get() & 0xff];
        in.get(text);
        return new NodeId(new String(text, StandardCharsets.US_ASCII));
    }
}
