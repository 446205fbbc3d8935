package norikae.agent.capsule;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Adds what makes a stock JVM movable to its command line, and says so. */
public final class MovableJvm {

    private static final String NO_SHARED_COUNTERS = "-XX:+PerfDisableSharedMem";

    private static final List<String> ARCHIVE_IN_PLACE =
            List.of("-XX:+UnlockDiagnosticVMOptions", "-XX:ArchiveRelocationMode=0");

    private MovableJvm() {}

    /**
     * @param command as it is to be run
     * @param added a line for each argument that was added, with its reason
     */
    public record Adapted(List<String> command, List<String> added) {}

    /** Leaves everything but a JVM alone, and a JVM's own words too: what it says about a flag stands. */
    public static Adapted adapt(List<String> command) {
        List<String> adapted = new ArrayList<>(command);
        List<String> added = new ArrayList<>();
        if (isJava(command.getFirst())) {
            if (!says(command, "ArchiveRelocationMode") && !says(command, "Xshare:off")) {
                adapted.addAll(1, ARCHIVE_IN_PLACE);
                added.add(String.join(" ", ARCHIVE_IN_PLACE)
                        + ": leaves the JVM's class archive as it is in its file, so that"
                        + " its 13 MB need not travel while the service stands still");
            }
            if (!says(command, "PerfDisableSharedMem") && !command.contains("-XX:-UsePerfData")) {
                adapted.add(1, NO_SHARED_COUNTERS);
                added.addFirst(
                        NO_SHARED_COUNTERS + ": keeps the JVM's counters in its own memory, not in a file under /tmp"
                                + " that no other node has");
            }
        }
        return new Adapted(List.copyOf(adapted), List.copyOf(added));
    }

    private static boolean says(List<String> command, String flag) {
        return command.stream().anyMatch(argument -> argument.startsWith("-X") && argument.contains(flag));
    }

    private static boolean isJava(String program) {
        Path path = Path.of(program);
        return isNamedJava(path) || (path.isAbsolute() && isNamedJava(target(path)));
    }

    private static boolean isNamedJava(Path path) {
        return path.endsWith("java");
    }

    /** What a link leads to, such as /opt/shop/bin/shop to /usr/lib/jvm/jdk/bin/java. */
    private static Path target(Path path) {
        try {
            return path.toRealPath();
        } catch (IOException e) {
            return path; // not there: the launch will say so
        }
    }
}
