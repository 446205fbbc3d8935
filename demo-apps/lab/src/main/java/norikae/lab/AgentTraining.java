package norikae.lab;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import norikae.agent.client.ControlClient;
import norikae.agent.config.ClientConfig;

/**
 * Starts an agent once in a laboratory of its own, so that the JVM can write down which classes an agent needs (JEP 514):
 * every later start takes them from that file, ready to run, and is through in about half the time.
 */
final class AgentTraining {

    private static final String LAB = "training";
    private static final Subnet SUBNET = new Subnet("10.99.99");
    private static final String NODE = "trainee";
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private AgentTraining() {}

    /** @param args the file to write */
    public static void main(String[] args) throws Exception {
        Path cache = Path.of(args[0]).toAbsolutePath();
        LabOptions options = LabOptions.defaults()
                .withName(LAB)
                .withSubnet(SUBNET.toString())
                .withNodes(List.of(new NodeOptions(NODE, 11, NodeOptions.Role.MEMBER, Duration.ZERO)))
                .withAgentJavaOptions("-XX:AOTCacheOutput=" + cache);
        try (AutoCloseable _ = Lab.endingWithThisProgram(LAB)) {
            Lab.down(LAB);
            Lab lab = Lab.up(options);
            try (ControlClient client = ControlClient.open(ClientConfig.load(lab.clientConfig()))) {
                var _ = client.status(null);
            }
            LabNode node = lab.node(NODE);
            ProcessHandle agent =
                    ProcessHandle.of(node.agentPid().orElseThrow()).orElseThrow();
            node.holdAgent(true);
            agent.destroy(); // it writes the file while it ends
            Waiting.until(PATIENCE, () -> "the agent writes " + cache, () -> !agent.isAlive() && Files.exists(cache));
        }
    }
}
