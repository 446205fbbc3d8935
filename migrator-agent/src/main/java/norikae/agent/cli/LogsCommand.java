package norikae.agent.cli;

import java.io.IOException;
import norikae.agent.api.v1.LogChunk;
import norikae.agent.api.v1.ReadLogsRequest;
import norikae.agent.client.ControlClient;
import norikae.agent.client.Subscription;
import norikae.agent.spec.ByteSize;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code norikae logs}. */
@Command(name = "logs", description = "Print what a service wrote to its standard output and error, across moves.")
final class LogsCommand extends ClusterAction {

    @Parameters(paramLabel = "SERVICE", description = "The service.")
    private String service = "";

    @Option(
            names = {"-f", "--follow"},
            description = "Go on with what it writes, until Ctrl-C.")
    private boolean follow;

    @Option(
            names = "--tail",
            paramLabel = "SIZE",
            description = "Only the newest so much, such as 4KiB; all, at most 64 MiB, if left out.")
    private @Nullable String tail;

    LogsCommand(CliContext context) {
        super(context);
    }

    @Override
    ExitCode run(ControlClient client) throws IOException {
        ReadLogsRequest request = ReadLogsRequest.newBuilder()
                .setService(service)
                .setFollow(follow)
                .setTailBytes(tailBytes())
                .build();
        try (Subscription<LogChunk> chunks = client.logs(request)) {
            while (chunks.hasNext()) {
                LogChunk chunk = chunks.next();
                if (json()) {
                    printJson(chunk);
                } else {
                    chunk.getData().writeTo(context().out());
                }
                context().out().flush();
            }
        }
        return ExitCode.OK;
    }

    private long tailBytes() {
        if (tail == null) {
            return 0;
        }
        try {
            return tail.matches("\\d{1,15}") ? Long.parseLong(tail) : ByteSize.parse(tail);
        } catch (IllegalArgumentException e) {
            throw new CliException(ExitCode.USAGE, "--tail " + e.getMessage());
        }
    }
}
