package norikae.agent.config;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import norikae.agent.document.DocumentText;
import norikae.agent.document.Fields;
import norikae.agent.document.InvalidDocumentException;
import norikae.agent.document.JsonDocuments;
import norikae.agent.document.Problems;
import norikae.failover.model.NodeId;
import norikae.failover.model.NodeRecord;
import org.jspecify.annotations.Nullable;

/**
 * What a node knows of itself before it reaches anyone: its {@code node.json}, written by {@code cluster init} or
 * {@code node join}, read by the agent; immutable.
 *
 * @param cluster name of the cluster, a DNS label
 * @param node name of this node, a DNS label
 * @param address IPv4 address at which this node's three ports listen
 * @param bridge network bridge into which the links of services are put
 * @param witness a voter that runs no services
 * @param bootstrap this node may start the log of a new cluster by itself; exactly one node of a cluster may
 * @param members the cluster as this node last knew it, perhaps without itself; where it looks for the others
 * @param criu the checkpoint engine's program, {@code null} to look it up
 * @param paths further IPv4 addresses of this node, on networks that heartbeats take as well
 * @param watchdog what stops this server if its agent hangs, and how it stops itself
 * @param disks that the servers share: further paths of heartbeats, and mailboxes for the poison pill
 * @param mirrorPort at which primaries on other nodes write this node's copies of volumes
 * @param votes whether it has a say in the log; a node without runs services and follows
 * @param storage what it reaches together with other nodes, for copies of volumes
 */
