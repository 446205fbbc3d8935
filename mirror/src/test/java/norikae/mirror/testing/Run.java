package norikae.mirror.testing;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A program that a test has run to its end. */
public record Run(List<String> command, int exit, String output) {

    private static final int PATIENCE_SECONDS = 120;

    public static Run of(String... command) throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().merge("PATH", "/usr/sbin:/sbin", (path, more) -> path + ":" + more);
        Process process = builder.start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new AssertionError("still running: " + List.of(command) + "\n" + output);
        }
        return new Run(List.of(command), process.exitValue(), output);
    }

    /** The same, for a program that must succeed. */
    public static String ok(String... command) throws IOException, InterruptedException {
        Run run = of(command);
        if (run.exit != 0) {
            throw new AssertionError(run.command + " ended with " + run.exit + ":\n" + run.output);
        }
        return run.output;
    }
}
