package norikae.lab;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import norikae.agent.api.v1.ClusterStatus;
import norikae.agent.api.v1.NodeStatus;
import norikae.agent.api.v1.SetFailoverRequest;
import norikae.agent.client.ControlClient;
import norikae.agent.client.ControlException;
import norikae.agent.config.AgentConfig;
import norikae.agent.config.ClientConfig;
import org.jspecify.annotations.Nullable;

/** Makes a cluster of the nodes of a fresh laboratory, as an operator would. */
final class ClusterBootstrap {

    private static final long SHARED_DISK_BYTES = 8L << 20;
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final long ASK_AGAIN_MILLIS = 100;
    private static final Duration TOKEN_VALIDITY = Duration.ofMinutes(10);

    /** Where the first node puts the operator's files; seen from this machine in the node's desk. */
    private static final String OPERATOR_FOLDER = "operator";

    private final Lab lab;
    private final Consumer<String> progress;

    ClusterBootstrap(Lab lab, Consumer<String> progress) {
        this.lab = lab;
        this.progress = progress;
    }

    void run() {
        List<LabNode> nodes = lab.nodes().stream().filter(LabNode::hasAgent).toList();
        if (nodes.isEmpty()) {
            throw new LabException("no host of laboratory " + lab.options().name()
                    + " runs an agent, so there is no cluster to form: boot a member, or use --no-agents");
        }
        LabNode first = nodes.getFirst();
        progress.accept("forming the cluster, beginning with " + first.name());
        init(first);
        List<LabNode> others = nodes.subList(1, nodes.size());
        try (ControlClient control = connect(List.of(first))) {
            awaitStatus(control, List.of(first));
            List<Joining> joining = new ArrayList<>();
            for (LabNode node : others) {
                joining.add(
                        new Joining(node, control.issueJoinToken(TOKEN_VALIDITY).getToken()));
            }
            if (!others.isEmpty()) {
                progress.accept("joining "
                        + String.join(", ", others.stream().map(LabNode::name).toList()));
            }
            Lab.inParallel(joining, Joining::join);
            awaitStatus(control, nodes);
        } catch (ControlException e) {
            throw new LabException(
                    "the cluster of laboratory " + lab.options().name() + " did not form: " + e.getMessage()
                            + agentWords(nodes),
                    e);
        }
        // Any of them can be asked from now on.
        try (ControlClient control = connect(nodes)) {
            if (lab.options().failover().on()) {
                progress.accept("turning failover on");
                var _ = control.setFailover(
                        SetFailoverRequest.newBuilder().setEnabled(true).build());
            }
        }
    }

    private void init(LabNode first) {
        List<String> command = new ArrayList<>(List.of(
                norikae(),
                "cluster",
                "init",
                "--quiet",
                "--cluster",
                lab.options().name(),
                "--node",
                first.name(),
                "--address",
                first.address(),
                "--bridge",
                Lab.NODE_BRIDGE,
                "--client-config",
                "/run/norikae-lab/node/" + OPERATOR_FOLDER + "/client.json"));
        first.secondAddress().ifPresent(path -> command.addAll(List.of("--path", path)));
        first.sharedDisk().ifPresent(disk -> command.addAll(List.of("--shared-disk", disk.toString())));
        first.sharedDisk().ifPresent(disk -> prepare(first, disk));
        command.addAll(first.sharedStorage());
        var _ = first.run(command.toArray(String[]::new));
        Path folder = lab.directories().nodeDesk(first.name()).resolve(OPERATOR_FOLDER);
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
            for (Path file : files) {
                Files.move(
                        file, lab.directories().run().resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
            }
        } catch (IOException e) {
            throw new LabException("cannot take the operator's files out of " + folder + ": " + e, e);
        }
    }

