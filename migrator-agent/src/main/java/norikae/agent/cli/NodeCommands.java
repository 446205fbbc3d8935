package norikae.agent.cli;

import picocli.CommandLine;

/** {@code norikae node …}. */
final class NodeCommands {

    private NodeCommands() {}

    static CommandLine commandLine(CliContext context) {
        return Groups.of(
                "node",
                "The servers of the cluster.",
                new NodeListCommand(context),
                new NodeStatusCommand(context),
                new NodeMaintenanceCommand(context),
                new NodeFenceCommand(context),
                new NodeConfirmOffCommand(context),
                new NodeCheckFencingCommand(context),
                new NodePrepareDiskCommand(context),
                new NodeTokenCommand(context),
                new NodeJoinCommand(context),
                new NodeRemoveCommand(context));
    }
}
