package norikae.agent.config;

import java.nio.file.Path;
import java.util.regex.Pattern;
import norikae.failover.model.NodeId;

/** Rules for single values of our files and options; each returns the value or throws what is wrong with it. */
public final class Checks {

    private static final Pattern INTERFACE = Pattern.compile("[A-Za-z0-9_.-]{1,15}"); // IFNAMSIZ - 1
    private static final Pattern OCTET = Pattern.compile("0|[1-9]\\d{0,2}");

    private Checks() {}

    /** An IPv4 address at which something can be reached. */
    public static String host(String text) {
        String[] octets = text.split("\\.", -1);
        boolean good = octets.length == 4;
        for (String octet : octets) {
            good = good && OCTET.matcher(octet).matches() && Integer.parseInt(octet) <= 255;
        }
        if (!good) {
            throw new IllegalArgumentException("'" + text + "' is not an IPv4 address: write one like 10.77.0.11");
        }
        int first = Integer.parseInt(octets[0]);
        if (first == 0 || first >= 224) {
            throw new IllegalArgumentException(
                    "'" + text + "' is no address of a single host: write the node's own, such as 10.77.0.11");
        }
        return text;
    }

    /** The name of a cluster, by the rules for names of nodes. */
    public static String clusterName(String text) {
        try {
            return new NodeId(text).value();
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(String.valueOf(e.getMessage()).replace("node name", "cluster name"), e);
        }
    }

    /** The name of a node. */
    public static String nodeName(String text) {
        return new NodeId(text).value();
    }

    public static String networkInterface(String text) {
        if (!INTERFACE.matcher(text).matches() || text.equals(".") || text.equals("..")) {
            throw new IllegalArgumentException("'" + text
                    + "' is not a name for a network interface: use 1 to 15 letters, digits, '_', '.' or '-', such as"
                    + " nbr0");
        }
        return text;
    }

    /** A path that means the same wherever it is read. */
    public static Path absolutePath(String text) {
        Path path = Path.of(text);
        if (!path.isAbsolute()) {
            throw new IllegalArgumentException("'" + text + "' is not an absolute path: start it with /");
        }
        return path;
    }
}
