package norikae.lab;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What is wrong with the laboratory's links: which are cut, and how fast the others are; immutable.
 *
 * @param cuts directions in which nothing passes
 * @param rates speed of a node's link in both directions, in words of {@code tc}, such as {@code 100mbit}
 */
record LinkRules(List<Cut> cuts, Map<String, String> rates) {

    /** The name of this machine as an end of a link. */
    static final String HOST = "host";

    private static final String ANYONE = "*";

    /** No frame passes from one to the other. */
    record Cut(String from, String to) {}

    LinkRules {
        cuts = List.copyOf(cuts);
        rates = Map.copyOf(rates);
    }

    static LinkRules none() {
        return new LinkRules(List.of(), Map.of());
    }

    LinkRules cut(String from, String to, boolean oneWay) {
        List<Cut> all = new ArrayList<>(cuts);
        add(all, new Cut(from, to));
        if (!oneWay) {
            add(all, new Cut(to, from));
        }
        return new LinkRules(all, rates);
    }

    LinkRules isolate(String node) {
        return cut(node, ANYONE, false);
    }

    LinkRules healed() {
        return new LinkRules(List.of(), rates);
    }

    /** @param rate {@code null} for an unshaped link */
    LinkRules shape(String node, @org.jspecify.annotations.Nullable String rate) {
        Map<String, String> all = new TreeMap<>(rates);
        if (rate == null) {
            all.remove(node);
        } else {
            all.put(node, rate);
        }
        return new LinkRules(cuts, all);
    }

    private static void add(List<Cut> cuts, Cut cut) {
        if (!cuts.contains(cut)) {
            cuts.add(cut);
        }
    }

    /** The cuts as one nft transaction that replaces whatever was there. */
    String toNftScript() {
        StringBuilder script = new StringBuilder("table bridge norikae {}\ndelete table bridge norikae\n");
        if (cuts.isEmpty()) {
            return script.toString();
        }
        script.append("table bridge norikae {\n chain forward {\n  type filter hook forward priority 0;\n");
        for (Cut cut : cuts) {
            script.append("  ");
            if (!cut.from().equals(ANYONE)) {
                script.append("iifname \"p-").append(cut.from()).append("\" ");
            }
            if (!cut.to().equals(ANYONE)) {
                script.append("oifname \"p-").append(cut.to()).append("\" ");
            }
            script.append("drop\n");
        }
        return script.append(" }\n}\n").toString();
    }
}
