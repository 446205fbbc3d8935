package norikae.agent.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import norikae.agent.api.v1.FailOverServiceReply;
import norikae.agent.client.ControlClient;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code norikae failover SERVICE}, and {@code norikae failover on|off|show}. */
@Command(
        name = "failover",
        description = {
            "Stop a service where it is and start it on another node; or say whether that happens by itself.",
            "Clients lose their connections: 'norikae migrate' keeps them, as long as both nodes are well."
        })
final class FailoverCommand extends ClusterAction {

    private static final int GRACE_SECONDS_MAX = 3_600;

    @Parameters(paramLabel = "SERVICE", arity = "0..1", description = "The service.")
    private @Nullable String service;

    @Option(
            names = "--grace",
            paramLabel = "SECONDS",
            defaultValue = "10",
            description = "Time between SIGTERM and SIGKILL (default: ${DEFAULT-VALUE}).")
    private int graceSeconds;

    FailoverCommand(CliContext context) {
        super(context);
    }

    static CommandLine commandLine(CliContext context) {
        CommandLine line = new CommandLine(new FailoverCommand(context));
        line.addSubcommand(new FailoverOnCommand(context));
        line.addSubcommand(new FailoverOffCommand(context));
        line.addSubcommand(new FailoverShowCommand(context));
        return line;
    }

    @Override
    ExitCode run(ControlClient client) {
        if (service == null) {
            throw new CliException(ExitCode.USAGE, "name a service, or one of: on, off, show");
        }
        if (graceSeconds < 1 || graceSeconds > GRACE_SECONDS_MAX) {
            throw new CliException(
                    ExitCode.USAGE, "--grace " + graceSeconds + " is out of range: use 1 to 3600 seconds");
        }
        FailOverServiceReply reply = client.failOver(service, graceSeconds);
        if (json()) {
            Map<String, Object> document = new LinkedHashMap<>();
            document.put("service", service);
            document.put("node", reply.getNode());
            document.put("epoch", reply.getEpoch());
            printJson(document);
        } else {
            summary(service + " runs on " + reply.getNode() + " under epoch " + reply.getEpoch());
        }
        return ExitCode.OK;
    }
}
