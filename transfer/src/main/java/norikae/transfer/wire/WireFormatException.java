package norikae.transfer.wire;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** The bytes received are not what the wire allows. Names the field, its value, its place, and what was expected. */
public final class WireFormatException extends IOException {

    private final String field;
    private final long streamOffset;

    WireFormatException(String field, String value, long streamOffset, String expected) {
        this(field, value, streamOffset, expected, null);
    }

    WireFormatException(String field, String value, long streamOffset, String expected, @Nullable Throwable cause) {
        super(
                "wire format: " + field + "=" + value + " at byte " + streamOffset + " of the stream; expected "
                        + expected,
                cause);
        this.field = field;
        this.streamOffset = streamOffset;
    }

    /** The field that is wrong. */
    public String field() {
        return field;
    }

    /** Where that field begins, counted from the first byte of the connection's plain text. */
    public long streamOffset() {
        return streamOffset;
    }
}
