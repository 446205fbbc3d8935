package ledger;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * How a client's run ended.
 *
 * @param total the figures of the whole run
 * @param connections how many connections it held
 * @param lost requests that were never answered, or acknowledged and yet not done
 * @param doubled requests done or answered twice
 * @param audit what the bank said at the end, or null
 * @param auditFailure why there is no audit, or empty
 * @param troubles the first things that were wrong, in words
 */
record Summary(
        Figures total,
        int connections,
        long lost,
        long doubled,
        @Nullable Audit audit,
        String auditFailure,
        List<String> troubles) {

    /** Compares what the client knows with what the bank says. */
    static Summary of(ClientLoop.Ending ending, @Nullable Audit audit, String auditFailure) {
        long lost = 0;
        long doubled = 0;
        List<String> troubles = new ArrayList<>(ending.troubles());
        for (ClientLoop.ConversationEnd end : ending.conversations()) {
            long missing = 0;
            long surplus = 0;
            if (audit != null) {
                long applied = audit.appliedByClient().getOrDefault(end.name(), 0L);
                missing = Math.max(0, end.counts().acknowledged() - applied);
                surplus = Math.max(0, applied - end.counts().acknowledged() - end.unanswered());
            }
            if (missing + surplus + end.unanswered() > 0 && troubles.size() < 2 * ClientLoop.MAX_TROUBLES) {
                troubles.add(end.name() + ": acknowledged but not done: " + missing + ", done but not asked for: "
                        + surplus + ", never answered: " + end.unanswered());
            }
            lost += missing + end.unanswered();
            doubled += surplus + end.counts().doubledAnswers();
        }
        return new Summary(ending.total(), ending.conversations().size(), lost, doubled, audit, auditFailure, troubles);
    }

    /** Nothing at all was wrong. */
    boolean isClean() {
        Counts counts = total.counts();
        return counts.resets() == 0
                && lost == 0
                && doubled == 0
                && counts.outOfOrder() == 0
                && counts.mismatched() == 0
                && counts.errors() == 0
                && audit != null
                && audit.isConserved();
    }

    Json toJson(boolean perConnection) {
        Json json = new Json()
                .put("type", "summary")
                .put("clean", isClean())
                .put("connections", connections)
                .put("lost", lost)
                .put("doubled", doubled)
                .putAll(total.toJson(perConnection));
        json.put("auditSum", audit == null ? null : audit.sum())
                .put("auditDeposited", audit == null ? null : audit.deposited())
                .put("auditTransfers", audit == null ? null : audit.transfers())
                .put("auditDuplicates", audit == null ? null : audit.duplicates())
                .put("auditConserved", audit != null && audit.isConserved())
                .put("auditFailure", audit == null ? auditFailure : null);
        return json.put("troubles", troubles);
    }

    /** For people. */
    String toText() {
        Counts counts = total.counts();
        StringBuilder text = new StringBuilder();
        text.append(String.format(
                Locale.ROOT,
                "%d connections, %.1f s, %d requests, %d answers (%.0f/s), latency p50 %.2f ms, p99 %.2f ms%n",
                connections,
                total.seconds(),
                counts.requests(),
                counts.answers(),
                counts.answers() / Math.max(total.seconds(), 1e-9),
                total.latencyNanos().get(0) / 1e6,
                total.latencyNanos().get(1) / 1e6));
        gap(text, "pause (request to its answer)", total.pause());
        gap(text, "longest gap of a connection", total.gap());
        gap(text, "longest silence of all", total.silence());
        text.append(String.format(
                Locale.ROOT, "the client itself was held up for at most %.1f ms%n", total.clientStallNanos() / 1e6));
        if (audit == null) {
            text.append(String.format("no audit: %s%n", auditFailure));
        } else {
            text.append(String.format(
                    "audit: %d transfers, balances %s deposits (%d, %d)%n",
                    audit.transfers(), audit.isConserved() ? "equal" : "DIFFER FROM", audit.sum(), audit.deposited()));
        }
        for (String trouble : troubles) {
            text.append("  ").append(trouble).append(System.lineSeparator());
        }
        return text.append(String.format(
                        "resets %d, lost %d, doubled %d, out of order %d, wrong answers %d, errors %d",
                        counts.resets(), lost, doubled, counts.outOfOrder(), counts.mismatched(), counts.errors()))
                .toString();
    }

    private static void gap(StringBuilder text, String what, Figures.@Nullable Gap gap) {
        if (gap != null) {
            text.append(String.format(
                    Locale.ROOT,
                    "%s: %.1f ms, from %s%s%n",
                    what,
                    gap.millis(),
                    gap.from(),
                    gap.connection().isEmpty() ? "" : " on " + gap.connection()));
        }
    }
}
