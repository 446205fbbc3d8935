package norikae.mirror.nbd;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.nio.charset.StandardCharsets;
import java.util.List;
import norikae.mirror.store.Extent;

/** Replies as bytes. Immutable. */
record NbdReplies(ByteBufAllocator alloc, boolean structured) {

    private static final int CHUNK_HEAD_BYTES = 20;
    private static final int MESSAGE_CHARS_MAX = 1000;

    ByteBuf success(long cookie) {
        return simple(cookie, 0);
    }

    ByteBuf failure(long cookie, int error, String message) {
        if (!structured) {
            return simple(cookie, error);
        }
        byte[] text = (message.length() > MESSAGE_CHARS_MAX ? message.substring(0, MESSAGE_CHARS_MAX) : message)
                .getBytes(StandardCharsets.UTF_8);
        return chunk(Nbd.CHUNK_DONE, Nbd.CHUNK_ERROR, cookie, 6 + text.length)
                .writeInt(error)
                .writeShort(text.length)
                .writeBytes(text);
    }

    private ByteBuf simple(long cookie, int error) {
        return alloc.buffer(16).writeInt(Nbd.SIMPLE_REPLY_MAGIC).writeInt(error).writeLong(cookie);
    }

    private ByteBuf chunk(int flags, int type, long cookie, int payload) {
        return alloc.buffer(CHUNK_HEAD_BYTES + Math.min(payload, 4096))
                .writeInt(Nbd.STRUCTURED_REPLY_MAGIC)
                .writeShort(flags)
                .writeShort(type)
                .writeLong(cookie)
                .writeInt(payload);
    }

    /** What precedes {@code bytes} of data read at {@code offset}. */
    ByteBuf dataHead(long cookie, long offset, int bytes, boolean last) {
        return structured
                ? chunk(last ? Nbd.CHUNK_DONE : 0, Nbd.CHUNK_OFFSET_DATA, cookie, 8 + bytes)
                        .writeLong(offset)
                : simple(cookie, 0);
    }

    ByteBuf hole(long cookie, Extent hole, boolean last) {
        return chunk(last ? Nbd.CHUNK_DONE : 0, Nbd.CHUNK_OFFSET_HOLE, cookie, 12)
                .writeLong(hole.offset())
                .writeInt((int) hole.bytes());
    }

    ByteBuf status(long cookie, List<Extent> extents) {
        ByteBuf reply = chunk(Nbd.CHUNK_DONE, Nbd.CHUNK_BLOCK_STATUS, cookie, 4 + 8 * extents.size())
                .writeInt(Nbd.BASE_ALLOCATION_ID);
        for (Extent extent : extents) {
            reply.writeInt((int) extent.bytes());
            reply.writeInt(extent.hole() ? Nbd.STATE_HOLE | Nbd.STATE_ZERO : 0);
        }
        return reply;
    }
}
