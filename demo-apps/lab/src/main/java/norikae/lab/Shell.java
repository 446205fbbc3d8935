package norikae.lab;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Runs the short-lived programs of the distribution ({@code ip}, {@code nft}, {@code tc}, ...) that make up a laboratory. */
final class Shell {

    private static final String PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    private Shell() {}

    /** What a program answered. */
    record Answer(int exitCode, String output) {}

    /** The search path of every program that the laboratory starts, also where the caller's is shorter. */
    static String path() {
        String own = System.getenv("PATH");
        return own == null ? PATH : own + ":" + PATH;
    }

    /** Runs a program and returns its output. Fails, with what it said, if its exit code is not 0. */
    static String run(String... command) {
        return runWithInput("", command);
    }

    static String runWithInput(String input, String... command) {
        Answer answer = ask(input, command);
        if (answer.exitCode() != 0) {
            throw new LabException("`" + String.join(" ", command) + "` failed with exit code " + answer.exitCode()
                    + ": " + answer.output().strip()
                    + (input.isEmpty() ? "" : " (its input was: " + input.strip() + ")"));
        }
        return answer.output();
    }

    /** Runs a program whose failure is an answer too. */
    static Answer ask(String input, String... command) {
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("PATH", path());
        builder.environment().put("LC_ALL", "C");
        try {
            Process process = builder.start();
            try (var stdin = process.getOutputStream()) {
                stdin.write(input.getBytes(StandardCharsets.UTF_8));
            } catch (IOException e) {
                // The program ended without reading; its exit code and output say why.
            }
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return new Answer(process.waitFor(), output);
        } catch (IOException e) {
            throw new LabException(
                    "cannot run " + command[0] + ": " + e.getMessage() + "; bin/setup installs what is missing", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LabException("interrupted while running " + Arrays.toString(command), e);
        }
    }

    /** Runs a program in the network namespace of a process. */
    static String inNetworkOf(long pid, String input, String... command) {
        List<String> all = new ArrayList<>(List.of("nsenter", "--net=/proc/" + pid + "/ns/net"));
        all.addAll(List.of(command));
        return runWithInput(input, all.toArray(String[]::new));
    }

    /**
     * Starts a process that outlives this one: in its own session, in the given cgroups before its first instruction,
     * with nothing of our terminal.
     */
    static Process startDetached(List<Path> cgroups, Map<String, String> environment, Path log, List<String> command) {
        List<String> all = new ArrayList<>(List.of("setsid"));
        all.addAll(joining(cgroups, command));
        ProcessBuilder builder = new ProcessBuilder(all)
                .redirectInput(Path.of("/dev/null").toFile())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .directory(Path.of("/").toFile());
        builder.environment().clear();
        builder.environment().putAll(environment);
        try {
            return builder.start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The command, put into cgroups first; it does not run at all if one of them is gone. */
    static List<String> joining(List<Path> cgroups, List<String> command) {
        List<String> all = new ArrayList<>(List.of(
                "sh",
                "-ec",
                "while [ \"$1\" != -- ]; do echo 0 >\"$1/cgroup.procs\"; shift; done; shift; exec \"$@\"",
                "join"));
        cgroups.forEach(cgroup -> all.add(cgroup.toString()));
        all.add("--");
        all.addAll(command);
        return all;
    }
}
