package norikae.lab.cli;

import norikae.lab.LabStatus;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(name = "status", description = "What is on, what is cut.", mixinStandardHelpOptions = true)
final class StatusCommand extends LabSubcommand {

    @Option(names = "--json", description = "For programs.")
    boolean json;

    @Override
    int run(LabCommand parent) {
        LabStatus status = LabStatus.of(parent.lab());
        if (json) {
            say(status.toJson());
            return 0;
        }
        say("laboratory " + status.name() + ", network " + status.subnet());
        String form = "%-14s %-14s %-8s %-6s %-12s %-18s %s";
        say(form.formatted("HOST", "ADDRESS", "ROLE", "POWER", "AGENT", "UPTIME", "RATE")
                .stripTrailing());
        for (LabStatus.Node node : status.nodes()) {
            say(form.formatted(
                            node.name(),
                            node.address(),
                            node.role(),
                            node.on() ? "on" : "off",
                            node.agent(),
                            uptime(node.uptimeSeconds()),
                            node.rate())
                    .stripTrailing());
        }
        status.cuts().forEach(cut -> say("cut: " + cut));
        return 0;
    }

    private static String uptime(long seconds) {
        if (seconds == 0) {
            return "-";
        }
        return "%d days %02d:%02d:%02d"
                .formatted(seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60);
    }
}
