package norikae.lab;

import java.util.List;

/**
 * What a laboratory looks like at a moment.
 *
 * @param cuts directions in which nothing passes, such as {@code node-a -> node-b}
 */
public record LabStatus(String name, String subnet, List<Node> nodes, List<String> cuts) {

    /**
     * One host.
     *
     * @param agent {@code running (PID)}, {@code stopped}, or {@code -} where none belongs
     * @param uptimeSeconds 0 if it is off
     * @param rate limit of its link, empty for none
     */
    public record Node(
            String name, String address, String role, boolean on, String agent, long uptimeSeconds, String rate) {}

    public LabStatus {
        nodes = List.copyOf(nodes);
        cuts = List.copyOf(cuts);
    }

    /** Looks at it. */
    public static LabStatus of(Lab lab) {
        LinkRules rules = lab.linkRules();
        List<Node> nodes = lab.nodes().stream()
                .map(node -> new Node(
                        node.name(),
                        node.address(),
                        node.options().role().toString().toLowerCase(java.util.Locale.ROOT),
                        node.isOn(),
                        agent(node),
                        node.isOn() ? node.uptime().toSeconds() : 0,
                        rules.rates().getOrDefault(node.name(), "")))
                .toList();
        List<String> cuts =
                rules.cuts().stream().map(cut -> cut.from() + " -> " + cut.to()).toList();
        return new LabStatus(lab.options().name(), lab.options().subnet().toString(), nodes, cuts);
    }

    private static String agent(LabNode node) {
        if (!node.hasAgent()) {
            return "-";
        }
        return node.agentPid().map(Object::toString).orElse("stopped");
    }

    public String toJson() {
        return StateFiles.toJson(this);
    }
}
