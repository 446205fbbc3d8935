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
 * @param hybrid whether a move may make it depend on both nodes for a while; {@code null} means no
 * @param policy what happens when something goes wrong; {@code null} means {@link ServicePolicy#DEFAULT}
 */
public record ServiceSpec(
        ServiceName name,
        List<String> command,
        ServiceAddress address,
        SortedMap<String, String> environment,
        String user,
        String workingDirectory,
        Limits limits,
        @Nullable NodeId node,
        @Nullable Boolean hybrid,
        @Nullable ServicePolicy policy) {

    /** One that allows no hybrid moves, under the default policy. */
    public ServiceSpec(
            ServiceName name,
            List<String> command,
            ServiceAddress address,
            SortedMap<String, String> environment,
            String user,
            String workingDirectory,
            Limits limits,
            @Nullable NodeId node) {
        this(name, command, address, environment, user, workingDirectory, limits, node, null, null);
    }

    /**
     * Whether a move may let it run on the target while the source still has memory of it: shorter where the link is slow, and a
     * loss of either node meanwhile is a loss of the service's memory.
     */
    public boolean hybridMoves() {
        return Boolean.TRUE.equals(hybrid);
    }

    public ServicePolicy policyOrDefault() {
        return policy == null ? ServicePolicy.DEFAULT : policy;
    }

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
