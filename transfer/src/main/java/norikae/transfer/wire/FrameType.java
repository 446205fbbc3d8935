package norikae.transfer.wire;

import org.jspecify.annotations.Nullable;

/** Frame types and their codes. A code once given is never given to another type. */
public enum FrameType {
    /** Head: move id, service, epoch (i64), source node. */
    HELLO(1, false),
    /** Head: empty. */
    WELCOME(2, false),
    /** Head: code (u8, {@link RefusalCode}), message. */
    REFUSED(3, false),
    /** Head: kind (u8, {@link SpaceKind}), space id (i64), address (i64). Payload: pages. */
    PAGES(16, true),
    /** Head: kind (u8), space id (i64), address (i64), count of pages (i64). */
    ZERO_PAGES(17, false),
    /** Head: offset (i64), file name. Payload: contents. */
    FILE_CHUNK(18, true),
    /** Head: files, file bytes, page bytes, CRC32C (i64 each). */
    IMAGES_COMPLETE(32, false),
    /** Head: as IMAGES_COMPLETE. */
    RECEIVED(33, false),
    /** Head: empty. */
    FROZEN(34, false),
    /** Head: empty. */
    FILES_COMPLETE(35, false),
    /** Head: message. */
    FAILED(48, false),
    /** Head: reason. */
    ABORT(49, false);

    private final int code;
    private final boolean bulk;

    FrameType(int code, boolean bulk) {
        this.code = code;
        this.bulk = bulk;
    }

    int code() {
        return code;
    }

    /** Whether frames of this type have a payload. */
    boolean isBulk() {
        return bulk;
    }

    static @Nullable FrameType ofCode(int code) {
        for (FrameType type : values()) {
            if (type.code == code) {
                return type;
            }
        }
        return null;
    }
}
