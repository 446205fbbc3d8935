package norikae.linux;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Optional;

/** A group of one cgroup v1 controller, for limits where v2 has no controllers. Thread-safe. */
public final class LegacyCgroup {

    private final Path directory;

    private LegacyCgroup(Path directory) {
        this.directory = directory;
    }

    /** The root of a v1 controller, such as {@code memory}; empty where it is not mounted. */
    public static Optional<LegacyCgroup> controller(String name) throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/mounts"))) {
            String[] fields = line.split(" ");
            if (fields.length > 3
                    && fields[2].equals("cgroup")
                    && Arrays.asList(fields[3].split(",")).contains(name)) {
                return Optional.of(new LegacyCgroup(Path.of(fields[1])));
            }
        }
        return Optional.empty();
    }

    public static LegacyCgroup at(Path directory) {
        return new LegacyCgroup(directory);
    }

    public LegacyCgroup child(String name) {
        return new LegacyCgroup(directory.resolve(name));
    }

    public LegacyCgroup create() throws IOException {
        Files.createDirectories(directory);
        return this;
    }

    public Path directory() {
        return directory;
    }

    public Path procsFile() {
        return directory.resolve("cgroup.procs");
    }

    /** Writes one of the controller's files, such as {@code memory.limit_in_bytes}. */
    public void set(String file, String value) throws IOException {
        Files.writeString(directory.resolve(file), value, StandardOpenOption.WRITE);
    }

    public String get(String file) throws IOException {
        return Files.readString(directory.resolve(file)).strip();
    }

    /** Removes an empty group; repeated for a moment, because exiting tasks leave it late. */
    public void remove() throws IOException {
        for (int attempt = 0; ; attempt++) {
            try {
                Files.deleteIfExists(directory);
                return;
            } catch (IOException e) {
                if (attempt == 200) {
                    throw e;
                }
                java.util.concurrent.locks.LockSupport.parkNanos(5_000_000);
            }
        }
    }
}
