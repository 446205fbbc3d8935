package norikae.fencing.device;

import com.fasterxml.jackson.annotation.JsonCreator;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** A password that shows itself to no log and to no message; immutable. */
public final class Secret {

    private static final int LENGTH_MAX = 1024;

    private final String value;

    private Secret(String value) {
        this.value = value;
    }

    @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
    public static Secret of(String value) {
        if (value.isEmpty() || value.length() > LENGTH_MAX || value.chars().anyMatch(c -> c < ' ')) {
            throw new IllegalArgumentException(
                    "a password has 1 to " + LENGTH_MAX + " characters, and none of them is a control character");
        }
        return new Secret(value);
    }

    /**
     * The password that is written in the settings, or the one in the file that they name.
     *
     * @param device which says whose password it is
     */
    public static Secret resolve(@Nullable Secret written, @Nullable Path file, Path home, String device)
            throws IOException {
        if (written != null) {
            return written;
        }
        if (file == null) {
            throw new IllegalArgumentException(device + " has neither a password nor a passwordFile");
        }
        Path path = home.resolve(file);
        PrivateFile read = PrivateFile.read(path, 2 * LENGTH_MAX);
        read.requirePrivate("it holds the password of " + device);
        String text = new String(read.bytes(), StandardCharsets.UTF_8).stripTrailing();
        try {
            return of(text);
        } catch (IllegalArgumentException e) {
            throw new IOException(path + " holds no password for " + device + ": " + e.getMessage());
        }
    }

    /** Refuses settings that write a password twice, or, if one is needed, nowhere. */
    public static void requireOne(@Nullable Secret written, @Nullable Path file) {
        if (written == null && file == null) {
            throw new IllegalArgumentException("there is neither password nor passwordFile: write one of them");
        }
        requireAtMostOne(written, file);
    }

    /** Refuses settings that write a password twice. */
    public static void requireAtMostOne(@Nullable Secret written, @Nullable Path file) {
        if (written != null && file != null) {
            throw new IllegalArgumentException("there are both password and passwordFile: keep one of them");
        }
    }

    /** The password itself, for the device alone. */
    public String reveal() {
        return value;
    }

    public byte[] bytes() {
        return value.getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public String toString() {
        return "(secret)";
    }
}
