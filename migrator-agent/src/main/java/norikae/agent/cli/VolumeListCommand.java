package norikae.agent.cli;

import norikae.agent.api.v1.VolumeList;
import norikae.agent.api.v1.VolumeStatus;
import norikae.agent.client.ControlClient;
import picocli.CommandLine.Command;

/** {@code norikae volume list}. */
@Command(name = "list", description = "Show the volumes of the cluster.")
final class VolumeListCommand extends ClusterAction {

    VolumeListCommand(CliContext context) {
        super(context);
    }

    @Override
    ExitCode run(ControlClient client) {
        VolumeList list = client.volumes(null);
        if (json()) {
            printJson(list);
        } else if (quiet()) {
            list.getVolumesList().stream().map(VolumeStatus::getName).forEach(this::print);
        } else {
            VolumeText.list(list).forEach(this::print);
        }
        return VolumeText.ending(this, list);
    }
}
