package norikae.agent.failover;

import java.io.IOException;
import norikae.agent.config.AgentDirectories;

/** The present life of this node. Confined to the daemon's start, then to the driver. */
public final class NodeLife {

    private final BootNumber boot;

    private NodeLife(BootNumber boot) {
        this.boot = boot;
    }

    public static NodeLife load(AgentDirectories directories) throws IOException {
        return new NodeLife(BootNumber.load(
                directories.run().resolve("boot"), directories.home().resolve("boot")));
    }

    /** Whether whatever runs here from an earlier life must be killed before anything is said to the log. */
    public boolean leavesNothing() {
        return boot.leavesNothing();
    }

    /** Whether no agent has run since the machine was started. */
    public boolean isFirstSinceStart() {
        return !boot.begun();
    }

    BootNumber boot() {
        return boot;
    }
}
