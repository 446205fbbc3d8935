package norikae.systemtest;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import norikae.agent.api.v1.ListEventsRequest;
import norikae.agent.api.v1.MoveRequest;
import norikae.agent.api.v1.MoveResult;
import norikae.agent.api.v1.MoveUpdate;
import norikae.agent.api.v1.NodeStatus;
import norikae.agent.api.v1.RunServiceReply;
import norikae.agent.api.v1.ServiceSpec;
import norikae.agent.api.v1.ServiceStatus;
import norikae.agent.client.ControlClient;
import norikae.agent.client.ControlException;
import norikae.agent.client.Subscription;
import norikae.agent.config.ClientConfig;
import norikae.lab.Lab;
import norikae.lab.LabNode;
import norikae.lab.LabOptions;

/**
 * A laboratory of two nodes, a witness and a client host on a network of its own, beside whatever laboratory the user may
 * have up, and a client of its control API. Confined to one thread unless a method says otherwise.
 */
final class TestCluster implements AutoCloseable {

    static final Duration PATIENCE = Duration.ofSeconds(40);
    private static final int LAST_LINES = 60;
    private static final Set<TestCluster> OPEN = ConcurrentHashMap.newKeySet();

    private final Lab lab;
    private final String network;
    private final MachineShare share;

    private TestCluster(Lab lab, String network, MachineShare share) {
        this.lab = lab;
        this.network = network;
        this.share = share;
    }

    /**
     * Boots one with fault gates in its agents; what an earlier run left is removed first.
     *
     * @param name of the laboratory; each test class that may run beside others has its own
     * @param network first three parts of its addresses
     */
    static TestCluster boot(String name, String network, String... agentJavaOptions) {
        return boot(LabOptions.defaults(), name, network, agentJavaOptions);
    }

    /** The same, with what {@code base} says of nodes, failover and networks. */
    static TestCluster boot(LabOptions base, String name, String network, String... agentJavaOptions) {
        Lab.down(name);
        LabOptions options = base.withName(name)
                .withSubnet(network + ".0/24")
                .withAgentJavaOptions(
                        "-Dnorikae.faults=/run/norikae-lab/" + name + "/faults", "-Dnorikae.move.stallMillis=4000")
                .withAgentJavaOptions(agentJavaOptions);
        boolean large = options.nodes().size() > LabOptions.defaults().nodes().size();
        MachineShare share = MachineShare.take(large);
        try {
            TestCluster cluster = new TestCluster(Lab.up(options), network, share);
            OPEN.add(cluster);
            return cluster;
        } catch (RuntimeException e) {
            share.close();
            throw e;
        }
    }

    /** Those that this JVM has up. */
    static Set<TestCluster> open() {
        return OPEN;
    }

    /** The state that the cluster tells and the last lines of each agent's log. */
    String lastWords() {
        StringBuilder words = new StringBuilder();
        try (ControlClient client = client()) {
            words.append(client.status(null)).append('\n');
            try (var events = client.events(
                    ListEventsRequest.newBuilder().setLimit(LAST_LINES).build())) {
                while (events.hasNext()) {
                    words.append(events.next().getText()).append('\n');
                }
            }
        } catch (ControlException e) {
            words.append("no status: ").append(e.getMessage()).append('\n');
        }
        for (LabNode node : lab.nodes()) {
            words.append("---- ").append(node.name()).append('\n');
            try (Stream<String> lines = Files.lines(node.agentLog())) {
                List<String> all = lines.toList();
                all.subList(Math.max(0, all.size() - LAST_LINES), all.size())
                        .forEach(line -> words.append(line).append('\n'));
            } catch (IOException | UncheckedIOException e) {
                words.append("no log: ").append(e.getMessage()).append('\n');
            }
        }
        return words.toString();
    }

    Lab lab() {
        return lab;
    }

    LabNode node(String name) {
        return lab.node(name);
    }

    /** A floating address of this cluster's network, 50 and up. */
    String address(int number) {
        return network + "." + number;
    }

    Path jar(String artifact) {
        return lab.distribution().jar(artifact);
    }

    Path java() {
        return lab.distribution().javaHome().resolve("bin/java");
    }

