package norikae.transfer.wire;

import org.jspecify.annotations.Nullable;

/** What contents of frames must hold; asked before sending and after receiving. Each answers a problem, or null. */
final class Rules {

    private Rules() {}

    static @Nullable String name(String name) {
        if (name.isEmpty() || name.length() > WireFormat.NAME_CHARS_MAX) {
            return "1 to " + WireFormat.NAME_CHARS_MAX + " characters";
        }
        return null;
    }

    static @Nullable String fileName(String name) {
        String length = name(name);
        if (length != null) {
            return length;
        }
        boolean plain = !name.contains("/")
                && !name.contains("..")
                && !name.equals(".")
                && name.chars().noneMatch(Character::isISOControl);
        return plain ? null : "a plain file name without '/', '..' and control characters";
    }

    static @Nullable String address(long address) {
        return address >= 0 && address % WireFormat.PAGE_BYTES == 0 ? null : "a multiple of 4096, not negative";
    }

    static @Nullable String pageBytes(long address, long bytes) {
        boolean fits = bytes > 0
                && bytes <= WireFormat.PAYLOAD_BYTES_MAX
                && bytes % WireFormat.PAGE_BYTES == 0
                && address <= Long.MAX_VALUE - bytes;
        return fits
                ? null
                : "a multiple of 4096 from 4096 to " + WireFormat.PAYLOAD_BYTES_MAX + " that fits above address";
    }

    static @Nullable String zeroPages(long address, long count) {
        boolean fits = count > 0
                && count <= WireFormat.ZERO_PAGES_MAX
                && address <= Long.MAX_VALUE - count * WireFormat.PAGE_BYTES;
        return fits ? null : "1 to " + WireFormat.ZERO_PAGES_MAX + " pages that fit above address";
    }

    static @Nullable String fileOffset(long offset) {
        return offset >= 0 && offset <= Long.MAX_VALUE - WireFormat.PAYLOAD_BYTES_MAX
                ? null
                : "an offset, not negative";
    }

    /** For what this side makes itself: a breach is a programmer's error. */
    static void require(String field, Object value, @Nullable String expected) {
        if (expected != null) {
            throw new IllegalArgumentException(field + "=" + value + "; expected " + expected);
        }
    }
}
