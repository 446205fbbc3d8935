package norikae.agent.cli;

import norikae.agent.api.v1.AttachVolumeReply;
import norikae.agent.api.v1.AttachVolumeRequest;
import norikae.agent.client.ControlClient;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code norikae volume attach}. */
@Command(
        name = "attach",
        description = {
            "Make a volume that no service uses a block device of the node that writes it.",
            "It stays one, also when the agent is restarted, until 'norikae volume detach'; so long the volume stays there."
        })
final class VolumeAttachCommand extends ClusterAction {

    @Parameters(paramLabel = "VOLUME", description = "The volume.")
    private String name = "";

    @Option(
            names = "--mount",
            paramLabel = "PATH",
            description = "Mount its file system there, too; a volume that was never written gets one (ext4).")
    private String path = "";

    VolumeAttachCommand(CliContext context) {
        super(context);
    }

    @Override
    ExitCode run(ControlClient client) {
        AttachVolumeReply reply = client.attachVolume(
                AttachVolumeRequest.newBuilder().setName(name).setPath(path).build());
        if (json()) {
            printJson(reply);
        } else {
            summary("volume " + name + " is " + reply.getDevice() + " on " + reply.getNode()
                    + (path.isEmpty() ? "" : ", mounted on " + path));
        }
        return ExitCode.OK;
    }
}
