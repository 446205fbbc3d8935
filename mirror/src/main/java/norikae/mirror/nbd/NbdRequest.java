package norikae.mirror.nbd;

import io.netty.buffer.ByteBuf;

/** A request as its header tells it; nothing in it has been checked but the magic. */
record NbdRequest(int flags, int command, long cookie, long offset, long length) {

    static final int BYTES = 28;

    /** Reads one; null if the magic is not a request's. */
    static @org.jspecify.annotations.Nullable NbdRequest read(ByteBuf in) {
        if (in.readInt() != Nbd.REQUEST_MAGIC) {
            return null;
        }
        return new NbdRequest(
                in.readUnsignedShort(), in.readUnsignedShort(), in.readLong(), in.readLong(), in.readUnsignedInt());
    }

    boolean has(int flag) {
        return (flags & flag) != 0;
    }

    /** Whether the range lies within a disk of this size. */
    boolean isWithin(long size) {
        return offset >= 0 && length <= size && offset <= size - length;
    }
}
