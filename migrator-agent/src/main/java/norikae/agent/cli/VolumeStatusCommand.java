package norikae.agent.cli;

import norikae.agent.api.v1.VolumeList;
import norikae.agent.client.ControlClient;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code norikae volume status}. */
@Command(
        name = "status",
        description = "Show a volume's roles, how each copy stands, and how far behind or how far copied it is.")
final class VolumeStatusCommand extends ClusterAction {

    @Parameters(paramLabel = "VOLUME", description = "The volume.")
    private String name = "";

    VolumeStatusCommand(CliContext context) {
        super(context);
    }

    @Override
    ExitCode run(ControlClient client) {
        VolumeList list = client.volumes(name);
        if (json()) {
            printJson(list);
        } else {
            VolumeText.status(list.getVolumes(0)).forEach(this::print);
        }
        return VolumeText.ending(this, list);
    }
}
