package norikae.agent.capsule;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** A line of /etc/passwd. */
record Account(String name, int uid, int gid, String home) {

    private static final Path FILE = Path.of("/etc/passwd");
    private static final int FIELDS = 7;

    boolean root() {
        return uid == 0;
    }

    /** @throws CapsuleException if this node has no such account */
    static Account of(String name) throws CapsuleException {
        try {
            for (String line : Files.readAllLines(FILE, StandardCharsets.ISO_8859_1)) {
                String[] f = line.split(":", -1);
                if (f.length == FIELDS && f[0].equals(name)) {
                    return new Account(name, Integer.parseInt(f[2]), Integer.parseInt(f[3]), f[5]);
                }
            }
        } catch (IOException | NumberFormatException e) {
            throw new CapsuleException(FILE + " cannot be read: " + e.getMessage(), e);
        }
        throw new CapsuleException("user '" + name + "' has no account on this node: create it");
    }
}
