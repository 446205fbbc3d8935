package norikae.agent.cli;

import norikae.agent.api.v1.DetachVolumeReply;
import norikae.agent.client.ControlClient;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code norikae volume detach}. */
@Command(
        name = "detach",
        description = "Undo 'norikae volume attach': unmount the volume and take its block device away.")
final class VolumeDetachCommand extends ClusterAction {

    @Parameters(paramLabel = "VOLUME", description = "The volume.")
    private String name = "";

    VolumeDetachCommand(CliContext context) {
        super(context);
    }

    @Override
    ExitCode run(ControlClient client) {
        DetachVolumeReply reply = client.detachVolume(name);
        if (json()) {
            printJson(reply);
        } else {
            summary("volume " + name + " is no device of " + reply.getNode() + " any more");
        }
        return ExitCode.OK;
    }
}
