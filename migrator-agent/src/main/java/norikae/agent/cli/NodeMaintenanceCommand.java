package norikae.agent.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import norikae.agent.client.ControlClient;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code norikae node maintenance}. */
@Command(
        name = "maintenance",
        description = "While it is on, a node is not suspected and gets no services. 'norikae drain' empties it first.")
final class NodeMaintenanceCommand extends ClusterAction {

    @Parameters(index = "0", paramLabel = "NODE", description = "The node.")
    private String node = "";

    @Parameters(index = "1", paramLabel = "on|off", description = "Whether somebody works on it.")
    private String wanted = "";

    NodeMaintenanceCommand(CliContext context) {
        super(context);
    }

    @Override
    ExitCode run(ControlClient client) {
        boolean on = wanted.equals("on");
        if (!on && !wanted.equals("off")) {
            throw new CliException(ExitCode.USAGE, "'" + wanted + "' is neither on nor off");
        }
        client.setMaintenance(node, on);
        if (json()) {
            Map<String, Object> document = new LinkedHashMap<>();
            document.put("node", node);
            document.put("maintenance", on);
            printJson(document);
        } else {
            summary(node + (on ? " is in maintenance" : " is no longer in maintenance"));
        }
        return ExitCode.OK;
    }
}
