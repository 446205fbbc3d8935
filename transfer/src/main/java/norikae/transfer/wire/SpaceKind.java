package norikae.transfer.wire;

import org.jspecify.annotations.Nullable;

/** Kinds of memory, as coded on the wire. */
public enum SpaceKind {
    TASK(1),
    SHARED_MEMORY(2),
    STORED(3);

    private final int code;

    SpaceKind(int code) {
        this.code = code;
    }

    int code() {
        return code;
    }

    static @Nullable SpaceKind ofCode(int code) {
        for (SpaceKind kind : values()) {
            if (kind.code == code) {
                return kind;
            }
        }
        return null;
    }
}
