package norikae.agent.cli;

import java.util.ArrayList;
import java.util.List;
import norikae.agent.api.v1.Alarm;
import norikae.agent.api.v1.ClusterStatus;
import norikae.agent.api.v1.NodeStatus;
import norikae.agent.api.v1.ServiceStatus;

/** The cluster's status as tables. */
final class StatusText {

    private StatusText() {}

    static List<String> of(ClusterStatus status) {
        List<String> lines = new ArrayList<>();
        lines.add("cluster " + status.getCluster() + ", "
                + (status.getLeader().isEmpty() ? "no leader" : "led by " + status.getLeader())
                + ", failover " + (status.getFailover() ? "on" : "off"));
        if (status.getNodesCount() > 0) {
            lines.add("");
            lines.addAll(nodes(status));
        }
        lines.add("");
        lines.addAll(status.getServicesCount() == 0 ? List.of("no services") : services(status));
        lines.addAll(alarms(status.getAlarmsList()));
        return lines;
    }

    /** What somebody should see to; nothing if all is well. */
    static List<String> alarms(List<Alarm> alarms) {
        List<String> lines = new ArrayList<>();
        for (Alarm alarm : alarms) {
            if (lines.isEmpty()) {
                lines.add("");
            }
            lines.add("! " + alarm.getKind() + ": " + alarm.getText());
            lines.add("    remedy: " + alarm.getRemedy());
        }
        return lines;
    }

    static List<String> nodes(ClusterStatus status) {
        Table table = new Table("node", "address", "role", "state", "services", "version", "kernel");
        for (NodeStatus node : status.getNodesList()) {
            table.row(
                    node.getName(),
                    node.getAddress(),
                    node.getWitness() ? "witness" : "server",
                    state(node),
                    node.getWitness() ? "-" : Integer.toString(node.getServices()),
                    dash(node.getSoftwareVersion()),
                    dash(node.getKernel()));
        }
        return table.lines();
    }

    private static String state(NodeStatus node) {
        String phase =
                switch (node.getPhase()) {
                    case "FENCING" -> "being fenced";
                    case "FENCED" -> "fenced";
                    default -> node.getReachable() ? "up" : "not reachable";
                };
        return phase + (node.getMaintenance() ? ", maintenance" : "");
    }

    private static List<String> services(ClusterStatus status) {
        Table table = new Table("service", "node", "address", "state", "epoch", "note");
        for (ServiceStatus service : status.getServicesList()) {
            table.row(
                    service.getName(),
                    service.getNode(),
                    service.getAddress(),
                    service.getPhase().toLowerCase(java.util.Locale.ROOT),
                    Long.toUnsignedString(service.getEpoch()),
                    note(service));
        }
        return table.lines();
    }

    private static String note(ServiceStatus service) {
        if (!service.getMoveId().isEmpty()) {
            return "moving to " + service.getMoveTo() + " (" + service.getMovePhase() + ")";
        }
        return service.getDetail();
    }

    private static String dash(String text) {
        return text.isEmpty() ? "-" : text;
    }
}
