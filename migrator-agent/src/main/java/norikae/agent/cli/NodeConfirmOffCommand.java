package norikae.agent.cli;

import norikae.agent.api.v1.ConfirmOffReply;
import norikae.agent.client.ControlClient;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code norikae node confirm-off}. */
@Command(
        name = "confirm-off",
        description = {
            "Give your word that a server is off, where no device can prove it.",
            "If it is not, its services will run twice and their data may be destroyed: look before you answer."
        })
final class NodeConfirmOffCommand extends ClusterAction {

    @Parameters(paramLabel = "NODE", description = "The node.")
    private String node = "";

    @Option(names = "--yes", description = "I have looked, and it is off.")
    private boolean yes;

    NodeConfirmOffCommand(CliContext context) {
        super(context);
    }

    @Override
    ExitCode run(ControlClient client) {
        if (!yes) {
            throw new CliException(
                    ExitCode.USAGE, "go and see that " + node + " is off, then say so with --yes: nothing checks it");
        }
        ConfirmOffReply reply = client.confirmOff(node);
        if (json()) {
            printJson(reply);
        } else {
            summary(node + " counts as off; to be started elsewhere: "
                    + (reply.getServicesCount() == 0 ? "nothing" : String.join(", ", reply.getServicesList())));
        }
        return ExitCode.OK;
    }
}
