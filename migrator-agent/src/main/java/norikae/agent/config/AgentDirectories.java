package norikae.agent.config;

import java.nio.file.Path;
import norikae.failover.model.MoveId;
import norikae.failover.model.ServiceName;

/**
 * Where a node keeps its files.
 *
 * @param home what survives a restart of the node, {@code /var/lib/norikae}
 * @param run what does not, {@code /run/norikae}, on a tmpfs
 */
public record AgentDirectories(Path home, Path run) {

    /** System property that puts {@link #home} elsewhere. */
    public static final String HOME_PROPERTY = "norikae.home";

    /** System property that puts {@link #run} elsewhere. */
    public static final String RUN_PROPERTY = "norikae.run";

    private static final String HOME_DEFAULT = "/var/lib/norikae";
    private static final String RUN_DEFAULT = "/run/norikae";

    /** The directories of this node, as the system properties say. */
    public static AgentDirectories fromSystemProperties() {
        return new AgentDirectories(
                Path.of(System.getProperty(HOME_PROPERTY, HOME_DEFAULT)),
                Path.of(System.getProperty(RUN_PROPERTY, RUN_DEFAULT)));
    }

    /** The node's configuration; the agent waits until it is there. */
    public Path configFile() {
        return home.resolve("node.json");
    }

    /** Keys and certificates; for root alone. */
    public Path pki() {
        return home.resolve("pki");
    }

    /** How this node can stop the others; for root alone. */
    public Path fencing() {
        return home.resolve("fencing.json");
    }

    /** The replicated log. */
    public Path raft() {
        return home.resolve("raft");
    }

    /** The copies of volumes, one directory for each. */
    public Path volumes() {
        return home.resolve("volumes");
    }

    /** Where NBD clients of this machine find the volumes that this node writes. */
    public Path volumeSocket() {
        return run.resolve("volumes.sock");
    }

    /** Volumes that are mounted here. */
    public Path mounts() {
        return run.resolve("mounts");
    }

    /** What is written to volumes before they are handed over. */
    public Path promises() {
        return run.resolve("promises");
    }

    /** What services leave behind, such as their output. */
    public Path services() {
        return home.resolve("services");
    }

    public Path service(ServiceName service) {
        return services().resolve(service.value());
    }

    /** What the agent must know of its running capsules to adopt them after a restart of its own. */
    public Path capsules() {
        return run.resolve("capsules");
    }

    /** Images of moves in flight, each in a tmpfs of its own. */
    public Path moves() {
        return run.resolve("moves");
    }

    /** Services whose memory is still being filled in. */
    public Path fills() {
        return run.resolve("fills");
    }

    public Path move(MoveId move) {
        return moves().resolve(move.value());
    }
}
