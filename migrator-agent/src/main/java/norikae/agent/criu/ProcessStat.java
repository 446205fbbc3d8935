package norikae.agent.criu;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** The few fields of {@code /proc/PID/stat} that we need. */
record ProcessStat(int pid, char state, int session) {

    private static final int STATE = 0;
    private static final int SESSION = 3;

    /** Reads {@code directory/stat} of a process or thread; empty if it is gone. */
    static Optional<ProcessStat> read(Path directory) {
        String stat;
        try {
            stat = Files.readString(directory.resolve("stat"), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            return Optional.empty();
        }
        // The name in parentheses may itself hold blanks and parentheses.
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
        return Optional.of(new ProcessStat(
                Integer.parseInt(stat.substring(0, stat.indexOf(' '))),
                fields[STATE].charAt(0),
                Integer.parseInt(fields[SESSION])));
    }

    /** Stopped by a signal or a tracer, or past running at all. */
    boolean still() {
        return state == 'T' || state == 't' || ended();
    }

    boolean ended() {
        return state == 'Z' || state == 'X';
    }
}
