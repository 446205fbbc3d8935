package norikae.linux;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What /proc tells of processes; proc(5). Thread-safe.
 *
 * <p>Every method throws {@link NoSuchProcessException} if the process is gone, also if it ends while it is looked at. A
 * zombie is still there, but has no memory, descriptors or executable left to tell of.
 */
public final class Procfs {

    private static final Path ROOT = Path.of("/proc");
    private static final int STAT_START_TIME = 19; // field 22 of proc_pid_stat(5), counted after the name

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

        /** Whether no file is behind it: heap, stack and the like. */
        public boolean anonymous() {
            return inode == 0;
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
     * @param locked whether the process holds a lock on it, by fcntl(2) or flock(2)
     */
    public record Descriptor(int number, String target, long position, int flags, boolean locked) {

        public boolean writable() {
            return (flags & 3) != 0;
        }
    }

    /**
     * The lines of /proc/PID/status that we live by.
     *
     * @param namespacePids its number in each of its PID namespaces, ours first, the innermost last
     * @param residentBytes 0 for a zombie or a kernel thread
     * @param effectiveCapabilities one bit each; capabilities(7)
     * @param seccomp 0 none, 1 strict, 2 filter
     */
    public record Status(
            String name,
            char state,
            int realUid,
            int effectiveUid,
            List<Integer> namespacePids,
            int threads,
            long residentBytes,
            long effectiveCapabilities,
            int seccomp,
            int tracer) {

        public boolean zombie() {
            return state == 'Z' || state == 'X';
        }
    }

    /** Whether there is a process of this number; a zombie is one. */
    public static boolean exists(int pid) {
        return Files.exists(of(pid, ""));
    }

    public static List<Mapping> maps(int pid) throws IOException {
        List<Mapping> mappings = new ArrayList<>();
        for (String line : lines(pid, "maps")) {
            mappings.add(parsed(pid, "maps", line, () -> mapping(line)));
        }
        return mappings;
    }

    private static Mapping mapping(String line) {
        String[] f = line.split(" +", 6);
        int dash = f[0].indexOf('-');
        if (f[1].length() != 4) {
            throw new IllegalArgumentException("permissions " + f[1]);
        }
        return new Mapping(
                Long.parseUnsignedLong(f[0], 0, dash, 16),
                Long.parseUnsignedLong(f[0], dash + 1, f[0].length(), 16),
                f[1],
                Long.parseUnsignedLong(f[2], 16),
                f[3],
                Long.parseLong(f[4]),
                f.length > 5 ? f[5] : "");
    }

    public static List<Descriptor> descriptors(int pid) throws IOException {
        List<Descriptor> descriptors = new ArrayList<>();
        for (int number : numbers(pid, "fd")) {
            String file = "fdinfo/" + number;
            try {
                Map<String, String> info = keyValues(pid, file);
                String target = Files.readSymbolicLink(of(pid, "fd/" + number)).toString();
                descriptors.add(parsed(
                        pid,
                        file,
                        info.toString(),
                        () -> new Descriptor(
                                number,
                                target,
                                Long.parseLong(info.getOrDefault("pos", "0")),
                                Integer.parseUnsignedInt(info.getOrDefault("flags", "0"), 8),
                                info.containsKey("lock"))));
            } catch (NoSuchFileException e) {
                if (!exists(pid)) {
                    throw new NoSuchProcessException(pid, of(pid, file).toString(), e);
                }
                // closed meanwhile
            }
        }
        return descriptors;
    }

    /** The lines {@code Key: value} of /proc/PID/status. */
    public static Map<String, String> status(int pid) throws IOException {
        return keyValues(pid, "status");
    }

    /** The same, typed. */
    public static Status typedStatus(int pid) throws IOException {
        Map<String, String> s = status(pid);
        return parsed(pid, "status", s.toString(), () -> {
            String[] uids = value(s, "Uid").split("\\s+");
            return new Status(
                    value(s, "Name"),
                    value(s, "State").charAt(0),
                    Integer.parseUnsignedInt(uids[0]),
                    Integer.parseUnsignedInt(uids[1]),
                    integers(value(s, "NSpid")),
                    Integer.parseInt(value(s, "Threads")),
                    kib(s.getOrDefault("VmRSS", "0 kB")),
                    Long.parseUnsignedLong(value(s, "CapEff"), 16),
                    Integer.parseInt(s.getOrDefault("Seccomp", "0")),
                    Integer.parseInt(value(s, "TracerPid")));
        });
    }

    /** The process's number in each of its PID namespaces, ours first, the innermost last. */
    public static List<Integer> namespacePids(int pid) throws IOException {
        Map<String, String> status = status(pid);
        return parsed(pid, "status", status.toString(), () -> integers(value(status, "NSpid")));
    }

    /** Resident memory; 0 for a zombie. */
    public static long residentBytes(int pid) throws IOException {
        String value = status(pid).getOrDefault("VmRSS", "0 kB");
        return parsed(pid, "status", value, () -> kib(value));
    }

    /** The numbers of the process's threads; the first is its own. */
    public static List<Integer> tasks(int pid) throws IOException {
        return numbers(pid, "task");
    }

    /** The processes that are this one's children now. */
    public static List<Integer> children(int pid) throws IOException {
        List<Integer> children = new ArrayList<>();
        for (int task : tasks(pid)) {
            String file = "task/" + task + "/children";
            try {
                for (String line : lines(pid, file)) {
                    children.addAll(parsed(pid, file, line, () -> integers(line)));
                }
            } catch (NoSuchProcessException e) {
                if (!exists(pid)) {
                    throw e;
                }
                // this thread ended, the process did not
            }
        }
        return children;
    }

    public static Path executable(int pid) throws IOException {
        return Path.of(link(pid, "exe"));
    }

    public static Path workingDirectory(int pid) throws IOException {
        return Path.of(link(pid, "cwd"));
    }

    public static List<String> commandLine(int pid) throws IOException {
        String text = text(pid, "cmdline");
        return text.isEmpty() ? List.of() : Arrays.asList(text.split("\0"));
    }

    /** Whether the process that had this number when it was started at that time still runs; a zombie does not. */
    public static boolean isAlive(int pid, long startTime) {
        try {
            return startTime(pid) == startTime && !typedStatus(pid).zombie();
        } catch (IOException e) {
            return false;
        }
    }

    /** When the process started, in clock ticks after boot: with the pid, an identity. */
    public static long startTime(int pid) throws IOException {
        String stat = text(pid, "stat");
        return parsed(pid, "stat", stat, () -> {
            String[] afterName = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
            return Long.parseLong(afterName[STAT_START_TIME]);
        });
    }

    /** The inode of one of the process's namespaces: {@code net}, {@code time}, {@code pid} and so on. */
    public static long namespaceInode(int pid, String kind) throws IOException {
        String link = link(pid, "ns/" + kind);
        return parsed(
                pid,
                "ns/" + kind,
                link,
                () -> Long.parseLong(link.substring(link.indexOf('[') + 1, link.length() - 1)));
    }

    /**
     * The lines, without the heading, of a table such as {@code tcp} of the process's network namespace; none if the
     * kernel has no such table.
     */
    public static List<String> netTable(int pid, String table) throws IOException {
        if (!Files.exists(of(pid, "net/" + table)) && exists(pid)) {
            return List.of();
        }
        List<String> lines = lines(pid, "net/" + table);
        return lines.isEmpty() ? lines : lines.subList(1, lines.size());
    }

    /**
     * The lines of a text file of the process. Bytes, not characters, are what the kernel gives: names of files are what
     * they are.
     */
    public static List<String> lines(int pid, String file) throws IOException {
        String text = text(pid, file);
        return text.isEmpty() ? List.of() : Arrays.asList(text.split("\n")); // and at no other character
    }

    private static String text(int pid, String file) throws IOException {
        return reading(pid, file, KernelFile::readAll);
    }

    private static String link(int pid, String file) throws IOException {
        return reading(pid, file, path -> Files.readSymbolicLink(path).toString());
    }

    private static List<Integer> numbers(int pid, String directory) throws IOException {
        return reading(pid, directory, path -> {
            try (Stream<Path> entries = Files.list(path)) {
                return entries.map(entry -> Integer.parseInt(entry.getFileName().toString()))
                        .sorted()
                        .toList();
            }
        });
    }

    private static Map<String, String> keyValues(int pid, String file) throws IOException {
        Map<String, String> values = new HashMap<>();
        for (String line : lines(pid, file)) {
            int colon = line.indexOf(':');
            if (colon > 0) {
                values.putIfAbsent(
                        line.substring(0, colon), line.substring(colon + 1).strip());
            }
        }
        return values;
    }

    @FunctionalInterface
    private interface Reading<T> {
        T from(Path path) throws IOException;
    }

    /** A file of a process that ends vanishes, or refuses to be read ('no such process'), or both in turn. */
    private static <T> T reading(int pid, String file, Reading<T> how) throws IOException {
        Path path = of(pid, file);
        try {
            return how.from(path);
        } catch (UncheckedIOException e) {
            IOException cause = Objects.requireNonNull(e.getCause());
            throw gone(pid, path, cause).orElse(cause);
        } catch (IOException e) {
            throw gone(pid, path, e).orElse(e);
        }
    }

    private static Optional<IOException> gone(int pid, Path path, IOException e) {
        boolean gone = e instanceof NoSuchFileException
                || e instanceof NotDirectoryException
                || (e instanceof LinuxException linux && linux.errno() == Errno.ESRCH)
                || !exists(pid);
        return gone ? Optional.of(new NoSuchProcessException(pid, path.toString(), e)) : Optional.empty();
    }

    @FunctionalInterface
    private interface Parsing<T> {
        T parse();
    }

    private static <T> T parsed(int pid, String file, String text, Parsing<T> how) throws IOException {
        try {
            return how.parse();
        } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
            throw new IOException(of(pid, file) + " cannot be read: " + text, e);
        }
    }

    private static String value(Map<String, String> values, String key) {
        String value = values.get(key);
        if (value == null) {
            throw new IllegalArgumentException("no " + key);
        }
        return value;
    }

    private static long kib(String value) {
        return Long.parseLong(value.split(" ")[0]) << 10;
    }

    private static List<Integer> integers(String text) {
        return text.isBlank()
                ? List.of()
                : Arrays.stream(text.strip().split("\\s+"))
                        .map(Integer::parseInt)
                        .toList();
    }

    private static Path of(int pid, String file) {
        return ROOT.resolve(pid + "/" + file);
    }
}
