package norikae.fencing.cgroup;

import java.nio.file.Path;
import norikae.failover.fencing.Fencer;
import norikae.fencing.device.DeviceSettings;
import org.jspecify.annotations.Nullable;

/**
 * A server whose every process is in one control group of this machine.
 *
 * @param directory of the group, in the cgroup v2 hierarchy
 */
public record CgroupSettings(Path directory) implements DeviceSettings {

    public CgroupSettings(@Nullable Path directory) {
        if (directory == null) {
            throw new IllegalArgumentException("there is no directory: write the cgroup v2 directory of the server");
        }
        Path clean = directory.normalize();
        if (!clean.isAbsolute() || clean.getNameCount() < 2) {
            throw new IllegalArgumentException("directory '" + directory
                    + "' is not a group below a cgroup v2 mount: write one like /sys/fs/cgroup/lab/node-a");
        }
        this.directory = clean;
    }

    @Override
    public Fencer open(Path home) {
        return new CgroupFencer(directory);
    }
}
