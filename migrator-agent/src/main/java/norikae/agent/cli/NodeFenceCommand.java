package norikae.agent.cli;

import norikae.agent.api.v1.FenceNodeReply;
import norikae.agent.client.ControlClient;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code norikae node fence}. */
@Command(
        name = "fence",
        description = "Stop a server at once by its fencing device; its services are started elsewhere.")
final class NodeFenceCommand extends ClusterAction {

    @Parameters(paramLabel = "NODE", description = "The node.")
    private String node = "";

    @Option(names = "--reason", paramLabel = "TEXT", description = "Why, for 'norikae events'.")
    private String reason = "";

    NodeFenceCommand(CliContext context) {
        super(context);
    }

    @Override
    ExitCode run(ControlClient client) {
        FenceNodeReply reply = client.fence(node, reason);
        if (json()) {
            printJson(reply);
        } else {
            summary(node + " is stopped for certain: " + reply.getHow());
        }
        return ExitCode.OK;
    }
}
