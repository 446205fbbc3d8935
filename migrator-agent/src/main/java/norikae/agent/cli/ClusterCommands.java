package norikae.agent.cli;

import picocli.CommandLine;

/** {@code norikae cluster …}. */
final class ClusterCommands {

    private ClusterCommands() {}

    static CommandLine commandLine(CliContext context) {
        return Groups.of("cluster", "The cluster as a whole.", new ClusterInitCommand(context));
    }
}
