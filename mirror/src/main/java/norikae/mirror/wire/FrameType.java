package norikae.mirror.wire;

import org.jspecify.annotations.Nullable;

/** Kinds of frames, with the numbers that stand for them on the wire; a number is never used anew for something else. */
public enum FrameType {
    HELLO(1),
    WELCOME(2),
    REFUSED(3),
    DIRTY(4),
    RESUME(5),
    SYNC_BEGIN(6),
    SYNC_DATA(7),
    SYNC_ZERO(8),
    SYNC_END(9),
    SYNCED(10),
    /** Hashes of SHA-256. */
    RETIRED_11(11),
    DIFFERING(12),
    WRITE(13),
    ZERO(14),
    GENERATION(15),
    FLUSH(16),
    ACK(17),
    PING(18),
    PONG(19),
    FAILED(20),
    FLUSHED(21),
    HASHES(22),
    SETTLE(23);

    private static final FrameType[] BY_CODE = new FrameType[values().length + 1];

    static {
        for (FrameType type : values()) {
            BY_CODE[type.code] = type;
        }
    }

    private final int code;

    FrameType(int code) {
        this.code = code;
    }

    int code() {
        return code;
    }

    static @Nullable FrameType of(int code) {
        return code > 0 && code < BY_CODE.length ? BY_CODE[code] : null;
    }
}
