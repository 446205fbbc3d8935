package norikae.agent.cli;

import norikae.agent.api.v1.SetFailoverRequest;
import norikae.agent.client.ControlClient;
import picocli.CommandLine.Command;

/** {@code norikae failover off}. */
@Command(name = "off", description = "Fence nothing and start nothing elsewhere, whatever happens.")
final class FailoverOffCommand extends ClusterAction {

    FailoverOffCommand(CliContext context) {
        super(context);
    }

    @Override
    ExitCode run(ControlClient client) {
        FailoverShowCommand.show(
                this,
                client.setFailover(
                        SetFailoverRequest.newBuilder().setEnabled(false).build()));
        return ExitCode.OK;
    }
}
