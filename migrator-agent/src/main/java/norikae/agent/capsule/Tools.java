package norikae.agent.capsule;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * The standard programs that launches and mounts are made of. They run as root, so they are looked up in the system's directories and
 * nowhere else: never in the PATH that a service was given.
 */
public final class Tools {

    public static final List<String> DIRECTORIES =
            List.of("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin");
    private static final Map<String, String> PACKAGES = Map.of(
            "tini", "tini", "nbdfuse", "libnbd-bin", "nbdkit", "nbdkit", "mkfs.ext4", "e2fsprogs", "sync", "coreutils");
    private static final String PACKAGE_DEFAULT = "util-linux";

    private Tools() {}

    /** The absolute path of a tool. @throws CapsuleException naming the package that has it */
    public static String find(String name) throws CapsuleException {
        for (String directory : DIRECTORIES) {
            Path path = Path.of(directory, name);
            if (Files.isExecutable(path)) {
                return path.toString();
            }
        }
        throw new CapsuleException("this node has no program '" + name + "' in " + DIRECTORIES
                + ": install the package " + PACKAGES.getOrDefault(name, PACKAGE_DEFAULT));
    }
}
