package norikae.agent.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import norikae.agent.api.v1.CheckReport;
import norikae.agent.api.v1.Finding;
import norikae.agent.spec.ByteSize;

/** A check report in words. */
final class CheckText {

    private CheckText() {}

    /** {@code can move: 2 warnings, 300 MiB of memory}. */
    static String summary(CheckReport report) {
        int blockers = count(report, Finding.Severity.BLOCKER);
        int warnings = count(report, Finding.Severity.WARNING);
        List<String> parts = new ArrayList<>();
        if (blockers > 0) {
            parts.add(Words.plural(blockers, "blocker"));
        }
        if (warnings > 0) {
            parts.add(Words.plural(warnings, "warning"));
        }
        if (parts.isEmpty()) {
            parts.add("nothing against it");
        }
        if (report.getMemoryBytes() > 0) {
            parts.add(ByteSize.format(report.getMemoryBytes()) + " of memory");
        }
        return (report.getMovable() ? "can move: " : "cannot move: ") + String.join(", ", parts);
    }

    private static int count(CheckReport report, Finding.Severity severity) {
        return (int) report.getFindingsList().stream()
                .filter(f -> f.getSeverity() == severity)
                .count();
    }

    /** Two or three lines for each finding: what, why, and what to do. */
    static List<String> findings(CheckReport report) {
        List<String> lines = new ArrayList<>();
        for (Finding finding : report.getFindingsList()) {
            lines.add(finding.getSeverity().name().toLowerCase(Locale.ROOT) + " " + finding.getCode() + ": "
                    + finding.getWhat());
            if (!finding.getWhy().isEmpty()) {
                lines.add("  why: " + finding.getWhy());
            }
            if (!finding.getRemedy().isEmpty()) {
                lines.add("  do:  " + finding.getRemedy());
            }
        }
        return lines;
    }
}
