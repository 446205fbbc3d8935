package norikae.agent.failover;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import norikae.agent.security.Identity;
import norikae.failover.log.ratis.ReplicatedLog;
import norikae.failover.member.Action;
import norikae.failover.model.NodeRecord;

/** What the driver needs of the rest of the agent. Implementations are thread-safe. */
public interface FailoverParts {

    NodeRecord me();

    Identity identity();

    /** Shared disks over which heartbeats go, too. */
    List<Path> heartbeatDisks();

    ReplicatedLog log();

    Devices devices();

    /** A pattern of the node's ends of the links of services, for the packet gate. */
    String serviceLinks();

    /** The log trusts this node under its present life. */
    void onUp();

    ServerGuard guard();

    /** Whether services have processes here. Answers at once. */
    boolean servicesRun();

    /** Kills every service of this node and returns when nothing of them is left. */
    void killServices() throws IOException;

    void moveBack(Action.MoveBack back) throws InterruptedException;
}
