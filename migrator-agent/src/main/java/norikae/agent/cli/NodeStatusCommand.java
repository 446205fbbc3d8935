package norikae.agent.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import norikae.agent.api.v1.Alarm;
import norikae.agent.api.v1.NodeReport;
import norikae.agent.api.v1.NodeReports;
import norikae.agent.api.v1.PathReport;
import norikae.agent.client.ControlClient;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code norikae node status}. */
@Command(
        name = "status",
        description = "Show how nodes see each other: leases, and each path's round-trip time and loss.")
final class NodeStatusCommand extends ClusterAction {

    @Parameters(paramLabel = "NODE", arity = "0..1", description = "Only this node.")
    private @Nullable String node;

    NodeStatusCommand(CliContext context) {
        super(context);
    }

    @Override
    ExitCode run(ControlClient client) {
        NodeReports reports = client.nodeReports(node);
        if (json()) {
            printJson(reports);
        } else {
            text(reports).forEach(this::print);
        }
        return ExitCode.OK;
    }

    private static List<String> text(NodeReports reports) {
        Table nodes = new Table("node", "life", "role in the log", "lease", "watchdog", "note");
        Table paths = new Table("from", "to", "path", "rtt", "loss", "last heard");
        for (NodeReport report : reports.getNodesList()) {
            nodes.row(
                    report.getNode(),
                    life(report),
                    !report.getAnswered() ? "-" : report.getLeads() ? "leader" : report.getVotes() ? "voter" : "member",
                    lease(report),
                    report.getWatchdog().isEmpty() ? "-" : report.getWatchdog(),
                    report.getDetail());
            for (PathReport path : report.getPathsList()) {
                paths.row(
                        report.getNode(),
                        path.getPeer(),
                        path.getFrom() + " - " + path.getTo(),
                        path.getRttMicros() < 0
                                ? "-"
                                : String.format(Locale.ROOT, "%.2f ms", path.getRttMicros() / 1_000),
                        path.getLossPercent() < 0 ? "-" : String.format(Locale.ROOT, "%.0f %%", path.getLossPercent()),
                        path.getSilentMillis() < 0 ? "never" : path.getSilentMillis() + " ms ago");
            }
        }
        List<String> lines = new ArrayList<>(nodes.lines());
        lines.add("");
        lines.addAll(paths.lines());
        List<Alarm> alarms = reports.getNodesList().stream()
                .flatMap(r -> r.getAlarmsList().stream())
                .distinct()
                .toList();
        lines.addAll(StatusText.alarms(alarms));
        return lines;
    }

    private static String life(NodeReport report) {
        String phase =
                report.getPhase().isEmpty() ? "unknown" : report.getPhase().toLowerCase(Locale.ROOT);
        return phase + (report.getMaintenance() ? ", maintenance" : "") + (report.getAnswered() ? "" : ", no answer");
    }

    private static String lease(NodeReport report) {
        if (!report.getAnswered()) {
            return "-";
        }
        if (!report.hasLeaseMillis()) {
            return "not bound";
        }
        return report.getLeaseMillis() == 0 ? "none" : report.getLeaseMillis() + " ms";
    }
}
