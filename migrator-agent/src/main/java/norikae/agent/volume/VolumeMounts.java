package norikae.agent.volume;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import norikae.failover.model.VolumeName;
import norikae.linux.Cgroup;
import norikae.linux.ChildProcess;
import norikae.linux.LinuxException;
import norikae.linux.Mounts;
import norikae.linux.PidFd;
import norikae.linux.Procfs;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Volumes of this node as file systems: {@code nbdfuse} makes an export a file, a loop device makes that a disk, and the kernel
 * mounts it. Between nbdfuse and the agent stands {@code nbdkit} with its retry filter: requests wait while no agent serves them, so
 * that services do not notice a restart of the agent. All of it outlives the agent. Thread-safe; what concerns one volume happens
 * one after the other.
 */
public final class VolumeMounts {

    private static final Logger LOG = LoggerFactory.getLogger(VolumeMounts.class);
    private static final Duration ATTACH_PATIENCE = Duration.ofSeconds(10);
    private static final Duration TOOL_PATIENCE = Duration.ofSeconds(30);
    private static final Duration FORMAT_PATIENCE = Duration.ofMinutes(10);
    private static final Duration UNMOUNT_PATIENCE = Duration.ofSeconds(10);
    private static final Duration DEATH = Duration.ofSeconds(5);
    private static final long POLL_MILLIS = 2;

    /** More connections do not make it faster, and the agent has a limit for all volumes together. */
    private static final String CONNECTIONS = "2";

    /** The shell only joins the group, so that what it starts outlives the agent. */
    private static final String ENTER = "echo 0 > \"$1\" && shift && exec \"$@\"";

    private final Path directory;
    private final Path socket;
    private final Cgroup group;
    private final Map<VolumeName, Object> locks = new ConcurrentHashMap<>();
    private final Map<VolumeName, ChildProcess> children = new ConcurrentHashMap<>();

    /**
     * @param directory on a tmpfs
     * @param socket where the agent serves volumes
     * @param group outlives the agent
     */
    public VolumeMounts(Path directory, Path socket, Cgroup group) {
        this.directory = directory;
        this.socket = socket;
        this.group = group;
    }

    private Object lock(VolumeName volume) {
        return locks.computeIfAbsent(volume, _ -> new Object());
    }

    private Path home(VolumeName volume) {
        return directory.resolve(volume.value());
    }

    private Path disk(VolumeName volume) {
        return home(volume).resolve("disk");
    }

    /**
     * Makes the volume a block device; does nothing if it is one.
     *
     * @param bytes its size
     */
    public String attach(VolumeName volume, long bytes) throws IOException {
        synchronized (lock(volume)) {
            Optional<MountRecord> known = MountRecord.find(home(volume));
            if (known.isPresent() && isAlive(known.get()) && !known.get().loop().isEmpty()) {
                return known.get().loop();
            }
            tearDown(volume); // what a dead agent, or a dead program, has left
            try {
                MountRecord record = startFuse(volume, bytes);
                String loop = Tool.must(
                        home(volume),
                        TOOL_PATIENCE,
                        "losetup",
                        "--direct-io=on",
                        "--show",
                        "--find",
                        disk(volume).toString());
                record.withLoop(loop).save(home(volume));
                return loop;
            } catch (IOException e) {
                tearDownQuietly(volume);
                throw new IOException(
                        "volume " + volume + " cannot be made a device of this node: " + e.getMessage(), e);
            }
        }
    }

    private MountRecord startFuse(VolumeName volume, long bytes) throws IOException {
        Files.createDirectories(home(volume));
        Path disk = disk(volume);
        Files.writeString(disk, "");
        Path output = home(volume).resolve("nbdfuse.log");
        Files.deleteIfExists(output);
        List<String> words = List.of(
                "sh",
                "-c",
                ENTER,
                "volume",
                group.create().procsFile().toString(),
                "nbdfuse",
                "--connections",
                CONNECTIONS,
                disk.toString(),
                "[",
                "nbdkit",
                "--exit-with-parent",
                "--filter=retry",
                "nbd",
                "socket=" + socket,
                "export=" + volume,
                "retries=2000000000",
                "retry-delay=1",
                "retry-exponential=no",
                "]");
        ChildProcess child = Tool.start(output, words);
        children.put(volume, child);
        MountRecord record = new MountRecord(child.pid(), Procfs.startTime(child.pid()), "", "");
        record.save(home(volume));
        long deadline = System.nanoTime() + ATTACH_PATIENCE.toNanos();
        while (!Mounts.isMountPoint(disk) || Files.size(disk) != bytes) {
            if (!child.alive()) {
                throw new IOException("nbdfuse ended: " + Tool.text(output));
            }
            if (System.nanoTime() - deadline > 0) {
                throw new IOException("nbdfuse shows no disk of " + bytes + " bytes: " + Tool.text(output));
            }
            pause();
        }
        return record;
    }

