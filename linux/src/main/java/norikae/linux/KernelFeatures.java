package norikae.linux;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * What the running kernel can do for us, tried out rather than guessed from its version. Immutable.
 *
 * @param release as uname(2) says
 * @param pidfdGetfd whether descriptors can be taken out of another process
 * @param userfaultfdWpAsync whether writes to a process's memory can be tracked without faulting into us
 * @param pagemapScan whether such written pages are found by one call
 * @param softDirty whether the kernel really sets the soft-dirty bit; it accepts the order to clear it either way
 * @param checkpointRestoreCap whether this process has CAP_CHECKPOINT_RESTORE or the older CAP_SYS_ADMIN
 */
public record KernelFeatures(
        String release,
        boolean pidfd,
        boolean pidfdGetfd,
        boolean timeNamespace,
        boolean cgroupFreeze,
        boolean cgroupKill,
        boolean userfaultfdWpAsync,
        boolean pagemapScan,
        boolean softDirty,
        boolean checkpointRestoreCap) {

    private static final Duration REMOVAL = Duration.ofSeconds(1);
    private static final int CAP_SYS_ADMIN = 21;
    private static final int CAP_CHECKPOINT_RESTORE = 40;

    /** Tries everything once, and leaves nothing behind. */
    public static KernelFeatures probe() throws IOException {
        GroupFiles group = GroupFiles.probe();
        int self = (int) ProcessHandle.current().pid();
        long capabilities = Procfs.typedStatus(self).effectiveCapabilities();
        return new KernelFeatures(
                System.getProperty("os.version"),
                hasPidfd(self),
                hasPidfdGetfd(self),
                Files.exists(Path.of("/proc/self/ns/time")),
                group.freeze(),
                group.kill(),
                MemoryTracking.hasUserfaultfdWpAsync(),
                MemoryTracking.hasPagemapScan(),
                MemoryTracking.hasSoftDirty(),
                (capabilities >> CAP_CHECKPOINT_RESTORE & 1) != 0 || (capabilities >> CAP_SYS_ADMIN & 1) != 0);
    }

    /** Of the running kernel, new at each boot: two programs with the same one share a machine. */
    public static String bootId() throws IOException {
        return Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip();
    }

    /** The features that a capsule cannot do without and that are not here. */
    public List<String> missing() {
        List<String> missing = new ArrayList<>();
        if (!pidfd) {
            missing.add("pidfd_open (Linux 5.6)");
        }
        if (!pidfdGetfd) {
            missing.add("pidfd_getfd (Linux 5.6, and root)");
        }
        if (!timeNamespace) {
            missing.add("time namespaces (CONFIG_TIME_NS)");
        }
        if (!cgroupFreeze) {
            missing.add("the cgroup v2 freezer (Linux 5.2, cgroup2 mounted)");
        }
        if (!cgroupKill) {
            missing.add("cgroup.kill (Linux 5.14)");
        }
        if (!checkpointRestoreCap) {
            missing.add("CAP_CHECKPOINT_RESTORE (Linux 5.9) or CAP_SYS_ADMIN: run as root");
        }
        return missing;
    }

    private record GroupFiles(boolean freeze, boolean kill) {

        /** The root of the hierarchy can be neither frozen nor killed, so it has no such files: a group below it has. */
        static GroupFiles probe() {
            try {
                Cgroup own = Cgroup.own();
                if (!own.directory().equals(Cgroup.root().directory())) {
                    return of(own);
                }
                Cgroup below = own.child(
                        "norikae-probe-" + ProcessHandle.current().pid() + "-" + Long.toHexString(System.nanoTime()));
                try {
                    return of(below.create());
                } finally {
                    below.remove(REMOVAL);
                }
            } catch (IOException e) {
                return new GroupFiles(false, false); // no v2 hierarchy, or none for us
            }
        }

        private static GroupFiles of(Cgroup group) {
            return new GroupFiles(
                    Files.exists(group.directory().resolve("cgroup.freeze")),
                    Files.exists(group.directory().resolve("cgroup.kill")));
        }
    }

    private static boolean hasPidfd(int self) {
        try (PidFd fd = PidFd.open(self)) {
            return fd.pid() == self;
        } catch (LinuxException e) {
            return false;
        }
    }

    private static boolean hasPidfdGetfd(int self) {
        try (PidFd process = PidFd.open(self);
                OwnedFd original = OwnedFd.open(Path.of("/dev/null"), OwnedFd.O_RDONLY, 0);
                OwnedFd copy = process.getFd(original.fd())) {
            return copy.fd() != original.fd();
        } catch (LinuxException e) {
            return false;
        }
    }
}
