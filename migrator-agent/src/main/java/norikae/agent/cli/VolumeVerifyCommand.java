package norikae.agent.cli;

import java.util.Map;
import norikae.agent.api.v1.VerifyVolumeReply;
import norikae.agent.api.v1.VerifyVolumeRequest;
import norikae.agent.client.ControlClient;
import norikae.agent.spec.ByteSize;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code norikae volume verify}. */
@Command(
        name = "verify",
        description = {
            "Compare a copy with the primary's, block by block, while both are in use.",
            "Ends with 1 if they differ and were not made equal."
        })
final class VolumeVerifyCommand extends ClusterAction {

    @Parameters(index = "0", paramLabel = "VOLUME", description = "The volume.")
    private String name = "";

    @Parameters(index = "1", paramLabel = "NODE", description = "The node whose copy is compared.")
    private String node = "";

    @Option(names = "--repair", description = "Send what is not the same.")
    private boolean repair;

    VolumeVerifyCommand(CliContext context) {
        super(context);
    }

    @Override
    ExitCode run(ControlClient client) {
        VerifyVolumeReply reply = client.verifyVolume(VerifyVolumeRequest.newBuilder()
                .setName(name)
                .setNode(node)
                .setRepair(repair)
                .build());
        long differing = reply.getDifferingBytes();
        if (json()) {
            printJson(Map.of("differingBytes", differing, "repaired", repair));
        } else if (differing == 0) {
            summary("the copies are the same");
        } else {
            summary(ByteSize.format(differing) + " were not the same" + (repair ? ", and are now" : ""));
        }
        return differing == 0 || repair ? ExitCode.OK : ExitCode.FAILURE;
    }
}
