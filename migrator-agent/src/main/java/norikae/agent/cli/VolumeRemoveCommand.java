package norikae.agent.cli;

import norikae.agent.api.v1.RemoveVolumeReply;
import norikae.agent.client.ControlClient;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code norikae volume remove}. */
@Command(name = "remove", description = "Forget a volume that no service uses, and delete all its copies.")
final class VolumeRemoveCommand extends ClusterAction {

    @Parameters(paramLabel = "VOLUME", description = "The volume.")
    private String name = "";

    @Option(names = "--yes", description = "I know that its data is gone then.")
    private boolean yes;

    VolumeRemoveCommand(CliContext context) {
        super(context);
    }

    @Override
    ExitCode run(ControlClient client) {
        if (!yes) {
            throw new CliException(
                    ExitCode.USAGE, "all data of volume " + name + " would be deleted: say so with --yes");
        }
        RemoveVolumeReply reply = client.removeVolume(name);
        if (json()) {
            printJson(reply);
        } else {
            summary("volume " + name + " is forgotten");
            reply.getLeftOnList()
                    .forEach(node -> warn("its copy on " + node + " could not be deleted: remove the directory"
                            + " volumes/" + name + " of that node by hand"));
        }
        return ExitCode.OK;
    }
}
