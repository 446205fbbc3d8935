package norikae.transfer.memory;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A Python program that is not our child but our child's: of a child of ours, the JVM's own waiting for its end would take the
 * news that our tracing waits for.
 */
final class Stranger {

    private final Process shell;
    private final int pid;

    Stranger(String program, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(
                List.of("sh", "-c", "exec 3<&0; \"$@\" <&3 & echo $!; wait", "sh", "python3", "-c", program));
        command.addAll(List.of(arguments));
        shell = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        pid = Integer.parseInt(reader().readLine());
    }

    int pid() {
        return pid;
    }

    BufferedReader reader() {
        return shell.inputReader();
    }

    BufferedWriter writer() {
        return shell.outputWriter();
    }

    boolean alive() {
        return shell.isAlive();
    }

    void signal(String name) throws Exception {
        new ProcessBuilder("kill", "-" + name, String.valueOf(pid)).start().waitFor();
    }

    void end() throws Exception {
        signal("KILL");
        if (!shell.waitFor(10, TimeUnit.SECONDS)) {
            throw new AssertionError("process " + pid + " does not end");
        }
    }
}
