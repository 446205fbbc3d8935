package norikae.linux;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What the running kernel can do for us, tried out rather than guessed from its version.
 *
 * @param release as uname(2) says
 */
public record KernelFeatures(
        String release, boolean pidfd, boolean timeNamespace, boolean cgroupFreeze, boolean cgroupKill) {

    /** Tries everything once. */
    public static KernelFeatures probe() throws IOException {
        boolean freeze = false;
        boolean kill = false;
        try {
            Path own = Cgroup.own().directory();
            freeze = Files.exists(own.resolve("cgroup.freeze"));
            kill = Files.exists(own.resolve("cgroup.kill"));
        } catch (IOException e) {
            // no v2 hierarchy: both are missing
        }
        return new KernelFeatures(
                System.getProperty("os.version"),
                hasPidfd(),
                Files.exists(Path.of("/proc/self/ns/time")),
                freeze,
                kill);
    }

    /** The features that a capsule cannot do without and that are not here. */
    public List<String> missing() {
        List<String> missing = new ArrayList<>();
        if (!pidfd) {
            missing.add("pidfd_open (Linux 5.6)");
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
        return missing;
    }

    private static boolean hasPidfd() {
        try (PidFd self = PidFd.open((int) ProcessHandle.current().pid())) {
            return self.pid() > 0;
        } catch (LinuxException e) {
            return false;
        }
    }
}
