package norikae.lab;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** What {@code /proc} says of a process; a process that has gone is no error. */
final class Proc {

    private Proc() {}

    /** The process's numbers, from ours to that in its own PID namespace; empty if it is gone. */
    static List<Long> numbers(long pid) {
        for (String line : lines(pid, "status")) {
            if (line.startsWith("NSpid:")) {
                return Stream.of(line.substring(6).strip().split("\\s+", -1))
                        .map(Long::valueOf)
                        .toList();
            }
        }
        return List.of();
    }

    static String name(long pid) {
        List<String> lines = lines(pid, "comm");
        return lines.isEmpty() ? "" : lines.getFirst();
    }

    static List<String> lines(long pid, String file) {
        return lines(Path.of("/proc", Long.toString(pid), file));
    }

    static List<String> lines(Path file) {
        try {
            return Files.readAllLines(file);
        } catch (IOException e) {
            return List.of();
        }
    }

    /** What the link {@code /proc/PID/ns/KIND} points to; empty if the process is gone. */
    static String namespace(long pid, String kind) {
        try {
            return Files.readSymbolicLink(Path.of("/proc", Long.toString(pid), "ns", kind))
                    .toString();
        } catch (IOException e) {
            return "";
        }
    }

    static void kill(long pid) {
        ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
    }
}
