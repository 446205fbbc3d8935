package norikae.lab;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * The switch that joins the nodes and this machine: a bridge in a network namespace of its own, so that no firewall of
 * this machine decides what passes, and so that all of it, cuts included, goes when the process goes that holds it.
 */
final class LabSwitch {

    static final String CGROUP = "switch";

    private static final String BRIDGE = "sw0";
    private static final String SECOND_BRIDGE = "sw1";
    private static final String HOST_PORT = "p-" + LinkRules.HOST;
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final int BURST_BYTES_MIN = 64 * 1024;

    private final String lab;
    private final Cgroups cgroups;

    LabSwitch(String lab, Cgroups cgroups) {
        this.lab = lab;
        this.cgroups = cgroups;
    }

    /** This machine's end of its link to the switch. */
    static String hostLink(String lab) {
        return "nk-" + lab;
    }

    boolean isUp() {
        return !cgroups.processes(CGROUP).isEmpty();
    }

    void up(Subnet subnet, Path log) {
        String own = Proc.namespace(ProcessHandle.current().pid(), "net");
        Shell.startDetached(
                cgroups.make(CGROUP),
                Map.of("PATH", Shell.path()),
                log,
                List.of("unshare", "--net", "sleep", "infinity"));
        Waiting.until(PATIENCE, () -> "the switch of laboratory " + lab + " does not start; see " + log, () -> {
            List<Long> holders = cgroups.processes(CGROUP);
            return !holders.isEmpty()
                    && Proc.name(holders.getFirst()).equals("sleep")
                    && !Proc.namespace(holders.getFirst(), "net").equals(own);
        });
        inside("""
                link add %1$s type bridge forward_delay 0 mcast_snooping 0
                link set %1$s up
                link add %2$s type bridge forward_delay 0 mcast_snooping 0
                link set %2$s up
                """.formatted(BRIDGE, SECOND_BRIDGE), "ip", "-batch", "-");
        inside("", "sh", "-c", "for f in /proc/sys/net/bridge/bridge-nf-call-*; do [ ! -e $f ] || echo 0 >$f; done");
        String link = hostLink(lab);
        Shell.run("ip", "link", "add", link, "type", "veth", "peer", "name", HOST_PORT, "netns", holder());
        quietenIpv6(link);
        Shell.run("ip", "address", "add", subnet.addressWithPrefix(Subnet.HOST_NUMBER), "brd", "+", "dev", link);
        Shell.run("ip", "link", "set", link, "up");
        plug(HOST_PORT, BRIDGE);
    }

    private static void quietenIpv6(String link) {
        Path file = Path.of("/proc/sys/net/ipv6/conf", link, "disable_ipv6");
        if (Files.exists(file)) {
            Shell.runWithInput("1", "tee", file.toString());
        }
    }

    /** Makes a node's link, one end in the switch, the other as {@code up0} in the node. */
    void connect(String port, long nodeInit) {
        connect(port, nodeInit, "up0", BRIDGE);
    }

    /** Makes a node's link to the second switch, its other end as {@code up1} in the node. */
    void connectSecond(String port, long nodeInit) {
        connect(port, nodeInit, "up1", SECOND_BRIDGE);
    }

    private void connect(String port, long nodeInit, String end, String bridge) {
        inside("", "ip", "link", "add", port, "type", "veth", "peer", "name", end, "netns", Long.toString(nodeInit));
        plug(port, bridge);
    }

    private void plug(String port, String bridge) {
        inside("link set %s master %s\nlink set %s up\n".formatted(port, bridge, port), "ip", "-batch", "-");
    }

    boolean hasPort(String port) {
        return Shell.ask("", "nsenter", "--net=/proc/" + holder() + "/ns/net", "ip", "link", "show", port)
                        .exitCode()
                == 0;
    }

    /** The kernel removes a dead node's link when it finds the time; a new one of the same name need not wait for that. */
    void awaitPortGone(String port) {
        Waiting.until(PATIENCE, 50, () -> "link " + port + " of laboratory " + lab + " does not go", () -> {
            // Fails if the kernel has been faster.
            Shell.ask("", "nsenter", "--net=/proc/" + holder() + "/ns/net", "ip", "link", "delete", port);
            return !hasPort(port);
        });
    }

    void cut(LinkRules rules) {
        inside(rules.toNftScript(), "nft", "-f", "-");
    }

    /** Shapes what goes to a node; the node's own end shapes what comes from it. */
    void shape(String port, @org.jspecify.annotations.Nullable String rate) {
        shapeIn(Long.parseLong(holder()), port, rate);
    }

    static void shapeIn(long pid, String link, @org.jspecify.annotations.Nullable String rate) {
        if (rate == null) {
            // Fails if there is no shape, which is as good.
            Shell.ask("", "nsenter", "--net=/proc/" + pid + "/ns/net", "tc", "qdisc", "del", "dev", link, "root");
            return;
        }
        Shell.inNetworkOf(
                pid,
                "",
                "tc",
                "qdisc",
                "replace",
                "dev",
                link,
                "root",
                "tbf",
                "rate",
                rate,
                "burst",
                Integer.toString(BURST_BYTES_MIN),
                "latency",
                "50ms");
    }

    private String holder() {
        List<Long> holders = cgroups.processes(CGROUP);
        if (holders.isEmpty()) {
            throw new LabException("laboratory " + lab + " is not up: run norikae lab up");
        }
        return holders.getFirst().toString();
    }

    private void inside(String input, String... command) {
        Shell.inNetworkOf(Long.parseLong(holder()), input, command);
    }

    /** Removes this machine's link, if it is there; its other end goes with it. */
    static void removeHostLink(String lab) {
        if (Files.exists(Path.of("/sys/class/net", hostLink(lab)))) {
            // May fail because the kernel is removing it at this moment.
            Shell.ask("", "ip", "link", "delete", hostLink(lab));
        }
        Waiting.until(
                PATIENCE,
                () -> "link " + hostLink(lab) + " does not go",
                () -> !Files.exists(Path.of("/sys/class/net", hostLink(lab))));
    }
}
