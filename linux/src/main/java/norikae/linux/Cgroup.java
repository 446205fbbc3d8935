package norikae.linux;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.locks.LockSupport;

/**
 * A group of the cgroup v2 hierarchy, wherever that is mounted (beside v1 controllers, too); cgroups(7). Thread-safe.
 *
 * <p>Orders to a group that is not there throw {@link NoSuchFileException}.
 */
public final class Cgroup {

    /** The kernel tells us of a change; this is only how often we look in case the group itself has gone. */
    private static final Duration LOOK_AGAIN = Duration.ofMillis(200);

    private static final long RETRY_NANOS = 1_000_000;

    private final Path directory;

    private Cgroup(Path directory) {
        this.directory = directory;
    }

    /** The root of the v2 hierarchy. @throws IOException if it is not mounted */
    public static Cgroup root() throws IOException {
        for (MountTable.Mount mount : MountTable.read()) {
            if (mount.type().equals("cgroup2")) {
                return new Cgroup(mount.target());
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
        return new Cgroup(Objects.requireNonNull(directory.getParent()));
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
        KernelFile.write(procsFile(), Integer.toString(pid));
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
        } catch (IOException e) {
            if (exists()) {
                throw e;
            }
            return List.of(); // removed between open and read, which the kernel calls 'no such device'
        }
    }

    /** Stops every task, ptraced ones too. @throws IOException if not all stand still within {@code patience} */
    public void freeze(Duration patience) throws IOException {
        write("cgroup.freeze", "1");
        if (!await("frozen 1", patience)) {
            throw new IOException("cgroup " + directory + " did not freeze within " + patience.toMillis()
                    + " ms; a process may hang in the kernel (state D): " + procs());
        }
    }

    /** Lets them go on. Does nothing to a group that is not frozen. */
    public void thaw() throws IOException {
        write("cgroup.freeze", "0");
    }

    /** Whether freezing was asked for; false if the group is not there. */
    public boolean frozen() throws IOException {
        return reads("cgroup.freeze", "1");
    }

    public boolean populated() throws IOException {
        return reads("cgroup.events", "populated 1");
    }

    /** Kills all, frozen ones too. Does nothing if the group is not there. */
    public void kill() throws IOException {
        try {
            write("cgroup.kill", "1");
        } catch (NoSuchFileException e) {
            if (exists()) {
                throw e; // the group is there, so its kernel is too old: nothing was killed
            }
        }
    }

    /** Whether the last process has gone, waiting for it at most so long; true if the group is not there. */
    public boolean awaitEmpty(Duration patience) throws IOException {
        try {
            return await("populated 0", patience);
        } catch (NoSuchFileException e) {
            return true;
        }
    }

    /** Removes an empty group. Does nothing if it is not there. */
    public void remove(Duration patience) throws IOException {
        long deadline = Poll.deadlineAfter(patience);
        if (!awaitEmpty(patience)) {
            throw new IOException("cgroup " + directory + " still has processes " + procs());
        }
        while (true) {
            try {
                Files.deleteIfExists(directory);
                return;
            } catch (IOException e) {
                if (System.nanoTime() - deadline > 0) {
                    throw e;
                }
                LockSupport.parkNanos(
                        RETRY_NANOS); // exiting tasks leave the group a moment after it calls itself empty
            }
        }
    }

    /**
     * Polling wakes when the state differs from what was last read <em>through the same descriptor</em>: so both go
     * through one, and no change between the two is missed.
     */
    private boolean await(String wanted, Duration patience) throws IOException {
        long deadline = Poll.deadlineAfter(patience);
        Path events = directory.resolve("cgroup.events");
        try (OwnedFd fd = OwnedFd.open(events, OwnedFd.O_RDONLY, 0)) {
            while (true) {
                if (KernelFile.read(events, fd).lines().anyMatch(wanted::equals)) {
                    return true;
                }
                long left = deadline - System.nanoTime();
                if (left <= 0) {
                    return false;
                }
                boolean _ = Poll.wait(fd, Poll.PRI, Duration.ofNanos(Math.min(left, LOOK_AGAIN.toNanos())));
            }
        } catch (LinuxException e) {
            throw KernelFile.missing(events, e);
        }
    }

    private boolean reads(String file, String line) throws IOException {
        Path path = directory.resolve(file);
        try (OwnedFd fd = OwnedFd.open(path, OwnedFd.O_RDONLY, 0)) {
            return KernelFile.read(path, fd).lines().anyMatch(line::equals);
        } catch (NoSuchFileException e) {
            return false;
        } catch (LinuxException e) {
            if (KernelFile.missing(path, e) instanceof NoSuchFileException) {
                return false;
            }
            throw e;
        }
    }

    private void write(String file, String value) throws IOException {
        KernelFile.write(directory.resolve(file), value);
    }

    @Override
    public String toString() {
        return directory.toString();
    }
}
