package norikae.agent.cli;

import norikae.agent.api.v1.VolumeStatus;
import norikae.agent.client.ControlClient;
import norikae.agent.spec.ByteSize;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code norikae volume resize}. */
@Command(
        name = "resize",
        description = {
            "Make a volume larger that no service uses. What is new in it reads as zeros.",
            "Its NBD clients are hung up on, and find the new size when they connect again. All nodes with a copy must be up."
        })
final class VolumeResizeCommand extends ClusterAction {

    @Parameters(paramLabel = "VOLUME", description = "The volume.")
    private String name = "";

    @Option(names = "--size", required = true, paramLabel = "SIZE", description = "Its new size, such as 40GiB.")
    private String size = "";

    VolumeResizeCommand(CliContext context) {
        super(context);
    }

    @Override
    ExitCode run(ControlClient client) {
        VolumeStatus status = client.resizeVolume(name, VolumeSizes.bytes("--size", size));
        if (json()) {
            printJson(status);
        } else {
            summary("volume " + name + " has " + ByteSize.format(status.getBytes()) + " under epoch "
                    + status.getEpoch());
        }
        return ExitCode.OK;
    }
}
