package norikae.linux;

import java.io.IOException;
import java.time.DateTimeException;
import java.time.Duration;
import java.util.List;

/** The clocks of processes in time namespaces; time_namespaces(7). Thread-safe. */
public final class TimeNamespaces {

    private TimeNamespaces() {}

    /** What is added to the host's clocks to get the namespace's. */
    public record Offsets(Duration monotonic, Duration boottime) {}

    /**
     * The offsets of the namespace that the process's <em>children</em> get; its own, but for one that called unshare(2).
     *
     * @throws NoSuchProcessException if the process is gone
     */
    public static Offsets offsets(int pid) throws IOException {
        List<String> lines = Procfs.lines(pid, "timens_offsets");
        return new Offsets(offset(pid, lines, "monotonic"), offset(pid, lines, "boottime"));
    }

    /** The number of the process's time namespace: equal numbers, equal clocks. */
    public static long inode(int pid) throws IOException {
        return Procfs.namespaceInode(pid, "time");
    }

    private static Duration offset(int pid, List<String> lines, String clock) throws IOException {
        for (String line : lines) {
            String[] f = line.strip().split("\\s+");
            if (f.length == 3 && f[0].equals(clock)) {
                try {
                    return Duration.ofSeconds(Long.parseLong(f[1]), Long.parseLong(f[2]));
                } catch (NumberFormatException | ArithmeticException | DateTimeException e) {
                    throw new IOException(
                            "/proc/" + pid + "/timens_offsets has a line that cannot be read: " + line, e);
                }
            }
        }
        throw new IOException("/proc/" + pid + "/timens_offsets says nothing of the clock " + clock);
    }
}
