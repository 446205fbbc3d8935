package norikae.failover.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What the operator wants to run, as written in {@code SPEC.yaml}; immutable.
 *
 * @param command program and arguments, never passed through a shell; the program is looked up in PATH of the node. Empty
 *     if a resource agent starts the service
 * @param environment the whole environment of the service besides PATH, HOME and LANG, which have defaults
 * @param user account to run as
 * @param workingDirectory absolute path, the same on every node that may run the service
 * @param node where the operator wants it first, {@code null} to let the cluster choose
 * @param hybrid whether a move may make it depend on both nodes for a while; {@code null} means no
 * @param policy what happens when something goes wrong; {@code null} means {@link ServicePolicy#DEFAULT}
 * @param monitors what is looked at besides its process; {@code null} means none. A service of a resource agent has that
 *     agent's own monitor in any case
 * @param volumes mirrored volumes that go where it goes; {@code null} means none
 * @param ocf the resource agent that starts and stops it; {@code null} for one that has a command
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
        @Nullable ServicePolicy policy,
        @Nullable List<MonitorSpec> monitors,
        @Nullable OcfResource ocf,
        @Nullable List<VolumeMount> volumes) {

    public static final int VOLUMES_MAX = 16;
    public static final int MONITORS_MAX = 32;

    /** One that allows no hybrid moves, under the default policy, without monitors. */
    public ServiceSpec(
            ServiceName name,
            List<String> command,
            ServiceAddress address,
            SortedMap<String, String> environment,
            String user,
            String workingDirectory,
            Limits limits,
            @Nullable NodeId node) {
        this(name, command, address, environment, user, workingDirectory, limits, node, null, null, null, null);
    }

    /** One without volumes. */
    public ServiceSpec(
            ServiceName name,
            List<String> command,
            ServiceAddress address,
            SortedMap<String, String> environment,
            String user,
            String workingDirectory,
            Limits limits,
            @Nullable NodeId node,
            @Nullable Boolean hybrid,
            @Nullable ServicePolicy policy,
            @Nullable List<MonitorSpec> monitors,
            @Nullable OcfResource ocf) {
        this(
                name,
                command,
                address,
                environment,
                user,
                workingDirectory,
                limits,
                node,
                hybrid,
                policy,
                monitors,
                ocf,
                null);
    }

    /** The volumes that go where it goes, in the order in which they are mounted. */
    public List<VolumeMount> volumesOrNone() {
        return volumes == null ? List.of() : volumes;
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

    /** Its monitors, the one that every service of a resource agent has among them. */
    public List<MonitorSpec> effectiveMonitors() {
        List<MonitorSpec> given = monitors == null ? List.of() : monitors;
        if (ocf == null || given.stream().anyMatch(m -> m.probe() instanceof Probe.Ocf)) {
            return given;
        }
        List<MonitorSpec> all = new ArrayList<>(given);
        all.add(new MonitorSpec(new Probe.Ocf()));
        return List.copyOf(all);
    }

    public ServiceSpec {
        command = List.copyOf(command);
        volumes = volumes == null || volumes.isEmpty() ? null : List.copyOf(volumes);
        if (volumes != null && volumes.size() > VOLUMES_MAX) {
            throw new IllegalArgumentException(
                    "service " + name + " has " + volumes.size() + " volumes: at most " + VOLUMES_MAX + " are allowed");
        }
        monitors = monitors == null || monitors.isEmpty() ? null : List.copyOf(monitors);
        environment = java.util.Collections.unmodifiableSortedMap(new TreeMap<>(environment));
        if (ocf == null && (command.isEmpty() || command.getFirst().isBlank())) {
            throw new IllegalArgumentException("command of service " + name + " is empty: name a program");
        }
        if (ocf != null && !command.isEmpty()) {
            throw new IllegalArgumentException("service " + name + " has a command and the resource agent "
                    + ocf.fullName() + ": only one of them can start it");
        }
        requireSensible(name, policy);
        requireSensible(name, monitors, ocf);
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

    /** What only shows when policy and name are seen together. */
    private static void requireSensible(ServiceName name, @Nullable ServicePolicy policy) {
        if (policy == null) {
            return;
        }
        requireOthers(name, "after", policy.after());
        requireOthers(name, "with", policy.with());
        requireOthers(name, "apart", policy.apart());
    }

    private static void requireOthers(ServiceName name, String what, List<ServiceName> others) {
        if (others.contains(name)) {
            throw new IllegalArgumentException(
                    "service " + name + " names itself in '" + what + "': name other services there");
        }
    }

    private static void requireSensible(
            ServiceName name, @Nullable List<MonitorSpec> monitors, @Nullable OcfResource ocf) {
        if (monitors == null) {
            return;
        }
        if (monitors.size() > MONITORS_MAX) {
            throw new IllegalArgumentException(
                    "service " + name + " has " + monitors.size() + " monitors: at most " + MONITORS_MAX);
        }
        long ocfMonitors =
                monitors.stream().filter(m -> m.probe() instanceof Probe.Ocf).count();
        if (ocfMonitors > 0 && ocf == null) {
            throw new IllegalArgumentException("service " + name
                    + " has an ocf monitor but no resource agent: only a service with 'resource' can have one");
        }
        if (ocfMonitors > 1) {
            throw new IllegalArgumentException("service " + name + " has " + ocfMonitors + " ocf monitors: write one");
        }
    }
}
