package norikae.agent.cli;

import java.util.List;
import norikae.agent.api.v1.ClusterStatus;
import norikae.agent.client.ControlClient;
import norikae.agent.client.Subscription;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code norikae status}. */
@Command(name = "status", description = "Show nodes, services, and moves in flight.")
final class StatusCommand extends ClusterAction {

    private static final String CLEAR_SCREEN = "\u001b[H\u001b[2J";

    @Parameters(paramLabel = "SERVICE", arity = "0..1", description = "Only this service.")
    private @Nullable String service;

    @Option(
            names = {"-w", "--watch"},
            description = "Show it again whenever something changes, until Ctrl-C.")
    private boolean watch;

    StatusCommand(CliContext context) {
        super(context);
    }

    @Override
    ExitCode run(ControlClient client) {
        if (!watch) {
            ClusterStatus status = client.status(service);
            MemberMemory.learn(this, status);
            return show(status);
        }
        try (Subscription<ClusterStatus> updates = client.watchStatus(service)) {
            while (updates.hasNext()) {
                ClusterStatus status = updates.next();
                if (context().terminal() && !json()) {
                    context().out().print(CLEAR_SCREEN);
                }
                var unused = show(status);
                if (!context().terminal() && !json()) {
                    print("");
                }
                context().out().flush();
            }
        }
        return ExitCode.OK;
    }

    private ExitCode show(ClusterStatus status) {
        if (json()) {
            printJson(status);
        } else if (quiet()) {
            status.getServicesList().forEach(s -> print(s.getName()));
        } else {
            List<String> lines = StatusText.of(status);
            lines.forEach(this::print);
        }
        if (!status.getCurrent()) {
            context().out().flush();
            warn("the cluster has no majority just now; this is only what the asked node last knew");
            return ExitCode.UNREACHABLE;
        }
        return ExitCode.OK;
    }
}
