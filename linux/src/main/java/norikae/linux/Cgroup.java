package norikae.linux;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * A group of the cgroup v2 hierarchy, wherever that is mounted (beside v1 controllers, too); cgroups(7). Thread-safe.
 */
public final class Cgroup {

    private final Path directory;

    private Cgroup(Path directory) {
        this.directory = directory;
    }

    /** The root of the v2 hierarchy. @throws IOException if it is not mounted */
    public static Cgroup root() throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/mounts"))) {
            String[] fields = line.split(" ");
            if (fields.length > 2 && fields[2].equals("cgroup2")) {
                return new Cgroup(Path.of(fields[1]));
            }
        }
        throw new IOException("cgroup v2 is not mounted: mount -t cgroup2 none /sys/fs/cgroup/unified");
    }

    /** The group of this process. */
    public static Cgroup own() throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/cgroup"))) {
            if (line.startsWith("0::/")) {
                return root().child(line.substring(4));
            }
        }
        throw new IOException("this process is in no cgroup v2 group");
    }

    public static Cgroup at(Path directory) {
        return new Cgroup(directory);
    }

    public Path directory() {
        return directory;
    }

    /** The group of this name below, whether or not it is there. */
    public Cgroup child(String name) {
        return name.isEmpty() ? this : new Cgroup(directory.resolve(name));
    }

    /** The group above. */
    public Cgroup parent() {
        return new Cgroup(java.util.Objects.requireNonNull(directory.getParent()));
    }

    public boolean exists() {
        return Files.isDirectory(directory);
    }

    /** Makes it, and those above it, if it is not there. */
    public Cgroup create() throws IOException {
        Files.createDirectories(directory);
        return this;
    }

    /** A process enters by writing its number, or 0 for itself, here. */
    public Path procsFile() {
        return directory.resolve("cgroup.procs");
    }

    /** Moves a process here. */
    public void add(int pid) throws IOException {
        Files.writeString(procsFile(), Integer.toString(pid), StandardOpenOption.WRITE);
    }

    /** The processes in it, not those in groups below; empty if it is not there. */
    public List<Integer> procs() throws IOException {
        try {
            List<Integer> pids = new ArrayList<>();
            for (String line : Files.readAllLines(procsFile())) {
                pids.add(Integer.parseInt(line.strip()));
            }
            return pids;
        } catch (NoSuchFileException e) {
            return List.of();
        }
    }

    /** Stops every task, ptraced ones too. @throws IOException if not all stand still within {@code patience} */
    public void freeze(Duration patience) throws IOException {
        write("cgroup.freeze", "1");
        if (!await("frozen 1", patience)) {
            throw new IOException("cgroup " + directory + " did not freeze within " + patience.toMillis() + " ms");
        }
    }

    /** Lets them go on. Does nothing to a group that is not frozen. */
    public void thaw() throws IOException {
        write("cgroup.freeze", "0");
    }

    /** Whether freezing was asked for. */
    public boolean frozen() throws IOException {
        return exists()
                && Files.readString(directory.resolve("cgroup.freeze")).strip().equals("1");
    }

    public boolean populated() throws IOException {
        return exists() && Files.readString(directory.resolve("cgroup.events")).contains("populated 1");
    }

    /** Kills all, frozen ones too. Does nothing if the group is not there. */
    public void kill() throws IOException {
        if (exists()) {
            write("cgroup.kill", "1");
        }
    }

    /** Whether the last process has gone, waiting for it at most so long. */
    public boolean awaitEmpty(Duration patience) throws IOException {
        return !exists() || await("populated 0", patience);
    }

    /** Removes an empty group. Does nothing if it is not there. */
    public void remove(Duration patience) throws IOException {
        if (!exists()) {
            return;
        }
        if (!awaitEmpty(patience)) {
            throw new IOException("cgroup " + directory + " still has processes " + procs());
        }
        long deadline = System.nanoTime() + patience.toNanos();
        while (true) {
            try {
                Files.deleteIfExists(directory);
                return;
            } catch (IOException e) {
                if (System.nanoTime() > deadline) {
                    throw e; // exiting tasks leave the group a moment after it calls itself empty
                }
                Thread.onSpinWait();
            }
        }
    }

    /** The kernel wakes whoever polls cgroup.events when it changes. */
    private boolean await(String wanted, Duration patience) throws IOException {
        long deadline = System.nanoTime() + patience.toNanos();
        Path events = directory.resolve("cgroup.events");
        try (OwnedFd fd = OwnedFd.open(events, OwnedFd.O_RDONLY, 0)) {
            while (true) {
                if (Files.readString(events).lines().anyMatch(wanted::equals)) {
                    return true;
                }
                long left = deadline - System.nanoTime();
                if (left <= 0) {
                    return false;
                }
                // A change between reading and polling is not told: look again soon.
                boolean _ = Poll.wait(fd, Poll.PRI, Duration.ofNanos(Math.min(left, 5_000_000)));
            }
        } catch (LinuxException e) {
            if (e.errno() == Errno.ENOENT || e.errno() == Errno.ENODEV) {
                return wanted.equals("populated 0");
            }
            throw e;
        }
    }

    private void write(String file, String value) throws IOException {
        Files.writeString(directory.resolve(file), value, StandardOpenOption.WRITE);
    }

    @Override
    public String toString() {
        return directory.toString();
    }
}