    private void prepare(LabNode node, Path disk) {
        try (FileChannel file = FileChannel.open(disk, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            var _ = file.write(ByteBuffer.allocate(1), SHARED_DISK_BYTES - 1);
        } catch (IOException e) {
            throw new LabException("cannot make the shared disk " + disk + ": " + e, e);
        }
        var _ = node.run(norikae(), "node", "prepare-disk", disk.toString());
    }

    private String norikae() {
        return lab.distribution().program("norikae").toString();
    }

    /** Writes the operator's configuration for these members, and opens it. */
    private ControlClient connect(List<LabNode> members) {
        try {
            ClientConfig made = ClientConfig.load(lab.clientConfig());
            List<ClientConfig.Member> addresses = members.stream()
                    .map(node -> new ClientConfig.Member(node.address(), AgentConfig.CONTROL_PORT_DEFAULT))
                    .toList();
            ClientConfig config =
                    new ClientConfig(made.cluster(), addresses, made.certificate(), made.key(), made.authority());
            config.save(lab.clientConfig());
            return ControlClient.open(config);
        } catch (IOException e) {
            throw new LabException("cannot write " + lab.clientConfig() + ": " + e, e);
        }
    }

    private void awaitStatus(ControlClient control, List<LabNode> nodes) {
        StatusWait wait = new StatusWait(control, nodes);
        Waiting.until(PATIENCE, ASK_AGAIN_MILLIS, () -> wait.lastAnswer + agentWords(nodes), wait::isReady);
    }

    private static String agentWords(List<LabNode> nodes) {
        StringBuilder words = new StringBuilder();
        for (LabNode node : nodes) {
            List<String> lines = Proc.lines(node.agentLog());
            words.append("\n  last words of the agent of ").append(node.name()).append(':');
            lines.subList(Math.max(0, lines.size() - 8), lines.size())
                    .forEach(line -> words.append("\n    ").append(line));
        }
        return words.toString();
    }

    /** One node and the token that lets it in. */
    private record Joining(LabNode node, String token) {

        void join() {
            List<String> command = new ArrayList<>(List.of(
                    node.distribution().program("norikae").toString(),
                    "node",
                    "join",
                    "-",
                    "--quiet",
                    "--node",
                    node.name(),
                    "--address",
                    node.address(),
                    "--bridge",
                    Lab.NODE_BRIDGE));
            node.secondAddress().ifPresent(path -> command.addAll(List.of("--path", path)));
            node.sharedDisk().ifPresent(disk -> command.addAll(List.of("--shared-disk", disk.toString())));
            command.addAll(node.sharedStorage());
            if (node.options().role() == NodeOptions.Role.WITNESS) {
                command.add("--witness");
            }
            if (node.options().role() == NodeOptions.Role.MEMBER_WITHOUT_VOTE) {
                command.add("--no-vote");
            }
            try (LabProcess join = node.exec(command.toArray(String[]::new))) {
                join.stdin().write((token + "\n").getBytes(StandardCharsets.US_ASCII));
                join.stdin().close();
                if (join.await(PATIENCE) != 0) {
                    throw new LabException("node " + node.name() + " could not join: "
                            + join.errors().strip());
                }
            } catch (IOException e) {
                throw new LabException("node " + node.name() + " could not be told its token: " + e, e);
            }
        }
    }

    /** Whether the cluster has a leader and reaches the nodes. Confined to one thread. */
    private static final class StatusWait {

        private final ControlClient control;
        private final List<LabNode> nodes;
        private String lastAnswer = "no answer from the cluster";

        StatusWait(ControlClient control, List<LabNode> nodes) {
            this.control = control;
            this.nodes = nodes;
        }

        boolean isReady() {
            ClusterStatus status;
            try {
                status = control.status(null);
            } catch (ControlException e) {
                if (e.kind() != ControlException.Kind.UNREACHABLE) {
                    throw e;
                }
                lastAnswer = "the cluster does not answer: " + e.getMessage();
                return false;
            }
            if (!status.getCurrent() || status.getLeader().isEmpty()) {
                lastAnswer = "the cluster has no leader";
                return false;
            }
            for (LabNode node : nodes) {
                if (!isReady(find(status, node.name()))) {
                    lastAnswer = "node " + node.name() + " is not ready";
                    return false;
                }
            }
            return true;
        }

        private static boolean isReady(@Nullable NodeStatus node) {
            return node != null && node.getReachable() && node.getPhase().equals("UP");
        }

        private static @Nullable NodeStatus find(ClusterStatus status, String name) {
            return status.getNodesList().stream()
                    .filter(node -> node.getName().equals(name))
                    .findFirst()
                    .orElse(null);
        }
    }
}
