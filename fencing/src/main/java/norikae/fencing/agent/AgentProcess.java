package norikae.fencing.agent;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import norikae.fencing.device.Deadline;

/** One run of an agent. What it writes to standard error is for people and is not read. */
final class AgentProcess {

    private static final List<Path> PLACES =
            List.of(Path.of("/usr/sbin"), Path.of("/sbin"), Path.of("/usr/bin"), Path.of("/usr/local/sbin"));
    private static final int OUTPUT_MAX = 1 << 20;

    private AgentProcess() {}

    /**
     * How it ended.
     *
     * @param exit its exit code
     * @param output empty unless it was asked for
     */
    record Run(int exit, String output) {}

    /** It did not end in time; all its processes were killed. */
    static final class Late extends IOException {
        private static final long serialVersionUID = 1;

        Late(String message) {
            super(message);
        }
    }

    /** The program of an agent. */
    static Path find(String agent) throws IOException {
        Path path = Path.of(agent);
        List<Path> candidates = path.isAbsolute()
                ? List.of(path)
                : PLACES.stream().map(place -> place.resolve(path)).toList();
        return candidates.stream()
                .filter(Files::isExecutable)
                .findFirst()
                .orElseThrow(() -> new IOException(
                        "there is no such program: install it (package fence-agents), or write its absolute path"));
    }

    static Run run(Path program, String input, boolean wantsOutput, Deadline deadline)
            throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(program.toString())
                .directory(Path.of("/").toFile())
                .redirectError(Redirect.DISCARD)
                .redirectOutput(wantsOutput ? Redirect.PIPE : Redirect.DISCARD);
        Map<String, String> environment = builder.environment();
        environment.clear();
        environment.put("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        environment.put("LC_ALL", "C.UTF-8");
        Process process = builder.start();
        try {
            feed(process, input);
            String output = wantsOutput ? output(process, deadline) : "";
            if (!process.waitFor(deadline.left().toNanos(), TimeUnit.NANOSECONDS)) {
                throw late(deadline);
            }
            return new Run(process.exitValue(), output);
        } finally {
            killTree(process);
        }
    }

    private static Late late(Deadline deadline) {
        return new Late("did not end within " + deadline.patienceText() + " and was killed");
    }

    private static void feed(Process process, String input) {
        try (OutputStream stdin = process.getOutputStream()) {
            stdin.write(input.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            // It ended without reading everything; its exit code says what that means.
        }
    }

    private static String output(Process process, Deadline deadline) throws IOException, InterruptedException {
        CompletableFuture<String> read = new CompletableFuture<>();
        Thread.ofVirtual().start(() -> {
            try (InputStream stdout = process.getInputStream()) {
                read.complete(new String(stdout.readNBytes(OUTPUT_MAX), StandardCharsets.UTF_8));
            } catch (IOException e) {
                read.completeExceptionally(e);
            }
        });
        try {
            return read.get(deadline.left().toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            throw late(deadline);
        } catch (ExecutionException e) {
            throw new IOException("its output could not be read: " + e.getCause(), e.getCause());
        }
    }

    /** The parent is killed before them: it must not start others meanwhile. */
    private static void killTree(Process process) {
        List<ProcessHandle> children;
        try (Stream<ProcessHandle> descendants = process.descendants()) {
            children = descendants.toList();
        }
        process.destroyForcibly();
        children.forEach(AgentProcess::killWithItsChildren);
    }

    private static void killWithItsChildren(ProcessHandle process) {
        try (Stream<ProcessHandle> descendants = process.descendants()) {
            List<ProcessHandle> late = descendants.toList();
            process.destroyForcibly();
            late.forEach(ProcessHandle::destroyForcibly);
        }
    }
}
