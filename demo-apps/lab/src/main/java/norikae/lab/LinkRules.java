package norikae.lab;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What is wrong with the laboratory's links: which are cut, and how fast the others are; immutable.
 *
 * @param cuts directions in which nothing passes
 * @param secondCuts the same for the second network
 * @param rates speed of a node's link in both directions, in words of {@code tc}, such as {@code 100mbit}
 */
record LinkRules(List<Cut> cuts, List<Cut> secondCuts, Map<String, String> rates) {

    /** The name of this machine as an end of a link. */
    static final String HOST = "host";

    private static final String ANYONE = "*";

    /** No frame passes from one to the other. */
    record Cut(String from, String to) {}

    LinkRules {
        cuts = List.copyOf(cuts);
        secondCuts = List.copyOf(secondCuts);
        rates = Map.copyOf(rates);
    }

    static LinkRules none() {
        return new LinkRules(List.of(), List.of(), Map.of());
    }

    LinkRules cut(String from, String to, boolean oneWay) {
        List<Cut> all = new ArrayList<>(cuts);
        add(all, new Cut(from, to));
        if (!oneWay) {
            add(all, new Cut(to, from));
        }
        return new LinkRules(all, secondCuts, rates);
    }

    LinkRules cutSecond(String a, String b) {
        List<Cut> all = new ArrayList<>(secondCuts);
        add(all, new Cut(a, b));
        add(all, new Cut(b, a));
        return new LinkRules(cuts, all, rates);
    }

    /** From both networks. */
    LinkRules isolate(String node) {
        return cut(node, ANYONE, false).cutSecond(node, ANYONE);
    }

    LinkRules healed() {
        return new LinkRules(List.of(), List.of(), rates);
    }

    /** @param rate {@code null} for an unshaped link */
    LinkRules shape(String node, @org.jspecify.annotations.Nullable String rate) {
        Map<String, String> all = new TreeMap<>(rates);
        if (rate == null) {
            all.remove(node);
        } else {
            all.put(node, rate);
        }
        return new LinkRules(cuts, secondCuts, all);
    }

    private static void add(List<Cut> cuts, Cut cut) {
        if (!cuts.contains(cut)) {
            cuts.add(cut);
        }
    }

    /** The cuts as one nft transaction that replaces whatever was there. */
    String toNftScript() {
        StringBuilder script = new StringBuilder("table bridge norikae {}\ndelete table bridge norikae\n");
        if (cuts.isEmpty() && secondCuts.isEmpty()) {
            return script.toString();
        }
        script.append("table bridge norikae {\n chain prerouting {\n  type filter hook prerouting priority 0;\n");
        cuts.forEach(cut -> script.append(severed(cut, "p-")));
        secondCuts.forEach(cut -> script.append(severed(cut, "q-")));
        script.append(" }\n chain forward {\n  type filter hook forward priority 0;\n");
        cuts.forEach(cut -> script.append(rule(cut, "p-")));
        secondCuts.forEach(cut -> script.append(rule(cut, "q-")));
        return script.append(" }\n}\n").toString();
    }

    /**
     * What a host sends over a severed cable does not even reach the switch. If it did, the switch would learn from it where the
     * host's services are, and go on sending their frames there after they have moved.
     */
    private static String severed(Cut cut, String port) {
        return cut.to().equals(ANYONE) ? "  iifname \"" + port + cut.from() + "\" drop\n" : "";
    }

    private static String rule(Cut cut, String port) {
        String from = "iifname \"" + port + (cut.from().equals(ANYONE) ? "*" : cut.from()) + "\" ";
        String to = "oifname \"" + port + (cut.to().equals(ANYONE) ? "*" : cut.to()) + "\" ";
        return "  " + from + to + "drop\n";
    }
}
