package norikae.agent.volume;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import norikae.agent.capsule.Tools;
import norikae.linux.ChildProcess;
import norikae.linux.ExitStatus;
import norikae.linux.OwnedFd;
import norikae.linux.Spawn;

/** Runs a system's program to its end. A disk that hangs makes a program wait for it, never this agent. Stateless. */
final class Tool {

    private static final Map<String, String> ENVIRONMENT =
            Map.of("PATH", String.join(":", Tools.DIRECTORIES), "LANG", "C.UTF-8");

    private static final int TEXT_MAX = 2_000;

    private Tool() {}

    /** @param code what it ended with; -1 if it was killed because it took too long */
    record Ended(int code, String text) {
        boolean ok() {
            return code == 0;
        }
    }

    /**
     * @param scratch a directory for its output
     * @throws IOException if it cannot be started
     */
    static Ended run(Path scratch, Duration patience, String... words) throws IOException {
        Path output = Files.createTempFile(scratch, words[0].replace('/', '_') + "-", ".out");
        try (ChildProcess child = start(output, List.of(words))) {
            Optional<ExitStatus> ended = child.awaitExit(patience);
            String text = text(output);
            if (ended.isEmpty()) {
                return new Ended(-1, "it did not end within " + patience.toSeconds() + " s" + text);
            }
            return new Ended(ended.get().signal() != 0 ? -1 : ended.get().code(), text);
        } finally {
            Files.deleteIfExists(output);
        }
    }

    /** The same; anything but success is an error. */
    static String must(Path scratch, Duration patience, String... words) throws IOException {
        Ended ended = run(scratch, patience, words);
        if (!ended.ok()) {
            throw new IOException("'" + String.join(" ", words) + "' failed: " + ended.text());
        }
        return ended.text();
    }

    /** Starts one that goes on; the caller closes it. */
    static ChildProcess start(Path output, List<String> words) throws IOException {
        int flags = OwnedFd.O_WRONLY | OwnedFd.O_APPEND | OwnedFd.O_CREAT;
        List<String> line = new ArrayList<>(words);
        line.set(0, Tools.find(words.getFirst()));
        return Spawn.of(line)
                .environment(ENVIRONMENT)
                .newSession()
                .open(1, output, flags, 0600)
                .open(2, output, flags, 0600)
                .start();
    }

    static String text(Path output) {
        try {
            String text = new String(Files.readAllBytes(output), StandardCharsets.UTF_8).strip();
            return text.length() > TEXT_MAX ? text.substring(text.length() - TEXT_MAX) : text;
        } catch (IOException e) {
            return "";
        }
    }
}
