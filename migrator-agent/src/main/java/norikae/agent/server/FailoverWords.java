package norikae.agent.server;

import java.util.ArrayList;
import java.util.List;
import norikae.agent.api.v1.Alarm;
import norikae.agent.api.v1.FailoverSettings;
import norikae.agent.api.v1.NodeReport;
import norikae.failover.model.ClusterState;
import norikae.failover.model.FailoverPolicy;
import norikae.failover.model.NodeId;

/** Failover's values as API messages. Stateless. */
final class FailoverWords {

    private FailoverWords() {}

    static FailoverSettings settings(FailoverPolicy policy) {
        return FailoverSettings.newBuilder()
                .setEnabled(policy.enabled())
                .setBeatMillis(policy.beatMillis())
                .setLeaseMillis(policy.leaseMillis())
                .setSuspectMillis(policy.suspectMillis())
                .setWatchdogSeconds(policy.watchdogSeconds())
                .addAllConsequences(consequences(policy))
                .build();
    }

    private static List<String> consequences(FailoverPolicy policy) {
        List<String> lines = new ArrayList<>();
        if (!policy.enabled()) {
            lines.add("servers are watched, but nothing is fenced, and nothing is started elsewhere");
            return lines;
        }
        lines.add("a server whose heartbeats stay away is suspected after " + policy.suspectMillis() + " ms, up to five"
                + " times later where heartbeats come irregularly; about "
                + Math.max(1, policy.suspectMillis() / policy.beatMillis() - 1)
                + " heartbeats in a row must be lost for a false alarm");
        lines.add("services of a server that no majority of the voters hears are silenced " + policy.leaseMillis()
                + " ms after its last heartbeat that was heard");
        lines.add(
                policy.watchdogSeconds() == 0
                        ? "only a fencing device or an operator proves that a server is stopped: time alone proves nothing"
                        : "without a device's answer a server counts as stopped by its watchdog after "
                                + Math.round((policy.leaseMillis() + policy.watchdogSeconds() * 1_000) * 1.05 / 100)
                                        / 10.0
                                + " s; every server must have a watchdog that bites within " + policy.watchdogSeconds()
                                + " s");
        return lines;
    }

    static Alarm alarm(norikae.failover.member.Alarm alarm) {
        return Alarm.newBuilder()
                .setKind(alarm.kind().name())
                .setSubject(alarm.subject())
                .setText(alarm.text())
                .setRemedy(alarm.remedy())
                .build();
    }

    /** What the log knows of a node. */
    static NodeReport.Builder known(ClusterState state, NodeId node) {
        NodeReport.Builder report = NodeReport.newBuilder().setNode(node.value());
        state.healthOf(node).ifPresent(health -> report.setBoot(health.boot())
                .setPhase(health.phase().name())
                .setDetail(health.detail())
                .setMaintenance(health.maintenance()));
        return report;
    }

    static NodeReport unanswered(ClusterState state, NodeId node) {
        return known(state, node).build();
    }
}
