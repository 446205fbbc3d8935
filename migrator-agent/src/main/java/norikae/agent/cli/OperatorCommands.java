package norikae.agent.cli;

import picocli.CommandLine;

/** {@code norikae operator …}. */
final class OperatorCommands {

    private OperatorCommands() {}

    static CommandLine commandLine(CliContext context) {
        return Groups.of("operator", "People and programs that use the cluster.", new OperatorAddCommand(context));
    }
}
