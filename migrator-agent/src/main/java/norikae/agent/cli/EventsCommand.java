package norikae.agent.cli;

import norikae.agent.api.v1.Event;
import norikae.agent.api.v1.ListEventsRequest;
import norikae.agent.client.ControlClient;
import norikae.agent.client.Subscription;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code norikae events}. */
@Command(name = "events", description = "Show what has happened, and where the time of each move went.")
final class EventsCommand extends ClusterAction {

    private static final int LIMIT_MAX = 10_000;

    @Parameters(paramLabel = "SUBJECT", arity = "0..1", description = "Only what concerns this service or node.")
    private @Nullable String subject;

    @Option(
            names = {"-f", "--follow"},
            description = "Go on with what happens, until Ctrl-C.")
    private boolean follow;

    @Option(
            names = "--limit",
            paramLabel = "N",
            defaultValue = "50",
            description = "The newest so many (default: ${DEFAULT-VALUE}).")
    private int limit;

    EventsCommand(CliContext context) {
        super(context);
    }

    @Override
    ExitCode run(ControlClient client) {
        if (limit < 1 || limit > LIMIT_MAX) {
            throw new CliException(ExitCode.USAGE, "--limit " + limit + " is out of range: use 1 to " + LIMIT_MAX);
        }
        ListEventsRequest request = ListEventsRequest.newBuilder()
                .setSubject(subject == null ? "" : subject)
                .setLimit(limit)
                .setFollow(follow)
                .build();
        try (Subscription<Event> events = client.events(request)) {
            while (events.hasNext()) {
                Event event = events.next();
                if (json()) {
                    printJson(event);
                } else {
                    EventText.of(event).forEach(this::print);
                }
                context().out().flush();
            }
        }
        return ExitCode.OK;
    }
}
