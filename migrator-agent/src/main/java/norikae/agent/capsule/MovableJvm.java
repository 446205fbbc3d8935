package norikae.agent.capsule;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Adds what makes a stock JVM movable to its command line, and says so. */
public final class MovableJvm {

    private static final String NO_SHARED_COUNTERS = "-XX:+PerfDisableSharedMem";

    private static final List<String> ARCHIVE_IN_PLACE =
            List.of("-XX:+UnlockDiagnosticVMOptions", "-XX:ArchiveRelocationMode=0");

    private static final int ARCHIVE_RELOCATION_SINCE = 17;
    private static final Pattern FEATURE_VERSION = Pattern.compile("(?m)^JAVA_VERSION=\"(\\d{1,4})");

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
        if (!command.isEmpty() && isJava(command.getFirst())) {
            if (knowsArchiveRelocation(Path.of(command.getFirst()))
                    && !says(command, "ArchiveRelocationMode")
                    && !says(command, "Xshare:off")) {
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

    /** An older JVM, and one of another maker, would refuse to start with a flag that it does not know. */
    private static boolean knowsArchiveRelocation(Path program) {
        if (!program.isAbsolute()) {
            return false;
        }
        Path release = target(program).resolve("../../release").normalize();
        try {
            String text = Files.readString(release);
            Matcher version = FEATURE_VERSION.matcher(text);
            return version.find()
                    && Integer.parseInt(version.group(1)) >= ARCHIVE_RELOCATION_SINCE
                    && !text.toLowerCase(Locale.ROOT).contains("openj9");
        } catch (IOException e) {
            return false;
        }
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
