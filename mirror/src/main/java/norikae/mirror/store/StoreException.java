package norikae.mirror.store;

import java.io.IOException;

/** A volume could not do what it was asked. Immutable. */
public final class StoreException extends IOException {

    private static final long serialVersionUID = 1L;

    /** What kind of trouble, as far as whoever asked can act on it. */
    public enum Kind {
        /** The disk failed; what the range now holds is not known. */
        DISK,
        /** The disk is full. */
        NO_SPACE,
        /** The range is not within the volume. */
        RANGE,
        /** The right to write has passed to somebody else, or was never given. */
        FENCED,
        /** The volume is closed, or gave up after an error that it must not forget. */
        CLOSED,
        /** What lies on disk is damaged, or is not this volume's. */
        DAMAGED
    }

    private final Kind kind;

    public StoreException(Kind kind, String message) {
        super(message);
        this.kind = kind;
    }

    public StoreException(Kind kind, String message, Throwable cause) {
        super(message, cause);
        this.kind = kind;
    }

    /** What the failure of {@code operation} was: the kind that it names itself, a full disk, or else the disk's. */
    public static StoreException of(String operation, IOException cause) {
        if (cause instanceof StoreException known) {
            return known;
        }
        String message = String.valueOf(cause.getMessage());
        Kind kind = message.contains("No space left on device")
                        || message.contains("ENOSPC")
                        || message.contains("Disk quota exceeded")
                        || message.contains("EDQUOT")
                ? Kind.NO_SPACE
                : Kind.DISK;
        return new StoreException(kind, operation + " failed: " + message, cause);
    }

    public Kind kind() {
        return kind;
    }
}