    /** An operator's client; the caller closes it. */
    ControlClient client() {
        try {
            return ControlClient.open(ClientConfig.load(lab.clientConfig()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The same, but only this node is asked: it may be cut off from others. */
    ControlClient clientOf(String node) {
        try {
            ClientConfig all = ClientConfig.load(lab.clientConfig());
            List<ClientConfig.Member> one = all.members().stream()
                    .filter(m -> m.host().equals(lab.node(node).address()))
                    .toList();
            return ControlClient.open(
                    new ClientConfig(all.cluster(), one, all.certificate(), all.key(), all.authority()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    RunServiceReply run(String name, int address, String node, List<String> command) {
        try (ControlClient client = client()) {
            return client.run(ServiceSpec.newBuilder()
                    .setName(name)
                    .addAllCommand(command)
                    .setAddress(address(address) + "/24")
                    .setUser("root")
                    .setWorkingDirectory("/")
                    .setNode(node)
                    .build());
        }
    }

    /** The bank's programs in a small JVM: {@code ledger("64m", "server", "--port", "7000")}. */
    List<String> ledger(String heap, String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                java().toString(), "-Xmx" + heap, "-jar", jar("norikae-ledger").toString()));
        command.addAll(List.of(arguments));
        return command;
    }

    void stop(String name) {
        try (ControlClient client = client()) {
            var _ = client.stop(name, 2);
        }
    }

    /** Moves it and returns how that ended; also an aborted move returns. */
    MoveResult move(String service, String to) {
        return move(MoveRequest.newBuilder().setService(service).setTo(to).build())
                .getResult();
    }

    /** The same, as it was asked for; returns the last word, which has the result. */
    @SuppressWarnings("try") // the guard closes it from another thread, on purpose
    MoveUpdate move(MoveRequest request) {
        try (ControlClient client = client();
                Subscription<MoveUpdate> updates = client.migrate(request)) {
            // A move that never ends must fail its test, not hang it: closing the subscription ends hasNext().
            Thread guard = Thread.ofPlatform().daemon().name("move-guard").start(() -> {
                try {
                    Thread.sleep(2 * PATIENCE.toMillis());
                    updates.close();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
            MoveUpdate last = MoveUpdate.getDefaultInstance();
            while (updates.hasNext()) {
                last = updates.next();
            }
            guard.interrupt();
            return last;
        }
    }

    /** Starts a move and does not wait for it; whatever comes of it is seen by other means. */
    Thread moveInBackground(String service, String to) {
        return Thread.ofPlatform().daemon().name("move-" + service).start(() -> {
            try {
                move(service, to);
            } catch (RuntimeException e) {
                // The agent that was asked may be the one that the test kills.
            }
        });
    }

    void awaitAgents() {
        await("all agents answer", () -> {
            try (ControlClient client = client()) {
                var status = client.status(null);
                return !status.getLeader().isEmpty()
                        && status.getNodesList().stream().allMatch(NodeStatus::getReachable);
            }
        });
    }

    ServiceStatus status(String service) {
        try (ControlClient client = client()) {
            return client.status(service).getServices(0);
        }
    }

    /** Until the log knows of no move in flight; the service is where the result says. */
    ServiceStatus awaitSettled(String service) {
        ServiceStatus[] seen = new ServiceStatus[1];
        await("no move of " + service + " is in flight", () -> {
            ServiceStatus status = status(service);
            seen[0] = status;
            return status.getMoveId().isEmpty();
        });
        return seen[0];
    }

    /** Has the agent of {@code node} stop at {@code point} until {@link #letGo}. */
    void hold(String node, String point) {
        try {
            Files.createDirectories(lab.faults());
            Files.deleteIfExists(lab.faults().resolve(node + "." + point + ".reached"));
            Files.writeString(lab.faults().resolve(node + "." + point + ".hold"), "");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void awaitHeld(String node, String point) {
        await(node + " is held at " + point, () -> Files.exists(lab.faults().resolve(node + "." + point + ".reached")));
    }

    void letGo(String node, String point) {
        try {
            Files.deleteIfExists(lab.faults().resolve(node + "." + point + ".hold"));
            Files.deleteIfExists(lab.faults().resolve(node + "." + point + ".reached"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits on a condition; one that cannot be asked just now (no leader, agent restarting) is not met yet. */
    static void await(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        RuntimeException last = null;
        while (System.nanoTime() < deadline) {
            try {
                if (condition.getAsBoolean()) {
                    return;
                }
                last = null;
            } catch (ControlException e) {
                last = e;
            }
            try {
                Thread.sleep(50);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted", e);
            }
        }
        throw new AssertionError("after " + PATIENCE.toSeconds() + " s still not: " + what, last);
    }

    @Override
    public void close() {
        OPEN.remove(this);
        try {
            lab.close();
        } finally {
            share.close();
        }
    }
}