public record AgentConfig(
        String cluster,
        String node,
        String address,
        String bridge,
        boolean witness,
        int controlPort,
        int dataPort,
        int raftPort,
        boolean bootstrap,
        List<NodeRecord> members,
        @Nullable Path criu,
        List<String> paths,
        WatchdogConfig watchdog,
        SharedDisksConfig disks,
        boolean votes,
        int mirrorPort,
        SharedStorageConfig storage) {

    public static final String BRIDGE_DEFAULT = "nbr0";
    public static final int CONTROL_PORT_DEFAULT = 7071;
    public static final int DATA_PORT_DEFAULT = 7072;
    public static final int RAFT_PORT_DEFAULT = 7073;

    public AgentConfig {
        members = List.copyOf(members);
        paths = List.copyOf(paths);
    }

    /** A node on a single network. */
    public AgentConfig(
            String cluster,
            String node,
            String address,
            String bridge,
            boolean witness,
            int controlPort,
            int dataPort,
            int raftPort,
            boolean bootstrap,
            List<NodeRecord> members,
            @Nullable Path criu) {
        this(
                cluster,
                node,
                address,
                bridge,
                witness,
                controlPort,
                dataPort,
                raftPort,
                bootstrap,
                members,
                criu,
                List.of(),
                WatchdogConfig.OFF,
                SharedDisksConfig.NONE,
                true,
                NodeRecord.MIRROR_PORT_DEFAULT,
                SharedStorageConfig.NONE);
    }

    /** A node with the default ports. */
    public static AgentConfig of(
            String cluster, String node, String address, String bridge, boolean witness, boolean bootstrap) {
        return new AgentConfig(
                cluster,
                node,
                address,
                bridge,
                witness,
                CONTROL_PORT_DEFAULT,
                DATA_PORT_DEFAULT,
                RAFT_PORT_DEFAULT,
                bootstrap,
                List.of(),
                null);
    }

    /** What differs from a configuration in the one that is made of it. */
    private static final class Draft {
        private int controlPort;
        private int dataPort;
        private int raftPort;
        private List<NodeRecord> members;
        private List<String> paths;
        private SharedDisksConfig disks;
        private boolean votes;
        private int mirrorPort;
        private SharedStorageConfig storage;

        Draft(AgentConfig from) {
            controlPort = from.controlPort;
            dataPort = from.dataPort;
            raftPort = from.raftPort;
            members = from.members;
            paths = from.paths;
            disks = from.disks;
            votes = from.votes;
            mirrorPort = from.mirrorPort;
            storage = from.storage;
        }
    }

    private AgentConfig with(Consumer<Draft> change) {
        Draft draft = new Draft(this);
        change.accept(draft);
        return new AgentConfig(
                cluster,
                node,
                address,
                bridge,
                witness,
                draft.controlPort,
                draft.dataPort,
                draft.raftPort,
                bootstrap,
                draft.members,
                criu,
                draft.paths,
                watchdog,
                draft.disks,
                draft.votes,
                draft.mirrorPort,
                draft.storage);
    }

    public AgentConfig withMembers(List<NodeRecord> newMembers) {
        return with(draft -> draft.members = newMembers);
    }

    public AgentConfig withPaths(List<String> newPaths) {
        return with(draft -> draft.paths = newPaths);
    }

    /** A node whose heartbeats go over shared disks, too. */
    public AgentConfig withHeartbeatDisks(List<Path> heartbeatDisks) {
        return with(draft -> draft.disks =
                heartbeatDisks.isEmpty() ? SharedDisksConfig.NONE : new SharedDisksConfig(heartbeatDisks, true, false));
    }

    /** A node that reaches these storages together with others. */
    public AgentConfig withStorage(SharedStorageConfig newStorage) {
        return with(draft -> draft.storage = newStorage);
    }

    /** A node that has no say in the log. */
    public AgentConfig withoutVote() {
        return with(draft -> draft.votes = false);
    }

    public AgentConfig withPorts(int newControlPort, int newDataPort, int newRaftPort, int newMirrorPort) {
        return with(draft -> {
            draft.controlPort = newControlPort;
            draft.dataPort = newDataPort;
            draft.raftPort = newRaftPort;
            draft.mirrorPort = newMirrorPort;
        });
    }

    /** This node as the cluster's log lists it. */
    public NodeRecord toNodeRecord() {
        return new NodeRecord(new NodeId(node), address, controlPort, dataPort, raftPort, witness, paths, mirrorPort);
    }

    /** Reads and checks the configuration of this node; see {@link #load(Path)}. */
    public static AgentConfig load(AgentDirectories directories) throws IOException {
        return load(directories.configFile());
    }

    /**
     * Reads and checks a file.
     *
     * @throws InvalidDocumentException naming everything that is wrong with it
     */
    public static AgentConfig load(Path file) throws IOException {
        return parse(DocumentText.of(file));
    }

    /**
     * Reads and checks the text of a file.
     *
     * @throws InvalidDocumentException naming everything that is wrong with it
     */
    public static AgentConfig parse(DocumentText text) {
        Problems problems = new Problems();
        Fields fields = Fields.ofDocument(JsonDocuments.parse(text), "a node's configuration", problems);
        AgentConfig config = fields == null ? null : read(fields, problems);
        problems.throwIfAny();
        if (config == null) {
            throw new IllegalStateException(text.name() + " gave neither a configuration nor a problem");
        }
        return config;
    }

    /**
     * Checks this configuration and writes it, atomically.
     *
     * @throws InvalidDocumentException if {@link #load} would refuse the file; nothing is written then
     */
    public void save(Path file) throws IOException {
        String text = toJson();
        parse(new DocumentText(file.toString(), text));
        AtomicFile.write(file, text);
    }

    private static @Nullable AgentConfig read(Fields fields, Problems problems) {
        String cluster =
                fields.parsed("cluster", fields.requiredText("cluster", "name the cluster"), Checks::clusterName);
        String node =
                fields.parsed("node", fields.requiredText("node", "name this node, such as node-a"), Checks::nodeName);
        String address = fields.parsed(
                "address", fields.requiredText("address", "write this node's IPv4 address"), Checks::host);
        String bridge = fields.parsed(
                "bridge", fields.text("bridge", "name a network bridge, such as nbr0"), Checks::networkInterface);
        boolean witness = fields.bool("witness", false);
        Ports ports = Ports.read(fields);
        Integer mirror = fields.integer("mirrorPort", 1, 65535);
        int mirrorPort = mirror == null ? NodeRecord.MIRROR_PORT_DEFAULT : mirror;
        if (mirrorPort == ports.control || mirrorPort == ports.data || mirrorPort == ports.raft) {
            fields.problem("mirrorPort", "is " + mirrorPort + " like another of the node's ports: they must differ");
        }
        boolean bootstrap = fields.bool("bootstrap", false);
        boolean votes = fields.bool("votes", true);
        if (!votes && (witness || bootstrap)) {
            fields.problem(
                    "votes", "is false, but " + (witness ? "a witness is there to vote" : "the first node must vote"));
        }
        List<NodeRecord> members = members(fields);
        if (!bootstrap && fields.hasNone("members")) {
            fields.problem(
                    "members",
                    "is empty, and bootstrap is not true, so this node would find nobody: run norikae node join again");
        }
        Path criu = fields.parsed("criu", fields.text("criu", "write a path"), Checks::absolutePath);
        List<String> paths = paths(fields, address);
        WatchdogConfig watchdog = WatchdogConfig.read(fields.fields("watchdog"));
        SharedDisksConfig disks = SharedDisksConfig.read(fields.fields("sharedDisks"));
        if (disks.pill() && !watchdog.isRequired()) {
            fields.problem(
                    "sharedDisks",
                    "wants a poison pill, but the watchdog is not required: a server that hangs would not read its"
                            + " order, and nothing would stop it; write \"watchdog\": {\"mode\": \"required\"}");
        }
        SharedStorageConfig storage = SharedStorageConfig.read(fields.fields("sharedStorage"));
        fields.finish();
        if (!problems.isEmpty() || cluster == null || node == null || address == null) {
            return null;
        }
        return new AgentConfig(
                cluster,
                node,
                address,
                bridge == null ? BRIDGE_DEFAULT : bridge,
                witness,
                ports.control,
                ports.data,
                ports.raft,
                bootstrap,
                members,
                criu,
                paths,
                watchdog,
                disks,
                votes,
                mirrorPort,
                storage);
    }

    private static List<String> paths(Fields fields, @Nullable String address) {
        List<String> paths = new ArrayList<>();
        List<String> words = fields.words("paths");
        for (String text : words == null ? List.<String>of() : words) {
            String path = fields.parsed("paths", text, Checks::host);
            if (path != null && (path.equals(address) || paths.contains(path))) {
                fields.problem("paths", "names " + path + " twice: each path has an address of its own");
            } else if (path != null) {
                paths.add(path);
            }
        }
        return paths;
    }

    private static List<NodeRecord> members(Fields fields) {
        List<NodeRecord> members = new ArrayList<>();
        Set<NodeId> names = new HashSet<>();
        Set<String> places = new HashSet<>();
        for (Fields member : fields.list("members")) {
            NodeId name = member.parsed("node", member.requiredText("node", "name the member"), NodeId::new);
            String address = member.parsed(
                    "address", member.requiredText("address", "write the member's IPv4 address"), Checks::host);
            Ports ports = Ports.read(member);
            boolean witness = member.bool("witness", false);
            member.finish();
            if (name == null || address == null) {
                continue;
            }
            if (!names.add(name)) {
                member.problem("node", "'" + name + "' is listed twice: remove one");
            } else if (!places.add(address + ":" + ports.control)) {
                member.problem("address", address + ":" + ports.control + " belongs to another member too");
            }
            members.add(new NodeRecord(name, address, ports.control, ports.data, ports.raft, witness));
        }
        return members;
    }

    private record Ports(int control, int data, int raft) {

        static Ports read(Fields fields) {
            int control = port(fields, "controlPort", CONTROL_PORT_DEFAULT);
            int data = port(fields, "dataPort", DATA_PORT_DEFAULT);
            int raft = port(fields, "raftPort", RAFT_PORT_DEFAULT);
            requireDifferent(fields, "controlPort", control, "dataPort", data);
            requireDifferent(fields, "controlPort", control, "raftPort", raft);
            requireDifferent(fields, "dataPort", data, "raftPort", raft);
            return new Ports(control, data, raft);
        }

        private static void requireDifferent(Fields fields, String a, int portA, String b, int portB) {
            if (portA == portB) {
                boolean written = fields.node(b) != null; // the other one has its default
                fields.problem(
                        written ? b : a,
                        "is " + portA + " like " + (written ? a : b) + ": the three ports must differ");
            }
        }

        private static int port(Fields fields, String key, int otherwise) {
            Integer port = fields.integer(key, 1, 65535);
            return port == null ? otherwise : port;
        }
    }

    private String toJson() {
        return JsonText.of(json -> {
            json.writeStartObject();
            json.writeStringField("cluster", cluster);
            json.writeBooleanField("bootstrap", bootstrap);
            json.writeStringField("bridge", bridge);
            if (criu != null) {
                json.writeStringField("criu", criu.toString());
            }
            writeNode(json, toNodeRecord());
            if (!paths.isEmpty()) {
                json.writeArrayFieldStart("paths");
                for (String path : paths) {
                    json.writeString(path);
                }
                json.writeEndArray();
            }
            if (!votes) {
                json.writeBooleanField("votes", false);
            }
            watchdog.write(json);
            disks.write(json);
            storage.write(json);
            if (mirrorPort != NodeRecord.MIRROR_PORT_DEFAULT) {
                json.writeNumberField("mirrorPort", mirrorPort);
            }
            json.writeArrayFieldStart("members");
            for (NodeRecord member : members) {
                json.writeStartObject();
                writeNode(json, member);
                json.writeEndObject();
            }
            json.writeEndArray();
            json.writeEndObject();
        });
    }

    private static void writeNode(JsonGenerator json, NodeRecord node) throws IOException {
        json.writeStringField("node", node.id().value());
        json.writeStringField("address", node.address());
        json.writeBooleanField("witness", node.witness());
        json.writeNumberField("controlPort", node.controlPort());
        json.writeNumberField("dataPort", node.dataPort());
        json.writeNumberField("raftPort", node.raftPort());
    }
}
