package norikae.linux;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;

/** File systems: mount(2), umount2(2), /proc/self/mounts. Thread-safe. */
public final class Mounts {

    private static final int MS_NOSUID = 2;
    private static final int MS_NODEV = 4;
    private static final int MS_NOEXEC = 8;
    private static final int MNT_DETACH = 2;

    private Mounts() {}

    /** An empty file system in memory, for root alone, that cannot grow beyond {@code bytesMax}. */
    public static void mountTmpfs(Path target, long bytesMax, int mode) throws LinuxException {
        mount(
                "tmpfs",
                target,
                "tmpfs",
                MS_NOSUID | MS_NODEV | MS_NOEXEC,
                "size=" + bytesMax + ",mode=" + Integer.toOctalString(mode));
    }

    static void mount(String source, Path target, String type, int flags, String data) throws LinuxException {
        try (Arena arena = Arena.ofConfined()) {
            LibC.syscall(
                    "mount",
                    Numbers.MOUNT,
                    source + ", " + target + ", " + type + ", " + data,
                    arena.allocateFrom(source).address(),
                    arena.allocateFrom(target.toString()).address(),
                    arena.allocateFrom(type).address(),
                    flags,
                    arena.allocateFrom(data).address());
        }
    }

    /** @param detach even if something still uses it: it vanishes from the tree at once, for good with its last user */
    public static void unmount(Path target, boolean detach) throws LinuxException {
        try (Arena arena = Arena.ofConfined()) {
            LibC.syscall(
                    "umount2",
                    Numbers.UMOUNT2,
                    target.toString(),
                    arena.allocateFrom(target.toString()).address(),
                    detach ? MNT_DETACH : 0);
        }
    }

    /** Writes back what the kernel still holds of every file system; waits as long as the slowest disk takes, or for ever. */
    public static void syncAll() throws LinuxException {
        LibC.syscall("sync", Numbers.SYNC, "");
    }

    public static boolean isMountPoint(Path path) throws IOException {
        Path wanted = path.toAbsolutePath().normalize();
        return MountTable.read().stream().anyMatch(mount -> mount.target().equals(wanted));
    }
}
