package norikae.agent.cli;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import norikae.agent.api.v1.IssueJoinTokenReply;
import norikae.agent.client.ControlClient;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code norikae node token}. */
@Command(
        name = "token",
        description = {
            "Print a token with which one node can join, once.",
            "It is a secret; hand it on without a detour:",
            "  norikae node token | ssh HOST norikae node join - --node NAME --address IP"
        })
final class NodeTokenCommand extends ClusterAction {

    private static final Pattern DURATION = Pattern.compile("(\\d{1,5})([smhd])");
    private static final Duration VALID_MAX = Duration.ofDays(7); // who needs longer has forgotten about it

    @Option(
            names = "--valid",
            paramLabel = "TIME",
            defaultValue = "1h",
            description = "How long it can be used, such as 30m (default: ${DEFAULT-VALUE}).")
    private String valid = "1h";

    NodeTokenCommand(CliContext context) {
        super(context);
    }

    @Override
    ExitCode run(ControlClient client) {
        IssueJoinTokenReply reply = client.issueJoinToken(duration(valid));
        if (json()) {
            printJson(reply);
            return ExitCode.OK;
        }
        print(reply.getToken());
        if (!quiet()) {
            context().out().flush();
            Instant expires = Instant.ofEpochMilli(reply.getExpiresAtMillis()).truncatedTo(ChronoUnit.SECONDS);
            warn("the token is good for one node until " + expires);
        }
        return ExitCode.OK;
    }

    static Duration duration(String text) {
        Matcher m = DURATION.matcher(text.toLowerCase(Locale.ROOT));
        if (m.matches()) {
            long number = Long.parseLong(m.group(1));
            Duration duration =
                    switch (m.group(2)) {
                        case "s" -> Duration.ofSeconds(number);
                        case "m" -> Duration.ofMinutes(number);
                        case "h" -> Duration.ofHours(number);
                        default -> Duration.ofDays(number);
                    };
            if (duration.isPositive() && duration.compareTo(VALID_MAX) <= 0) {
                return duration;
            }
        }
        throw new CliException(
                ExitCode.USAGE,
                "--valid '" + text + "' is not a time up to 7d: write a number with s, m, h or d, such as 30m");
    }
}
