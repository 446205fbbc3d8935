package norikae.agent.capsule;

import java.io.IOException;
import java.nio.file.Path;
import norikae.agent.config.AgentConfig;
import norikae.agent.config.AgentDirectories;
import norikae.linux.Cgroup;

/**
 * Where a node's capsules live.
 *
 * @param services below it each service's output
 * @param records a directory on a tmpfs
 * @param marks a durable directory for what must survive a power cut about moves
 * @param bridge the node's bridge, into which capsules' links go
 * @param cgroups the group below which capsules' groups are made
 * @param agentCgroup where CRIU goes back to when a restored tree is to be frozen without it
 */
public record CapsuleSettings(
        Path services, Path records, Path marks, String bridge, Cgroup cgroups, Cgroup agentCgroup) {

    /** As the configuration of this node says; capsules' groups lie beside the agent's own. */
    public static CapsuleSettings of(AgentConfig config, AgentDirectories directories) throws IOException {
        Cgroup own = Cgroup.own();
        boolean atTop = own.directory().equals(Cgroup.root().directory());
        Cgroup above = atTop ? own.child("norikae") : own.parent();
        return new CapsuleSettings(
                directories.services(),
                directories.capsules(),
                directories.home().resolve("moves"),
                config.bridge(),
                above.child("capsules"),
                own);
    }
}
