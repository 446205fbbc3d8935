package norikae.agent.criu;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What CRIU wrote about one dump or restore, read backwards for the reason of a failure. Stateless but for its path.
 *
 * <p>CRIU's response carries the first error line only, and that is often a harmless one.
 */
record CriuLog(Path file) {

    private static final int TAIL_BYTES_MAX = 64 * 1024;
    private static final int LINES_MAX = 3;
    private static final String ERROR = "Error (";

    /** Errors of other errors, and those that come with every run without CAP_SYS_RESOURCE. */
    private static final List<String> NOISE = List.of(
            "RLIMIT_NOFILE",
            "RPC client reported script error",
            "action scripts failed",
            "Can't send response",
            "Dumping FAILED",
            "Restoring FAILED",
            "Aborting restore due to");

    private record Remedy(String sign, String text) {}

    private static final List<Remedy> REMEDIES = List.of(
            new Remedy("has bad size", "somebody wrote to that file during the move; give it to this service alone"),
            new Remedy("has bad mode", "make the file's mode the same on both nodes"),
            new Remedy("has bad build-id", "install the same version of that file on both nodes"),
            new Remedy("File exists", "the PID is taken in the target's capsule; remove what runs in it"),
            new Remedy("userfaultfd", "the program uses userfaultfd, which CRIU cannot move"),
            new Remedy("io_uring", "the program uses io_uring, which CRIU cannot move; turn it off in the program"),
            new Remedy("n-flight connection", "a client was connecting at that very moment; try again"),
            new Remedy(
                    "lookup mount", "the service holds a file of another mount namespace; restart it with norikae run"),
            new Remedy("No space left", "raise the memory limit of the move or free memory on that node"),
            new Remedy("Can't open file", "the file must be at the same path on both nodes"),
            new Remedy("vdso", "use a CRIU that knows this kernel (4.1 or newer)"),
            new Remedy("CPU capabilities", "move to a node with the same CPU features"),
            new Remedy("ghost file", "the service holds a large deleted file open; let it close that file"),
            new Remedy("External socket", "a socket leads out of the capsule; the service must close it first"));

    /** The last error lines that say something, oldest first; empty if there are none. */
    String reason() {
        List<String> errors = new ArrayList<>();
        for (String line : tail().split("\n", -1)) {
            if (line.contains(ERROR) && NOISE.stream().noneMatch(line::contains)) {
                errors.add(withoutPlace(line));
            }
        }
        return String.join("; ", errors.subList(Math.max(0, errors.size() - LINES_MAX), errors.size()));
    }

    /** What a person can do about a reason, if we know it. */
    static Optional<String> remedy(String reason) {
        return REMEDIES.stream()
                .filter(r -> reason.contains(r.sign()))
                .map(Remedy::text)
                .findFirst();
    }

    private static String withoutPlace(String line) {
        int at = line.indexOf(ERROR);
        int end = line.indexOf("): ", at);
        return (end < 0 ? line.substring(at) : line.substring(end + 3)).strip();
    }

    private String tail() {
        if (!Files.isRegularFile(file)) {
            return "";
        }
        try (RandomAccessFile log = new RandomAccessFile(file.toFile(), "r")) {
            long start = Math.max(0, log.length() - TAIL_BYTES_MAX);
            byte[] bytes = new byte[(int) (log.length() - start)];
            log.seek(start);
            log.readFully(bytes);
            return new String(bytes, StandardCharsets.UTF_8);
        } catch (IOException e) {
            return "";
        }
    }
}
