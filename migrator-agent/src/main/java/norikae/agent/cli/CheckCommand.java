package norikae.agent.cli;

import norikae.agent.api.v1.CheckReport;
import norikae.agent.client.ControlClient;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code norikae check}. */
@Command(name = "check", description = "Tell what stands against moving a service, and touch nothing.")
final class CheckCommand extends ClusterAction {

    @Parameters(paramLabel = "SERVICE", description = "The service that would move.")
    private String service = "";

    @Option(names = "--to", paramLabel = "NODE", description = "Where to; the cluster chooses if left out.")
    private @Nullable String to;

    CheckCommand(CliContext context) {
        super(context);
    }

    @Override
    ExitCode run(ControlClient client) {
        return report(this, client.check(service, to));
    }

    static ExitCode report(Action action, CheckReport report) {
        if (action.json()) {
            action.printJson(report);
        } else {
            action.print(report.getService() + " from " + report.getFrom() + " to " + report.getTo() + " "
                    + CheckText.summary(report));
            CheckText.findings(report).forEach(line -> action.print("  " + line));
        }
        return report.getMovable() ? ExitCode.OK : ExitCode.PRECONDITION;
    }
}
