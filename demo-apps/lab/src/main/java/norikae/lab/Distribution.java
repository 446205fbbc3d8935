package norikae.lab;

import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The Norikae that this program belongs to.
 *
 * @param root its top folder, with {@code bin} and {@code target/norikae}
 * @param javaHome the JDK that runs us
 */
public record Distribution(Path root, Path javaHome) {

    /** System property, set by the scripts in {@code bin}, that names {@link #root}. */
    public static final String ROOT_PROPERTY = "norikae.distribution";

    /** The one that the scripts named, or else the project around the working directory. */
    public static Distribution ofThisProcess() {
        Path javaHome = Path.of(System.getProperty("java.home", "/"));
        String named = System.getProperty(ROOT_PROPERTY);
        @Nullable Path root = named != null ? Path.of(named) : Path.of("").toAbsolutePath();
        while (root != null && !Files.exists(root.resolve("bin/norikaed"))) {
            root = root.getParent();
        }
        if (root == null) {
            throw new LabException("found no bin/norikaed in " + (named != null ? named : "the working directory")
                    + " and above: start this through bin/norikae, or set -D" + ROOT_PROPERTY);
        }
        return new Distribution(root, javaHome);
    }

    public Path program(String name) {
        return root.resolve("bin").resolve(name);
    }

    /** A jar of ours or of a library, for example {@code norikae-ledger}, by the beginning of its name. */
    public Path jar(String artifact) {
        Path lib = root.resolve("target/norikae/lib");
        try (var jars = Files.newDirectoryStream(lib, artifact + "-[0-9]*.jar")) {
            for (Path jar : jars) {
                return jar;
            }
        } catch (java.io.IOException e) {
            throw new LabException("cannot look into " + lib + ": " + e + "; run bin/setup", e);
        }
        throw new LabException("no " + artifact + "-*.jar in " + lib + ": run bin/setup");
    }
}
