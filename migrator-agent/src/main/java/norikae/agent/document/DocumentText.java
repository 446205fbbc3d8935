package norikae.agent.document;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The text of a document before it is parsed: UTF-8, bounded in size.
 *
 * @param name how messages call it
 */
public record DocumentText(String name, String text) {

    /** Nobody writes more by hand; more is the wrong file. */
    public static final int BYTES_MAX = 1 << 20;

    /** Reads a file; its path as given is its name in messages. */
    public static DocumentText of(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            return of(file.toString(), in);
        }
    }

    /** Reads a stream to its end, or to one byte more than a document may have. */
    public static DocumentText of(String name, InputStream in) throws IOException {
        byte[] bytes = in.readNBytes(BYTES_MAX + 1);
        if (bytes.length > BYTES_MAX) {
            throw InvalidDocumentException.of(
                    new Place(name, 1, 1), "the file is larger than 1 MiB: this is not the file you mean");
        }
        return new DocumentText(name, decode(name, bytes));
    }

    private static String decode(String name, byte[] bytes) {
        ByteBuffer in = ByteBuffer.wrap(bytes);
        CharBuffer out = CharBuffer.allocate(bytes.length);
        CoderResult result = StandardCharsets.UTF_8.newDecoder().decode(in, out, true);
        out.flip();
        if (result.isError()) {
            throw InvalidDocumentException.of(
                    placeAfter(name, out),
                    "byte 0x%02x is not UTF-8: save the file as UTF-8".formatted(in.get(in.position())));
        }
        String text = out.toString();
        return text.startsWith("\uFEFF") ? text.substring(1) : text;
    }

    private static Place placeAfter(String name, CharSequence read) {
        int line = 1;
        int column = 1;
        for (int i = 0; i < read.length(); i++) {
            if (read.charAt(i) == '\n') {
                line++;
                column = 1;
            } else {
                column++;
            }
        }
        return new Place(name, line, column);
    }

    Place placeAt(int index) {
        return placeAfter(name, text.subSequence(0, Math.min(index, text.length())));
    }

    Place start() {
        return new Place(name, 1, 1);
    }
}
