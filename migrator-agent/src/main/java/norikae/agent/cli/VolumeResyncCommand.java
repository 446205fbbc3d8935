package norikae.agent.cli;

import norikae.agent.api.v1.ResyncVolumeRequest;
import norikae.agent.api.v1.VolumeStatus;
import norikae.agent.client.ControlClient;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code norikae volume resync}. */
@Command(
        name = "resync",
        description = {
            "Join a copy again that was refused: after a split brain, or after somebody has mended its disk.",
            "Copies that were only away join by themselves."
        })
final class VolumeResyncCommand extends ClusterAction {

    @Parameters(index = "0", paramLabel = "VOLUME", description = "The volume.")
    private String name = "";

    @Parameters(index = "1", paramLabel = "NODE", description = "The node whose copy is to be made equal again.")
    private String node = "";

    @Option(
            names = "--discard",
            paramLabel = "GENERATION",
            defaultValue = "",
            description =
                    "The copy's own newest generation, as 'volume status' names it: what was written there is lost.")
    private String discard = "";

    VolumeResyncCommand(CliContext context) {
        super(context);
    }

    @Override
    ExitCode run(ControlClient client) {
        VolumeStatus status = client.resyncVolume(ResyncVolumeRequest.newBuilder()
                .setName(name)
                .setNode(node)
                .setDiscard(discard)
                .build());
        if (json()) {
            printJson(status);
        } else {
            VolumeText.status(status).forEach(this::print);
        }
        return ExitCode.OK;
    }
}
