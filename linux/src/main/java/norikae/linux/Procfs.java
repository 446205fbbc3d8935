package norikae.linux;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * What /proc tells of processes; proc(5). Every method throws {@link NoSuchFileException} or {@link LinuxException} ESRCH
 * if the process is gone. Thread-safe.
 */
public final class Procfs {

    private Procfs() {}

    /**
     * A line of /proc/PID/maps.
     *
     * @param path empty for anonymous memory; {@code [stack]} and the like as they stand
     */
    public record Mapping(
            long start, long end, String permissions, long offset, String device, long inode, String path) {

        public boolean shared() {
            return permissions.charAt(3) == 's';
        }

        public boolean writable() {
            return permissions.charAt(1) == 'w';
        }

        public long bytes() {
            return end - start;
        }
    }

    /**
     * An open descriptor.
     *
     * @param target what /proc/PID/fd/N points to: a path, or {@code socket:[123]} and the like
     * @param flags octal flags of open(2)
     */
    public record Descriptor(int number, String target, long position, int flags) {

        public boolean writable() {
            return (flags & 3) != 0;
        }
    }

    public static List<Mapping> maps(int pid) throws IOException {
        List<Mapping> mappings = new ArrayList<>();
        for (String line : Files.readAllLines(of(pid, "maps"), java.nio.charset.StandardCharsets.ISO_8859_1)) {
            String[] f = line.split(" +", 6);
            if (f.length < 5) {
                throw new IOException("/proc/" + pid + "/maps has a line that cannot be read: " + line);
            }
            int dash = f[0].indexOf('-');
            mappings.add(new Mapping(
                    Long.parseUnsignedLong(f[0], 0, dash, 16),
                    Long.parseUnsignedLong(f[0], dash + 1, f[0].length(), 16),
                    f[1],
                    Long.parseUnsignedLong(f[2], 16),
                    f[3],
                    Long.parseLong(f[4]),
                    f.length > 5 ? f[5] : ""));
        }
        return mappings;
    }

    public static List<Descriptor> descriptors(int pid) throws IOException {
        List<Descriptor> descriptors = new ArrayList<>();
        try (Stream<Path> links = Files.list(of(pid, "fd"))) {
            for (Path link : links.toList()) {
                int number = Integer.parseInt(link.getFileName().toString());
                try {
                    Map<String, String> info = keyValues(of(pid, "fdinfo/" + number));
                    descriptors.add(new Descriptor(
                            number,
                            Files.readSymbolicLink(link).toString(),
                            Long.parseLong(info.getOrDefault("pos", "0")),
                            Integer.parseUnsignedInt(info.getOrDefault("flags", "0"), 8)));
                } catch (NoSuchFileException e) {
                    // closed meanwhile
                }
            }
        }
        return descriptors;
    }

    /** The lines {@code Key: value} of /proc/PID/status. */
    public static Map<String, String> status(int pid) throws IOException {
        return keyValues(of(pid, "status"));
    }

    /** The process's number in each of its PID namespaces, ours first, the innermost last. */
    public static List<Integer> namespacePids(int pid) throws IOException {
        return Arrays.stream(status(pid).getOrDefault("NSpid", "").strip().split("\\s+"))
                .map(Integer::parseInt)
                .toList();
    }

    /** Resident memory; 0 for a zombie. */
    public static long residentBytes(int pid) throws IOException {
        String value = status(pid).getOrDefault("VmRSS", "0 kB").strip();
        return Long.parseLong(value.split(" ")[0]) << 10;
    }

    public static Path executable(int pid) throws IOException {
        return Files.readSymbolicLink(of(pid, "exe"));
    }

    public static Path workingDirectory(int pid) throws IOException {
        return Files.readSymbolicLink(of(pid, "cwd"));
    }

    public static List<String> commandLine(int pid) throws IOException {
        String text = Files.readString(of(pid, "cmdline"), java.nio.charset.StandardCharsets.ISO_8859_1);
        return text.isEmpty() ? List.of() : Arrays.asList(text.split("\0"));
    }

    /** When the process started, in clock ticks after boot: with the pid, an identity. */
    public static long startTime(int pid) throws IOException {
        String stat = Files.readString(of(pid, "stat"), java.nio.charset.StandardCharsets.ISO_8859_1);
        String[] afterName = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        return Long.parseLong(afterName[19]);
    }

    /** The inode of one of the process's namespaces: {@code net}, {@code time}, {@code pid} and so on. */
    public static long namespaceInode(int pid, String kind) throws IOException {
        String link = Files.readSymbolicLink(of(pid, "ns/" + kind)).toString();
        return Long.parseLong(link.substring(link.indexOf('[') + 1, link.length() - 1));
    }

    /** The lines, without the heading, of a table such as {@code tcp} of the process's network namespace. */
    public static List<String> netTable(int pid, String table) throws IOException {
        Path file = of(pid, "net/" + table);
        if (!Files.exists(file)) {
            return List.of();
        }
        List<String> lines = Files.readAllLines(file);
        return lines.isEmpty() ? lines : lines.subList(1, lines.size());
    }

    private static Map<String, String> keyValues(Path file) throws IOException {
        Map<String, String> values = new HashMap<>();
        for (String line : Files.readAllLines(file, java.nio.charset.StandardCharsets.ISO_8859_1)) {
            int colon = line.indexOf(':');
            if (colon > 0) {
                values.putIfAbsent(
                        line.substring(0, colon), line.substring(colon + 1).strip());
            }
        }
        return values;
    }

    private static Path of(int pid, String file) {
        return Path.of("/proc/" + pid + "/" + file);
    }
}
