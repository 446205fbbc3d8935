package norikae.systemtest;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * One run of a real program, such as {@code bin/norikae}, as a user would type it.
 *
 * @param code its exit code
 * @param output what it said on standard output, in ISO 8859-1 so that every byte counts
 * @param errors what it said on standard error
 */
record CommandRun(int code, String output, String errors) {

    /** {@code bin/norikae --config CONFIG ARGUMENTS...}. */
    static CommandRun norikae(TestCluster cluster, Path config, String... arguments) {
        List<String> command = new ArrayList<>();
        command.add(cluster.lab().distribution().program("norikae").toString());
        command.addAll(List.of(arguments));
        command.add("--config");
        command.add(config.toString());
        return of(new byte[0], command.toArray(String[]::new));
    }

    /** Any program, with something to read; one that does not end in time is killed. */
    static CommandRun of(byte[] input, String... command) {
        try {
            Process process = new ProcessBuilder(command).start();
            var output = new Drain(process.getInputStream());
            var errors = new Drain(process.getErrorStream());
            try (var to = process.getOutputStream()) {
                to.write(input);
            } catch (IOException e) {
                // It has ended already; what it said is told.
            }
            if (!process.waitFor(TestCluster.PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new AssertionError(String.join(" ", command) + " does not end");
            }
            return new CommandRun(process.exitValue(), output.text(), errors.text());
        } catch (IOException e) {
            throw new AssertionError("cannot run " + String.join(" ", command), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    private static final class Drain {

        private final Thread thread;
        private volatile byte[] bytes = {};

        Drain(java.io.InputStream from) {
            thread = Thread.ofVirtual().start(() -> {
                try {
                    bytes = from.readAllBytes();
                } catch (IOException e) {
                    // The program was killed.
                }
            });
        }

        String text() throws InterruptedException {
            thread.join();
            return new String(bytes, StandardCharsets.ISO_8859_1);
        }
    }
}
