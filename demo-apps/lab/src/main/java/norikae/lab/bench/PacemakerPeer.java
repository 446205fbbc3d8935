package norikae.lab.bench;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;
import norikae.lab.Lab;
import norikae.lab.LabException;
import norikae.lab.LabNode;
import norikae.lab.NodeOptions;

/**
 * Pacemaker and Corosync on the nodes of a laboratory without agents: two servers and a third that only votes, as Norikae's
 * witness does. The service is the same server, behind a floating address ({@code IPaddr2}), and power is cut by the same
 * switch. Membership over knet without encryption; everything that is not said here is left as it comes. Confined to one
 * thread.
 */
final class PacemakerPeer implements FailoverSubject {

    private static final String SETUP = "/var/lib/norikae/peer/setup";
    private static final String SAID = "/var/lib/norikae/peer/said";
    private static final String SERVER = "server";
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private final Lab lab;
    private final Optional<Duration> token;
    private final List<LabNode> nodes;

    /** @param token how long Corosync waits for the token; empty for its default */
    private PacemakerPeer(Lab lab, Optional<Duration> token) {
        this.lab = lab;
        this.token = token;
        this.nodes = lab.nodes().stream()
                .filter(node -> node.options().role() != NodeOptions.Role.CLIENT)
                .toList();
    }

    /** Forms the cluster and starts the service, on {@code address}; returns when it runs. */
    static PacemakerPeer start(Lab lab, Optional<Duration> token, String address, int port)
            throws InterruptedException {
        PacemakerPeer peer = new PacemakerPeer(lab, token);
        peer.nodes.forEach(peer::startDaemons);
        FailoverBenchmark.await(PATIENCE, "Pacemaker's nodes to find each other", peer::allOnline);
        peer.configure(address, port);
        FailoverBenchmark.await(PATIENCE, "Pacemaker to start the service", peer::isRunning);
        return peer;
    }

    // ---- making it

    private void startDaemons(LabNode node) {
        try {
            Path setup = node.file(SETUP);
            Files.createDirectories(setup.resolve("etc"));
            Files.createDirectories(setup.resolve("sbin"));
            Files.createDirectories(setup.resolve("ocf/norikae"));
            Files.writeString(setup.resolve("etc/corosync.conf"), corosyncConf());
            program("start.sh", setup.resolve("start.sh"));
            program("fence_lab", setup.resolve("sbin/fence_lab"));
            program("responder", setup.resolve("ocf/norikae/responder"));
        } catch (IOException e) {
            throw new LabException("cannot prepare node " + node.name() + " for Pacemaker: " + e, e);
        }
        var _ = node.run("sh", SETUP + "/start.sh");
    }

    private static void program(String name, Path to) throws IOException {
        try (InputStream stream = PacemakerPeer.class.getResourceAsStream("/norikae/lab/peer/" + name)) {
            if (stream == null) {
                throw new IllegalStateException("resource " + name + " is missing from the laboratory's jar");
            }
            Files.copy(stream, to, StandardCopyOption.REPLACE_EXISTING);
        }
        if (!to.toFile().setExecutable(true)) {
            throw new IOException("cannot make " + to + " executable");
        }
    }

    private String corosyncConf() {
        StringBuilder text = new StringBuilder("""
                totem {
                  version: 2
                  cluster_name: peer
                  transport: knet
                  crypto_cipher: none
                  crypto_hash: none
                """);
        token.ifPresent(time -> text.append("  token: ").append(time.toMillis()).append('\n'));
        text.append("""
                }
                quorum {
                  provider: corosync_votequorum
                }
                system {
                  move_to_root_cgroup: no
                }
                logging {
                  to_logfile: yes
                  logfile: /var/log/corosync/corosync.log
                  to_syslog: no
                  timestamp: hires
                }
                nodelist {
                """);
        for (LabNode node : nodes) {
            text.append("  node {\n    name: ").append(node.name());
            text.append("\n    nodeid: ").append(node.options().number());
            text.append("\n    ring0_addr: ").append(node.address()).append("\n  }\n");
        }
        return text.append("}\n").toString();
    }

