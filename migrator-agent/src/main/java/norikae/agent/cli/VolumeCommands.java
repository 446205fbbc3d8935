package norikae.agent.cli;

import picocli.CommandLine;

/** {@code norikae volume …}. */
final class VolumeCommands {

    private VolumeCommands() {}

    static CommandLine commandLine(CliContext context) {
        return Groups.of(
                "volume",
                "Mirrored block volumes.",
                new VolumeCreateCommand(context),
                new VolumeListCommand(context),
                new VolumeStatusCommand(context),
                new VolumeAttachCommand(context),
                new VolumeDetachCommand(context),
                new VolumePromoteCommand(context),
                new VolumeDemoteCommand(context),
                new VolumeResizeCommand(context),
                new VolumeResyncCommand(context),
                new VolumeVerifyCommand(context),
                new VolumeRemoveCommand(context));
    }
}
