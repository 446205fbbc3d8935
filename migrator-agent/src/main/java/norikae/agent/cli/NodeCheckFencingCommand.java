package norikae.agent.cli;

import norikae.agent.api.v1.CheckFencingReply;
import norikae.agent.api.v1.FencingReadiness;
import norikae.agent.client.ControlClient;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code norikae node check-fencing}. */
@Command(name = "check-fencing", description = "Ask the devices that stop servers whether they could; stops nothing.")
final class NodeCheckFencingCommand extends ClusterAction {

    @Parameters(paramLabel = "NODE", arity = "0..1", description = "Only the device of this node.")
    private @Nullable String node;

    NodeCheckFencingCommand(CliContext context) {
        super(context);
    }

    @Override
    ExitCode run(ControlClient client) {
        CheckFencingReply reply = client.checkFencing(node);
        if (json()) {
            printJson(reply);
        } else {
            Table table = new Table("node", "ready", "device", "note");
            for (FencingReadiness readiness : reply.getNodesList()) {
                table.row(
                        readiness.getNode(),
                        readiness.getReady() ? "yes" : "no",
                        readiness.getDevice(),
                        readiness.getDetail());
            }
            table.lines().forEach(this::print);
        }
        boolean all = reply.getNodesList().stream().allMatch(FencingReadiness::getReady);
        return all ? ExitCode.OK : ExitCode.FAILURE;
    }
}
