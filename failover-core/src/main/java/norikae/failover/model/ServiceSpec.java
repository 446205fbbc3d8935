package norikae.failover.model;

import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What the operator wants to run, as written in {@code SPEC.yaml}; immutable.
 *
 * @param command program and arguments, never passed through a shell; the program is looked up in PATH of the node
 * @param environment the whole environment of the service besides PATH, HOME and LANG, which have defaults
 * @param user account to run as
 * @param workingDirectory absolute path, the same on every node that may run the service
 * @param node where the operator wants it first, {@code null} to let the cluster choose
 */
public record ServiceSpec(
        ServiceName name,
        List<String> command,
        ServiceAddress address,
        SortedMap<String, String> environment,
        String user,
        String workingDirectory,
        Limits limits,
        @Nullable NodeId node) {

    public ServiceSpec {
        command = List.copyOf(command);
        environment = java.util.Collections.unmodifiableSortedMap(new TreeMap<>(environment));
        if (command.isEmpty() || command.getFirst().isBlank()) {
            throw new IllegalArgumentException("command of service " + name + " is empty: name a program");
        }
        if (!workingDirectory.startsWith("/")) {
            throw new IllegalArgumentException("workingDirectory '" + workingDirectory + "' of service " + name
                    + " is not absolute: start it with /");
        }
        for (Map.Entry<String, String> e : environment.entrySet()) {
            if (e.getKey().isEmpty() || e.getKey().indexOf('=') >= 0) {
                throw new IllegalArgumentException(
                        "environment variable '" + e.getKey() + "' of service " + name + " has an invalid name");
            }
        }
    }
}
