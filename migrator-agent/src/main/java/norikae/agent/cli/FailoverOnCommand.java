package norikae.agent.cli;

import norikae.agent.api.v1.SetFailoverRequest;
import norikae.agent.client.ControlClient;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code norikae failover on}. */
@Command(
        name = "on",
        description = {
            "From now on servers that are lost are fenced, and their services started elsewhere.",
            "What is not given stays as it is."
        })
final class FailoverOnCommand extends ClusterAction {

    @Option(names = "--beat", paramLabel = "MILLIS", description = "Distance of two heartbeats (at first: 100).")
    private int beatMillis;

    @Option(
            names = "--lease",
            paramLabel = "MILLIS",
            description = "How long a server's services may be heard after its last heartbeat that a majority heard"
                    + " (at first: 2000).")
    private int leaseMillis;

    @Option(
            names = "--suspect",
            paramLabel = "MILLIS",
            description = "The shortest silence that makes a server suspect (at first: 600).")
    private int suspectMillis;

    @Option(
            names = "--watchdog",
            paramLabel = "SECONDS",
            description =
                    "Every server has a watchdog with at most this time-out, so that a server counts as stopped after"
                            + " its lease and twice this time; 0: not every server has one (at first: 0).")
    private @Nullable Integer watchdogSeconds;

    FailoverOnCommand(CliContext context) {
        super(context);
    }

    @Override
    ExitCode run(ControlClient client) {
        SetFailoverRequest.Builder request = SetFailoverRequest.newBuilder()
                .setEnabled(true)
                .setBeatMillis(positive("--beat", beatMillis))
                .setLeaseMillis(positive("--lease", leaseMillis))
                .setSuspectMillis(positive("--suspect", suspectMillis));
        if (watchdogSeconds != null) {
            request.setWatchdogSeconds(positive("--watchdog", watchdogSeconds));
        }
        FailoverShowCommand.show(this, client.setFailover(request.build()));
        return ExitCode.OK;
    }

    private static int positive(String option, int value) {
        if (value < 0) {
            throw new CliException(ExitCode.USAGE, option + " " + value + " is negative");
        }
        return value;
    }
}
