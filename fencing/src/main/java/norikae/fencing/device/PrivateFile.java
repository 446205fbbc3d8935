package norikae.fencing.device;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.Set;

/** A small file that may hold secrets, with the permissions that it was read under; immutable. */
public final class PrivateFile {

    private static final Set<PosixFilePermission> OWNERS =
            EnumSet.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE);

    private final Path path;
    private final byte[] bytes;
    private final Set<PosixFilePermission> permissions;

    private PrivateFile(Path path, byte[] bytes, Set<PosixFilePermission> permissions) {
        this.path = path;
        this.bytes = bytes;
        this.permissions = permissions;
    }

    /** Reads a file. @throws IOException naming the file and why it cannot be read, or that it is larger than allowed */
    public static PrivateFile read(Path path, int sizeMax) throws IOException {
        try (InputStream in = Files.newInputStream(path)) {
            Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(path, new LinkOption[0]);
            byte[] bytes = in.readNBytes(sizeMax + 1);
            if (bytes.length > sizeMax) {
                throw new IOException(path + " is larger than " + sizeMax + " bytes: is it the right file?");
            }
            return new PrivateFile(path, bytes, permissions);
        } catch (NoSuchFileException e) {
            throw new NoSuchFileException(path.toString(), null, "there is no such file");
        } catch (FileSystemException e) {
            throw new IOException(path + " cannot be read: " + e.getMessage(), e);
        }
    }

    public byte[] bytes() {
        return bytes.clone();
    }

    /** @throws IOException if anyone but the owner may do anything with the file */
    public void requirePrivate(String reason) throws IOException {
        if (!OWNERS.containsAll(permissions)) {
            throw new IOException(path + " has the permissions " + PosixFilePermissions.toString(permissions)
                    + ", so that others than its owner may use it, but " + reason + ": run chmod 600 " + path);
        }
    }
}
