package norikae.agent.cli;

import norikae.agent.api.v1.FailoverSettings;
import norikae.agent.client.ControlClient;
import picocli.CommandLine.Command;

/** {@code norikae failover show}. */
@Command(name = "show", description = "Show how servers are found lost, and what follows from these settings.")
final class FailoverShowCommand extends ClusterAction {

    FailoverShowCommand(CliContext context) {
        super(context);
    }

    @Override
    ExitCode run(ControlClient client) {
        show(this, client.failover());
        return ExitCode.OK;
    }

    static void show(Action action, FailoverSettings settings) {
        if (action.json()) {
            action.printJson(settings);
            return;
        }
        action.print("failover is " + (settings.getEnabled() ? "on" : "off"));
        action.print("  heartbeat every " + settings.getBeatMillis() + " ms, lease " + settings.getLeaseMillis()
                + " ms, suspect after " + settings.getSuspectMillis() + " ms, watchdog "
                + (settings.getWatchdogSeconds() == 0 ? "not counted on" : settings.getWatchdogSeconds() + " s"));
        settings.getConsequencesList().forEach(line -> action.print("  - " + line));
    }
}
