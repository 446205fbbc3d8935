package norikae.agent.cli;

import norikae.agent.api.v1.VolumeStatus;
import norikae.agent.client.ControlClient;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code norikae volume demote}. */
@Command(
        name = "demote",
        description = {
            "Have nobody write a volume that no service uses, for maintenance. Its primary hands it over.",
            "'norikae volume promote' ends that, on any copy that has every write."
        })
final class VolumeDemoteCommand extends ClusterAction {

    @Parameters(paramLabel = "VOLUME", description = "The volume.")
    private String name = "";

    VolumeDemoteCommand(CliContext context) {
        super(context);
    }

    @Override
    ExitCode run(ControlClient client) {
        VolumeStatus status = client.demoteVolume(name);
        if (json()) {
            printJson(status);
        } else {
            summary("volume " + name + " is written by nobody, and whole on " + VolumeText.wholeOn(status));
        }
        return ExitCode.OK;
    }
}
