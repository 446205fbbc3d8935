package norikae.agent.cli;

import norikae.agent.api.v1.PromoteVolumeRequest;
import norikae.agent.api.v1.VolumeStatus;
import norikae.agent.client.ControlClient;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code norikae volume promote}. */
@Command(
        name = "promote",
        description = {
            "Have another node write a volume that no service uses.",
            "The present primary hands it over; where it cannot, it must have been fenced before. An asynchronous copy gets"
                    + " everything first: if it is too far behind for that, nothing is changed."
        })
final class VolumePromoteCommand extends ClusterAction {

    @Parameters(index = "0", paramLabel = "VOLUME", description = "The volume.")
    private String name = "";

    @Option(names = "--to", required = true, paramLabel = "NODE", description = "A node that holds a copy.")
    private String to = "";

    @Option(
            names = "--accept-loss",
            description = "I know that acknowledged writes are lost for ever, if that copy lacks some.")
    private boolean acceptLoss;

    VolumePromoteCommand(CliContext context) {
        super(context);
    }

    @Override
    ExitCode run(ControlClient client) {
        VolumeStatus status = client.promoteVolume(PromoteVolumeRequest.newBuilder()
                .setName(name)
                .setTo(to)
                .setAcceptLoss(acceptLoss)
                .build());
        if (json()) {
            printJson(status);
        } else {
            summary("volume " + name + " is written by " + status.getPrimary() + " under epoch " + status.getEpoch());
        }
        return ExitCode.OK;
    }
}