    private void configure(String address, int port) {
        String members = String.join(" ", nodes.stream().map(LabNode::name).toList());
        make("resources", """
                <primitive id="power" class="stonith" type="fence_lab"><instance_attributes id="power-a">
                <nvpair id="power-h" name="pcmk_host_list" value="%s"/><nvpair id="power-s" name="switches" value="%s"/>
                </instance_attributes></primitive>
                """.formatted(members, nodes.getFirst().powerSwitch().getParent()));
        set("crm_config", "stonith-action", "off");
        set("rsc_defaults", "resource-stickiness", "100");
        make("resources", """
                <group id="service">
                <primitive id="address" class="ocf" provider="heartbeat" type="IPaddr2"><instance_attributes id="address-a">
                <nvpair id="address-i" name="ip" value="%s"/><nvpair id="address-m" name="cidr_netmask" value="24"/>
                <nvpair id="address-n" name="nic" value="%s"/></instance_attributes>
                <operations><op id="address-o" name="monitor" interval="10s"/></operations></primitive>
                <primitive id="%s" class="ocf" provider="norikae" type="responder"><instance_attributes id="server-a">
                <nvpair id="server-p" name="port" value="%d"/></instance_attributes>
                <operations><op id="server-o" name="monitor" interval="10s"/></operations></primitive>
                </group>
                """.formatted(address, Lab.NODE_BRIDGE, SERVER, port));
        for (LabNode node : nodes) {
            if (!node.options().role().runsServices()) {
                make(
                        "constraints",
                        "<rsc_location id=\"no-%1$s\" rsc=\"service\" node=\"%1$s\" score=\"-INFINITY\"/>"
                                .formatted(node.name()));
            }
        }
    }

    private void make(String scope, String xml) {
        var _ = speaker().run("cibadmin", "--create", "--scope", scope, "--xml-text", xml.replace("\n", ""));
    }

    private void set(String scope, String name, String value) {
        var _ = speaker().run("crm_attribute", "--type", scope, "--name", name, "--update", value);
    }

    // ---- looking at it

    /** Any node that is on. */
    private LabNode speaker() {
        return nodes.stream().filter(LabNode::isOn).findFirst().orElseThrow(() -> new LabException("no node is on"));
    }

    private boolean allOnline() {
        String status = speaker().run("crm_mon", "--one-shot");
        return status.lines()
                        .anyMatch(line -> line.contains("Online: [ ")
                                && nodes.stream().allMatch(node -> line.contains(" " + node.name() + " ")))
                && status.contains("partition with quorum");
    }

    @Override
    public boolean isRunning() {
        return speaker()
                .run("crm_mon", "--one-shot")
                .lines()
                .anyMatch(line -> line.contains("* " + SERVER + "\t") && line.contains("Started "));
    }

    @Override
    public String words() {
        return "Pacemaker, "
                + token.map(time -> "token " + time.toMillis() + " ms").orElse("default token");
    }

    @Override
    public String owner() {
        return speaker()
                .run("crm_mon", "--one-shot")
                .lines()
                .filter(line -> line.contains("* " + SERVER + "\t") && line.contains("Started "))
                .map(line -> line.replaceFirst(".*Started ", "").strip())
                .findFirst()
                .orElseThrow(() -> new LabException("Pacemaker runs the service nowhere"));
    }

    @Override
    public void settle() throws InterruptedException {
        lab.heal();
        for (LabNode node : nodes) {
            if (!node.isOn()) {
                node.powerOn();
                startDaemons(node);
            }
        }
        FailoverBenchmark.await(PATIENCE, "all of Pacemaker's nodes to be online", this::allOnline);
        FailoverBenchmark.await(PATIENCE, "Pacemaker's service to run", this::isRunning);
        // Whoever has just come in is asked what it runs; that is no time to strike.
        FailoverBenchmark.await(PATIENCE, "Pacemaker to be idle", () -> speaker()
                .run("crmadmin", "--quiet", "--status", coordinator())
                .contains("S_IDLE"));
    }

    private String coordinator() {
        return speaker().run("crmadmin", "--quiet", "--dc_lookup").strip();
    }

    @Override
    public Optional<Stages> stagesSince(long atMillis) {
        OptionalLong asked = firstSaid("fence-asked", atMillis);
        OptionalLong fenced = firstSaid("fenced", atMillis);
        OptionalLong started = firstSaid("started", atMillis);
        return asked.isEmpty() || fenced.isEmpty() || started.isEmpty()
                ? Optional.empty()
                : Optional.of(new Stages(asked.getAsLong(), fenced.getAsLong(), started.getAsLong()));
    }

    /** When one of our scripts first did that, on any node that is on. */
    private OptionalLong firstSaid(String what, long sinceMillis) {
        return nodes.stream()
                .filter(LabNode::isOn)
                .map(node -> node.file(SAID))
                .flatMap(PacemakerPeer::lines)
                .map(line -> line.split(" ", -1))
                .filter(words -> words[0].equals(what))
                .mapToLong(words -> Long.parseLong(words[1]))
                .filter(at -> at >= sinceMillis)
                .min();
    }

    private static Stream<String> lines(Path file) {
        try {
            return Files.exists(file) ? Files.readAllLines(file).stream() : Stream.empty();
        } catch (IOException e) {
            throw new LabException("cannot read " + file + ": " + e, e);
        }
    }

    /** The laboratory takes all of it with it. */
    @Override
    public void close() {}
}
