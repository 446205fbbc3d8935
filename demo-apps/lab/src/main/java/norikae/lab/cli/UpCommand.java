package norikae.lab.cli;

import java.nio.file.Path;
import java.util.List;
import norikae.lab.Lab;
import norikae.lab.LabIsUpException;
import norikae.lab.LabOptions;
import norikae.lab.NodeOptions;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(name = "up", description = "Boot the laboratory.", mixinStandardHelpOptions = true)
final class UpCommand extends LabSubcommand {

    @Option(names = "--subnet", description = "Its network. Default: ${DEFAULT-VALUE}.", defaultValue = "10.77.0.0/24")
    String subnet = "10.77.0.0/24";

    @Option(
            names = "--nodes",
            split = ",",
            paramLabel = "NODE",
            description = "Boot only these of node-a, node-b, witness and client. Default: all.")
    List<String> nodes = List.of();

    @Option(
            names = "--agents",
            negatable = true,
            defaultValue = "true",
            fallbackValue = "true",
            description = "Run norikaed on the nodes and form a cluster. Default: yes.")
    boolean agents = true;

    @Option(names = "--failover", description = "Cut the power of lost nodes, and start their services elsewhere.")
    boolean failover;

    @Option(names = "--second-network", description = "Join the nodes by a second switch, too, for heartbeats.")
    boolean secondNetwork;

    @Option(names = "--shared-disk", description = "Give the nodes a disk that all see, too, for heartbeats.")
    boolean sharedDisk;

    @Option(
            names = "--agent-java-option",
            paramLabel = "OPTION",
            description = "An option for the agents' JVM. May be repeated.")
    List<String> agentJavaOptions = List.of();

    @Option(
            names = "--share",
            paramLabel = "PATH",
            description = "A path below /tmp or /run that the nodes must see. May be repeated.")
    List<Path> shares = List.of();

    @Override
    int run(LabCommand parent) {
        LabOptions options = LabOptions.defaults()
                .withName(parent.name)
                .withSubnet(subnet)
                .withAgents(agents ? LabOptions.Agents.CLUSTER : LabOptions.Agents.NONE)
                .withAgentJavaOptions(agentJavaOptions.toArray(String[]::new));
        if (failover) {
            options = options.withFailover();
        }
        if (secondNetwork) {
            options = options.withSecondNetwork();
        }
        if (sharedDisk) {
            options = options.withSharedDisk();
        }
        for (Path share : shares) {
            options = options.withShare(share);
        }
        if (!nodes.isEmpty()) {
            options = options.withNodes(chosen(options.nodes()));
        }
        Thread builder = Thread.currentThread();
        // Ctrl-C: the building stops and removes what it has built, and the hook waits for that.
        Thread hook = new Thread(
                () -> {
                    builder.interrupt();
                    Lab.awaitQuiet(parent.name);
                },
                "stop building");
        Runtime.getRuntime().addShutdownHook(hook);
        try {
            Lab.up(options, this::say);
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (LabIsUpException e) {
            say("laboratory " + parent.name + " is up already");
        }
        return 0;
    }

    private List<NodeOptions> chosen(List<NodeOptions> all) {
        for (String name : nodes) {
            if (all.stream().noneMatch(node -> node.name().equals(name))) {
                throw new norikae.lab.LabException("there is no host '" + name + "' to boot: choose from "
                        + String.join(", ", all.stream().map(NodeOptions::name).toList()));
            }
        }
        return all.stream().filter(node -> nodes.contains(node.name())).toList();
    }
}
