package norikae.lab;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * A program to run on a node; immutable.
 *
 * @param workingDirectory as seen on the node; the node's root if it is not there
 * @param environment variables on top of the caller's
 * @param inheritIo whether it has the caller's standard input, output and error
 */
public record ExecRequest(
        List<String> command, Path workingDirectory, Map<String, String> environment, boolean inheritIo) {

    public ExecRequest {
        command = List.copyOf(command);
        environment = Map.copyOf(environment);
        if (command.isEmpty()) {
            throw new LabException("there is no command to run");
        }
    }

    /** In the node's root directory, its output collected. */
    public static ExecRequest of(String... command) {
        return new ExecRequest(List.of(command), Path.of("/"), Map.of(), false);
    }

    public ExecRequest in(Path directory) {
        return new ExecRequest(command, directory, environment, inheritIo);
    }

    public ExecRequest with(String key, String value) {
        var all = new java.util.TreeMap<>(environment);
        all.put(key, value);
        return new ExecRequest(command, workingDirectory, all, inheritIo);
    }

    public ExecRequest inheritingIo() {
        return new ExecRequest(command, workingDirectory, environment, true);
    }
}
