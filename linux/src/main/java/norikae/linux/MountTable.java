package norikae.linux;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** /proc/thread-self/mounts: file systems as the calling thread sees them. Thread-safe. */
final class MountTable {

    private static final Path FILE = Path.of("/proc/thread-self/mounts");

    private MountTable() {}

    record Mount(String source, Path target, String type, List<String> options) {}

    static List<Mount> read() throws IOException {
        List<Mount> mounts = new ArrayList<>();
        for (String line : Files.readAllLines(FILE)) {
            String[] f = line.split(" ");
            if (f.length < 4) {
                throw new IOException(FILE + " has a line that cannot be read: " + line);
            }
            mounts.add(new Mount(unescape(f[0]), Path.of(unescape(f[1])), f[2], Arrays.asList(f[3].split(","))));
        }
        return mounts;
    }

    /** The kernel writes space, tab, newline and backslash as three octal digits. */
    static String unescape(String text) {
        if (text.indexOf('\\') < 0) {
            return text;
        }
        byte[] in = text.getBytes(StandardCharsets.UTF_8);
        byte[] out = new byte[in.length];
        int length = 0;
        for (int i = 0; i < in.length; i++) {
            if (in[i] == '\\' && i + 3 < in.length && octal(in[i + 1]) && octal(in[i + 2]) && octal(in[i + 3])) {
                out[length++] = (byte) ((in[i + 1] - '0') << 6 | (in[i + 2] - '0') << 3 | (in[i + 3] - '0'));
                i += 3;
            } else {
                out[length++] = in[i];
            }
        }
        return new String(out, 0, length, StandardCharsets.UTF_8);
    }

    private static boolean octal(byte digit) {
        return digit >= '0' && digit <= '7';
    }
}
