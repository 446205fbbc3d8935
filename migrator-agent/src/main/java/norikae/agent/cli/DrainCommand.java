package norikae.agent.cli;

import java.util.List;
import norikae.agent.api.v1.MoveUpdate;
import norikae.agent.client.ControlClient;
import norikae.agent.client.ControlException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code norikae drain}. */
@Command(
        name = "drain",
        description = {
            "Move every service of a node to other nodes, one after the other.",
            "Ctrl-C ends the move in flight and begins no other; what has moved stays moved."
        })
final class DrainCommand extends ClusterAction {

    @Parameters(paramLabel = "NODE", description = "The node to empty.")
    private String node = "";

    DrainCommand(CliContext context) {
        super(context);
    }

    @Override
    ExitCode run(ControlClient client) {
        MoveRun run = new MoveRun(client, client.drain(node), MoveProgresses.of(this), context());
        try {
            run.follow();
        } catch (ControlException e) {
            if (run.lost().isEmpty()) {
                throw e;
            }
            throw new CliException(
                    ExitCode.of(e.kind()),
                    "lost sight of the drain while " + run.lost().getLast().getService() + " was moving: "
                            + e.getMessage(),
                    "norikae status tells where the services are; norikae drain " + node
                            + " goes on with what is left");
        }
        List<MoveUpdate> ended = run.ended();
        long moved = ended.stream().filter(u -> u.getResult().getMoved()).count();
        summary(
                ended.isEmpty()
                        ? node + " has no services to move"
                        : moved == ended.size()
                                ? node + " is drained: " + Words.plural((int) moved, "service") + " moved"
                                : node + ": " + moved + " of " + Words.plural(ended.size(), "service") + " moved");
        return run.exitCode();
    }
}
