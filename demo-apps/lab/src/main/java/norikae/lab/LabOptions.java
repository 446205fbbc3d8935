package norikae.lab;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * A laboratory as it is to be; immutable.
 *
 * @param name several laboratories can stand side by side under different names
 * @param subnet their networks must differ
 * @param agentJavaOptions options for the agents' JVM, such as {@code -Dnorikae.x=y}
 * @param environment variables for the agents
 * @param shares files and directories of this machine that the nodes must see although they lie below {@code /tmp} or
 *     {@code /run}, which every node has of its own
 * @param failover whether lost nodes are fenced, by cutting their power, and their services started elsewhere; whether the nodes
 *     are joined by a second switch as well, which only heartbeats use; whether heartbeats go over a disk that all share; and
 *     whether all reach a directory for copies of volumes
 */
public record LabOptions(
        String name,
        Subnet subnet,
        List<NodeOptions> nodes,
        Agents agents,
        List<String> agentJavaOptions,
        Map<String, String> environment,
        List<Path> shares,
        Failover failover) {

    /** What lies between a lost node and its services elsewhere. */
    public record Failover(boolean on, boolean secondNetwork, boolean sharedDisk, boolean sharedStorage) {
        static final Failover OFF = new Failover(false, false, false, false);
    }

    /** What runs on the nodes from the beginning. */
    public enum Agents {
        /** No agent. */
        NONE,
        /** An agent on every member, none of which belongs to a cluster yet. */
        STRANGERS,
        /** An agent on every member, all of one cluster. */
        CLUSTER
    }

    public static final String SHARED_STORAGE = "san1";

    public static final String NAME_DEFAULT = "lab";
    public static final Subnet SUBNET_DEFAULT = new Subnet("10.77.0");

    /** Longest name: the host's link is {@code nk-NAME}, at most 15 characters. */
    private static final int NAME_MAX = 12;

    private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9-]*");

    private static final List<NodeOptions> NODES_DEFAULT = List.of(
            new NodeOptions("node-a", 11, NodeOptions.Role.MEMBER, Duration.ofDays(3)),
            new NodeOptions("node-b", 12, NodeOptions.Role.MEMBER, Duration.ofDays(40)),
            new NodeOptions("witness", 13, NodeOptions.Role.WITNESS, Duration.ofDays(1)),
            new NodeOptions("client", 200, NodeOptions.Role.CLIENT, Duration.ZERO));

    public LabOptions {
        checkName(name);
        nodes = List.copyOf(nodes);
        agentJavaOptions = List.copyOf(agentJavaOptions);
        environment = Map.copyOf(environment);
        shares = List.copyOf(shares);
        Set<String> names = new HashSet<>();
        Set<Integer> numbers = new HashSet<>();
        for (NodeOptions node : nodes) {
            subnet.address(node.number());
            if (!names.add(node.name())) {
                throw new LabException("two nodes of laboratory " + name + " are called " + node.name());
            }
            if (node.number() == Subnet.HOST_NUMBER || !numbers.add(node.number())) {
                throw new LabException("address " + subnet.address(node.number()) + " of node " + node.name()
                        + " is taken: choose another host number");
            }
        }
    }

    /** Three nodes, one of them a witness, with agents, and a host {@code client}, on 10.77.0.0/24. */
    public static LabOptions defaults() {
        return new LabOptions(
                NAME_DEFAULT,
                SUBNET_DEFAULT,
                NODES_DEFAULT,
                Agents.CLUSTER,
                List.of(),
                Map.of(),
                List.of(),
                Failover.OFF);
    }

    static void checkName(String name) {
        if (name.length() > NAME_MAX || !NAME.matcher(name).matches()) {
            throw new LabException("'" + name + "' cannot be the name of a laboratory: use at most " + NAME_MAX
                    + " of a-z, 0-9 and -, beginning with a letter");
        }
    }

    public LabOptions withName(String newName) {
        return new LabOptions(newName, subnet, nodes, agents, agentJavaOptions, environment, shares, failover);
    }

    public LabOptions withSubnet(String newSubnet) {
        return new LabOptions(
                name, Subnet.parse(newSubnet), nodes, agents, agentJavaOptions, environment, shares, failover);
    }

    public LabOptions withNodes(List<NodeOptions> newNodes) {
        return new LabOptions(name, subnet, newNodes, agents, agentJavaOptions, environment, shares, failover);
    }

    public LabOptions withAgents(Agents newAgents) {
        return new LabOptions(name, subnet, nodes, newAgents, agentJavaOptions, environment, shares, failover);
    }

    /** Lost nodes lose their power for certain, and their services start elsewhere. */
    public LabOptions withFailover() {
        return with(new Failover(true, failover.secondNetwork(), failover.sharedDisk(), failover.sharedStorage()));
    }

    /** Heartbeats go over a second network, too: see {@link Subnet#second}. */
    public LabOptions withSecondNetwork() {
        return with(new Failover(failover.on(), true, failover.sharedDisk(), failover.sharedStorage()));
    }

    /** Heartbeats go over a disk that all nodes share, too. */
    public LabOptions withSharedDisk() {
        return with(new Failover(failover.on(), failover.secondNetwork(), true, failover.sharedStorage()));
    }

    /** All nodes reach a directory, called {@value #SHARED_STORAGE}, on which copies of volumes may lie. */
    public LabOptions withSharedStorage() {
        return with(new Failover(failover.on(), failover.secondNetwork(), failover.sharedDisk(), true));
    }

    private LabOptions with(Failover newFailover) {
        return new LabOptions(name, subnet, nodes, agents, agentJavaOptions, environment, shares, newFailover);
    }

    /** Adds options for the agents' JVM. */
    public LabOptions withAgentJavaOptions(String... more) {
        List<String> all = new ArrayList<>(agentJavaOptions);
        all.addAll(List.of(more));
        return new LabOptions(name, subnet, nodes, agents, all, environment, shares, failover);
    }

    /** Adds a variable to the agents' environment. */
    public LabOptions withEnvironment(String key, String value) {
        Map<String, String> all = new TreeMap<>(environment);
        all.put(key, value);
        return new LabOptions(name, subnet, nodes, agents, agentJavaOptions, all, shares, failover);
    }

    /** Adds a file or directory that the nodes must see. */
    public LabOptions withShare(Path path) {
        List<Path> all = new ArrayList<>(shares);
        all.add(path.toAbsolutePath().normalize());
        return new LabOptions(name, subnet, nodes, agents, agentJavaOptions, environment, all, failover);
    }
}
