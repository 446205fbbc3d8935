package norikae.agent.cli;

import java.util.Map;
import norikae.agent.client.ControlClient;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code norikae node remove}. */
@Command(name = "remove", description = "End the membership of a drained or dead node.")
final class NodeRemoveCommand extends ClusterAction {

    @Parameters(paramLabel = "NODE", description = "The node.")
    private String node = "";

    NodeRemoveCommand(CliContext context) {
        super(context);
    }

    @Override
    ExitCode run(ControlClient client) {
        client.removeNode(node);
        if (json()) {
            printJson(Map.of("removed", node));
        } else {
            summary(node + " is no longer a member");
        }
        return ExitCode.OK;
    }
}
