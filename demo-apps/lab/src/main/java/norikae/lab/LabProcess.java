package norikae.lab;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A program that runs on a node of the laboratory. Thread-safe.
 *
 * <p>Closing it kills it, with all its children, if it still runs.
 */
public final class LabProcess implements AutoCloseable {

    static final AtomicInteger NUMBERS = new AtomicInteger();

    private final String title;
    private final Process process;
    private final Cgroups cgroups;
    private final String cgroup;
    private final Heard output = new Heard();
    private final Heard errors = new Heard();
    private final Thread outputReader;
    private final Thread errorReader;

    LabProcess(String title, Process process, Cgroups cgroups, String cgroup) {
        this.title = title;
        this.process = process;
        this.cgroups = cgroups;
        this.cgroup = cgroup;
        this.outputReader = collect(process.getInputStream(), output);
        this.errorReader = collect(process.getErrorStream(), errors);
        var _ = process.onExit().thenRun(() -> cgroups.removeIfUnused(cgroup));
    }

    private static Thread collect(InputStream stream, Heard into) {
        return Thread.ofVirtual().start(() -> {
            byte[] buffer = new byte[8192];
            try (stream) {
                for (int n = stream.read(buffer); n >= 0; n = stream.read(buffer)) {
                    into.add(buffer, n);
                }
            } catch (IOException e) {
                // The program was killed; what it said is kept.
            }
        });
    }

    /** Its standard input, unless it has the caller's. */
    public OutputStream stdin() {
        return process.getOutputStream();
    }

    /** What it has written so far to its standard output. */
    public String output() {
        return output.toString();
    }

    /** What it has written so far to its standard error. */
    public String errors() {
        return errors.toString();
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    /**
     * Returns when the output contains the text.
     *
     * @throws LabException if it does not in time, or if the program ends without having said it
     */
    public void awaitOutput(String text, Duration patience) {
        Waiting.until(patience, () -> title + " to say '" + text + "'" + story(), () -> {
            boolean ended = !process.isAlive();
            if (ended) {
                awaitReaders();
            }
            if (output().contains(text)) {
                return true;
            }
            if (ended) {
                throw new LabException(title + " ended without saying '" + text + "'" + story());
            }
            return false;
        });
    }

    /**
     * Waits for the end.
     *
     * @return its exit code; 128 plus the signal's number if a signal ended it
     * @throws LabException if it still runs after that time
     */
    public int await(Duration patience) {
        try {
            if (!process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new LabException(title + " still runs after " + patience.toMillis() + " ms" + story());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LabException("interrupted while waiting for " + title, e);
        }
        awaitReaders();
        return process.exitValue();
    }

    /** Waits for the end, however long it takes. */
    public int await() throws InterruptedException {
        int code = process.waitFor();
        awaitReaders();
        return code;
    }

    /** A background child may keep the output open: what the program itself said has arrived by then. */
    private void awaitReaders() {
        try {
            outputReader.join(Duration.ofMillis(500));
            errorReader.join(Duration.ofMillis(500));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Kills it and everything that it started and that stayed in its cgroup. */
    public void kill() {
        cgroups.kill(cgroup);
        process.destroyForcibly();
    }

    /** Numbers, as seen on this machine, of its processes in the node. */
    public java.util.List<Long> pids() {
        return cgroups.processes(cgroup).stream()
                .filter(pid -> Proc.numbers(pid).size() > 1)
                .toList();
    }

    @Override
    public void close() {
        if (process.isAlive()) {
            kill();
        }
        awaitReaders();
        cgroups.removeIfUnused(cgroup);
    }

    private String story() {
        return "; output: [" + tail(output) + "] errors: [" + tail(errors) + "]";
    }

    private static String tail(Heard heard) {
        String text = heard.toString();
        return text.substring(Math.max(0, text.length() - 2000)).strip();
    }

    @Override
    public String toString() {
        return title;
    }

    /** Bytes of a stream so far. Thread-safe. */
    private static final class Heard {

        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

        synchronized void add(byte[] buffer, int length) {
            bytes.write(buffer, 0, length);
        }

        @Override
        public synchronized String toString() {
            return bytes.toString(StandardCharsets.UTF_8);
        }
    }
}
