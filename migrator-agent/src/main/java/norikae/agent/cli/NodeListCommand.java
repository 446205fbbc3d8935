package norikae.agent.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import norikae.agent.api.v1.ClusterStatus;
import norikae.agent.api.v1.NodeStatus;
import norikae.agent.client.ControlClient;
import picocli.CommandLine.Command;

/** {@code norikae node list}. */
@Command(name = "list", description = "Show the nodes of the cluster.")
final class NodeListCommand extends ClusterAction {

    NodeListCommand(CliContext context) {
        super(context);
    }

    @Override
    ExitCode run(ControlClient client) {
        ClusterStatus status = client.status(null);
        MemberMemory.learn(this, status);
        if (json()) {
            Map<String, Object> document = new LinkedHashMap<>();
            document.put("cluster", status.getCluster());
            document.put("leader", status.getLeader());
            document.put("current", status.getCurrent());
            document.put("nodes", status.getNodesList());
            printJson(document);
        } else if (quiet()) {
            status.getNodesList().stream().map(NodeStatus::getName).forEach(this::print);
        } else {
            StatusText.nodes(status).forEach(this::print);
        }
        if (!status.getCurrent()) {
            warn("the cluster has no majority just now; this is only what the asked node last knew");
            return ExitCode.UNREACHABLE;
        }
        return ExitCode.OK;
    }
}
