package norikae.linux;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;

/** A group of one cgroup v1 controller, for limits where v2 has no controllers. Thread-safe. */
public final class LegacyCgroup {

    private static final int ATTEMPTS_MAX = 200; // a second in all
    private static final long RETRY_NANOS = 5_000_000;

    private final Path directory;

    private LegacyCgroup(Path directory) {
        this.directory = directory;
    }

    /** The root of a v1 controller, such as {@code memory}; empty where it is not mounted. */
    public static Optional<LegacyCgroup> controller(String name) throws IOException {
        return MountTable.read().stream()
                .filter(mount ->
                        mount.type().equals("cgroup") && mount.options().contains(name))
                .findFirst()
                .map(mount -> new LegacyCgroup(mount.target()));
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
        KernelFile.write(directory.resolve(file), value);
    }

    public String get(String file) throws IOException {
        return Files.readString(directory.resolve(file)).strip();
    }

    /** Moves a process here. */
    public void add(int pid) throws IOException {
        KernelFile.write(procsFile(), Integer.toString(pid));
    }

    /** For the controller {@code memory}. */
    public void limitMemory(long bytesMax) throws IOException {
        set("memory.limit_in_bytes", Long.toString(bytesMax));
    }

    /** For the controller {@code cpu}: at most {@code quota} of processor time, of all processors, in each {@code period}. */
    public void limitCpu(Duration quota, Duration period) throws IOException {
        set("cpu.cfs_period_us", Long.toString(period.toNanos() / 1_000));
        set("cpu.cfs_quota_us", Long.toString(quota.toNanos() / 1_000));
    }

    /** For the controller {@code pids}: threads count, too. */
    public void limitTasks(int tasksMax) throws IOException {
        set("pids.max", Integer.toString(tasksMax));
    }

    /** Removes an empty group; repeated for a moment, because exiting tasks leave it late. */
    public void remove() throws IOException {
        for (int attempt = 0; ; attempt++) {
            try {
                Files.deleteIfExists(directory);
                return;
            } catch (IOException e) {
                if (attempt == ATTEMPTS_MAX) {
                    throw e;
                }
                LockSupport.parkNanos(RETRY_NANOS);
            }
        }
    }
}