    private static void pause() throws IOException {
        try {
            Thread.sleep(POLL_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    /**
     * Mounts an attached volume; does nothing if it is mounted there.
     *
     * @param owner to whom a file system that is made now belongs, or empty to make none
     */
    public void mount(VolumeName volume, Path path, Optional<String> owner) throws IOException {
        synchronized (lock(volume)) {
            MountRecord record = MountRecord.find(home(volume))
                    .orElseThrow(() -> new IOException("volume " + volume + " is not attached"));
            if (record.path().equals(path.toString()) && Mounts.isMountPoint(path)) {
                return;
            }
            if (!record.path().isEmpty()) {
                throw new IOException("volume " + volume + " is mounted on " + record.path() + " already");
            }
            if (Mounts.isMountPoint(path)) {
                throw new IOException("volume " + volume + " cannot be mounted on " + path
                        + ": something else is mounted there; unmount that, or give the volume another path");
            }
            Files.createDirectories(path);
            boolean format = owner.isPresent() && isBlank(volume, record.loop());
            if (format) {
                LOG.info("volume={} was never written: making an ext4 file system on it", volume);
                Tool.must(home(volume), FORMAT_PATIENCE, "mkfs.ext4", "-q", "-F", "-m", "0", record.loop());
            }
            record.withPath(path).save(home(volume));
            Tool.Ended mounted = Tool.run(
                    home(volume), TOOL_PATIENCE, "mount", "-o", "noatime,nosuid,nodev", record.loop(), path.toString());
            if (!mounted.ok()) {
                record.save(home(volume));
                throw new IOException("volume " + volume + " cannot be mounted on " + path + ": " + mounted.text()
                        + (owner.isEmpty()
                                ? ""
                                : "; if it shall have a file system of another kind, or was never meant"
                                        + " to have one, see 'norikae volume attach'"));
            }
            // Gone with the mount, whatever ends that.
            Tool.must(home(volume), TOOL_PATIENCE, "losetup", "--detach", record.loop());
            if (format) {
                Tool.must(home(volume), TOOL_PATIENCE, "chown", owner.get() + ":", path.toString());
            }
        }
    }

    /** Whether there is nothing on it; what merely is no file system that anybody knows is not overwritten. */
    private boolean isBlank(VolumeName volume, String loop) throws IOException {
        Tool.Ended probed = Tool.run(home(volume), TOOL_PATIENCE, "blkid", "--probe", "--output", "value", loop);
        if (probed.code() != BLKID_NOTHING) {
            return false;
        }
        byte[] start = new byte[BLANK_BYTES];
        try (var device = Files.newInputStream(Path.of(loop))) {
            int read = device.readNBytes(start, 0, start.length);
            for (int i = 0; i < read; i++) {
                if (start[i] != 0) {
                    return false;
                }
            }
        }
        return true;
    }

    private static final int BLKID_NOTHING = 2;

    /** Wherever a file system or a partition table has its first mark. */
    private static final int BLANK_BYTES = 128 << 10;

    /** Where it is mounted here. */
    public Optional<Path> mountedOn(VolumeName volume) {
        try {
            return MountRecord.find(home(volume))
                    .map(MountRecord::path)
                    .filter(path -> !path.isEmpty())
                    .map(Path::of);
        } catch (IOException e) {
            LOG.error("volume={} {}", volume, e.getMessage());
            return Optional.empty();
        }
    }

    /** Its device here; empty if it is not attached. */
    public Optional<String> device(VolumeName volume) {
        try {
            return MountRecord.find(home(volume)).map(MountRecord::loop).filter(loop -> !loop.isEmpty());
        } catch (IOException e) {
            LOG.error("volume={} {}", volume, e.getMessage());
            return Optional.empty();
        }
    }

    /** Whether the program behind it runs; without it every request fails. */
    public boolean isAlive(VolumeName volume) {
        try {
            return MountRecord.find(home(volume)).filter(VolumeMounts::isAlive).isPresent();
        } catch (IOException e) {
            return false;
        }
    }

    /** Brings what the kernel still holds of it to the volume. */
    public void sync(VolumeName volume, Duration patience) throws IOException {
        Optional<Path> path = mountedOn(volume);
        if (path.isPresent()) {
            Tool.must(
                    home(volume), patience, "sync", "--file-system", path.get().toString());
        }
    }

    /** From now on all requests fail, also those that wait. What the kernel has not written is lost. */
    public void cut(VolumeName volume) {
        try {
            Optional<MountRecord> record = MountRecord.find(home(volume));
            if (record.isPresent() && isAlive(record.get())) {
                kill(record.get(), PidFd.SIGKILL);
                LOG.warn("volume={} was cut off from its users here", volume);
            }
        } catch (IOException e) {
            LOG.error("volume={} could not be cut off: {}", volume, e.getMessage());
        }
    }

    /**
     * Unmounts and detaches it. What the kernel has not written yet is written first, if that takes no longer than a while.
     *
     * @param write whether this node may still write the volume
     */
    public void unmount(VolumeName volume, boolean write) throws IOException {
        synchronized (lock(volume)) {
            Optional<MountRecord> record = MountRecord.find(home(volume));
            if (record.isEmpty()) {
                return;
            }
            String path = record.get().path();
            if (write && !path.isEmpty() && Mounts.isMountPoint(Path.of(path))) {
                Tool.Ended ended = Tool.run(home(volume), UNMOUNT_PATIENCE, "umount", path);
                if (!ended.ok()) {
                    LOG.warn("volume={} does not leave {} in good order: {}", volume, path, ended.text());
                    var _ = Tool.run(home(volume), UNMOUNT_PATIENCE, "sync", "--file-system", path);
                }
            }
            tearDown(volume);
        }
    }

    /** Whatever is there of it goes; its device fails first, so nothing waits. */
    private void tearDown(VolumeName volume) throws IOException {
        Path home = home(volume);
        if (!Files.exists(home)) {
            return;
        }
        Optional<MountRecord> record = MountRecord.find(home);
        if (record.isPresent()) {
            MountRecord known = record.get();
            boolean mounted = !known.path().isEmpty() && Mounts.isMountPoint(Path.of(known.path()));
            if (isAlive(known)) {
                kill(known, mounted ? PidFd.SIGKILL : PidFd.SIGTERM);
            }
            if (mounted) {
                Tool.Ended ended = Tool.run(home, UNMOUNT_PATIENCE, "umount", known.path());
                if (!ended.ok()) {
                    Mounts.unmount(Path.of(known.path()), true); // somebody else is in there, with a dead disk
                }
            }
            if (!mounted && !known.loop().isEmpty()) {
                detach(volume, known.loop()); // that of a mounted one goes with the mount
            }
            if (isAlive(known)) {
                kill(known, PidFd.SIGKILL);
            }
        }
        ChildProcess child = children.remove(volume);
        if (child != null) {
            child.close();
        }
        if (Mounts.isMountPoint(disk(volume))) {
            Mounts.unmount(disk(volume), true);
        }
        MountRecord.delete(home);
        try (Stream<Path> files = Files.list(home)) {
            for (Path file : files.toList()) {
                Files.deleteIfExists(file);
            }
        }
        Files.deleteIfExists(home);
    }

    /** The device may be another one's by now: only the kernel knows whose file it shows. */
    private void detach(VolumeName volume, String loop) throws IOException {
        Tool.Ended shown =
                Tool.run(home(volume), TOOL_PATIENCE, "losetup", "--noheadings", "--output", "BACK-FILE", loop);
        if (shown.ok() && shown.text().startsWith(disk(volume).toString())) {
            var _ = Tool.run(home(volume), TOOL_PATIENCE, "losetup", "--detach", loop);
        }
    }

    private void tearDownQuietly(VolumeName volume) {
        try {
            tearDown(volume);
        } catch (IOException e) {
            LOG.error("volume={} something is left of it on this node: {}", volume, e.getMessage());
        }
    }

    private static boolean isAlive(MountRecord record) {
        return Procfs.isAlive(record.pid(), record.startTime());
    }

    private static void kill(MountRecord record, int signal) throws IOException {
        try (PidFd process = PidFd.open(record.pid())) {
            if (Procfs.startTime(record.pid()) != record.startTime()) {
                return;
            }
            process.signal(signal);
            if (!process.awaitExit(DEATH) && signal != PidFd.SIGKILL) {
                process.signal(PidFd.SIGKILL);
                var _ = process.awaitExit(DEATH);
            }
        } catch (LinuxException | NoSuchFileException e) {
            LOG.debug("pid={} had ended: {}", record.pid(), e.getMessage());
        }
    }
}
