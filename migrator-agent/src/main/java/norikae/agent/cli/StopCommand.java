package norikae.agent.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import norikae.agent.api.v1.StopServiceReply;
import norikae.agent.client.ControlClient;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code norikae stop}. */
@Command(name = "stop", description = "End a service and forget it.")
final class StopCommand extends ClusterAction {

    @Parameters(paramLabel = "SERVICE", description = "The service to end.")
    private String service = "";

    @Option(
            names = "--grace",
            paramLabel = "SECONDS",
            defaultValue = "10",
            description = "Time between SIGTERM and SIGKILL (default: ${DEFAULT-VALUE}).")
    private int graceSeconds;

    StopCommand(CliContext context) {
        super(context);
    }

    @Override
    ExitCode run(ControlClient client) {
        if (graceSeconds < 1 || graceSeconds > 3600) {
            throw new CliException(
                    ExitCode.USAGE, "--grace " + graceSeconds + " is out of range: use 1 to 3600 seconds");
        }
        StopServiceReply reply = client.stop(service, graceSeconds);
        if (json()) {
            Map<String, Object> document = new LinkedHashMap<>();
            document.put("service", service);
            document.put("ending", reply.getEnding());
            printJson(document);
        } else {
            summary(service + " " + reply.getEnding());
        }
        return ExitCode.OK;
    }
}
