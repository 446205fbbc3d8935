package norikae.agent.security;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.Set;

/** Names and permissions of the files in a {@code pki} directory. */
final class PkiFiles {

    private static final Set<PosixFilePermission> OWNER_ONLY = PosixFilePermissions.fromString("rwx------");

    private PkiFiles() {}

    static Path authority(Path pki) {
        return pki.resolve("ca.crt");
    }

    static Path authorityKey(Path pki) {
        return pki.resolve("ca.key");
    }

    static Path certificate(Path pki) {
        return pki.resolve("node.crt");
    }

    static Path key(Path pki) {
        return pki.resolve("node.key");
    }

    /** Makes {@code pki} if need be, for its owner alone. */
    static void directory(Path pki) throws IOException {
        Files.createDirectories(pki, PosixFilePermissions.asFileAttribute(OWNER_ONLY));
        Files.setPosixFilePermissions(pki, OWNER_ONLY);
    }

    static void requireSecret(Path file) throws IOException {
        Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(file);
        Set<PosixFilePermission> others = EnumSet.noneOf(PosixFilePermission.class);
        others.addAll(permissions);
        others.removeAll(OWNER_ONLY);
        if (!others.isEmpty()) {
            throw new IOException("private key " + file + " is open to others ("
                    + PosixFilePermissions.toString(permissions) + "): run 'chmod 600 " + file
                    + "', and renew it if anyone may have read it");
        }
    }
}
