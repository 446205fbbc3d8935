package norikae.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a node does for its agent, seen with a script in the agent's place. */
@Tag("system")
class SupervisedAgentTest {

    private static final String NAME = "labagent";
    private static final Duration SOON = Duration.ofSeconds(20);

    @Test
    void theAgentIsStartedAgainUnlessItIsHeld(@TempDir Path project) throws Exception {
        Files.createDirectories(project.resolve("bin"));
        Path agent = Files.writeString(
                project.resolve("bin/norikaed"),
                "#!/bin/sh\necho \"options $NORIKAED_JAVA_OPTS\"\nexec sleep infinity\n");
        Files.setPosixFilePermissions(agent, PosixFilePermissions.fromString("rwxr-xr-x"));
        LabOptions options = LabOptions.defaults()
                .withName(NAME)
                .withSubnet("10.88.4.0/24")
                .withAgents(LabOptions.Agents.STRANGERS)
                .withAgentJavaOptions("-Dsome=thing");

        try (Lab lab =
                Lab.up(options, new Distribution(project, Path.of(System.getProperty("java.home"))), line -> {})) {
            LabNode node = lab.node("node-a");
            long first = node.startAgent();
            assertThat(Files.readString(Path.of("/proc/" + first + "/cgroup")))
                    .contains("0::/norikae-" + NAME + "/node-a/agent");
            Waiting.until(
                    SOON,
                    () -> "the agent's first words",
                    () -> Files.exists(node.agentLog())
                            && String.join("\n", Proc.lines(node.agentLog())).contains("-Dsome=thing"));
            assertThat(lab.node("client").agentPid()).isEmpty();

            node.killAgent();
            Waiting.until(SOON, () -> "a second agent", () -> node.agentPid().isPresent());
            assertThat(node.agentPid()).isPresent().get().isNotEqualTo(first);

            node.holdAgent(true);
            node.killAgent();
            Waiting.until(
                    SOON,
                    () -> "the node to notice",
                    () -> !Files.exists(
                            LabDirectories.of(NAME).nodeDesk("node-a").resolve("agent.pid")));
            assertThat(node.agentPid()).isEmpty();
            assertThat(node.startAgent()).isPositive();

            node.powerOff();
            node.powerOn();
            Waiting.until(SOON, () -> "an agent after the power came back", () -> node.agentPid()
                    .isPresent());
            assertThat(lab.leftovers()).isEqualTo(List.of());
        }
        assertThat(Lab.remains(NAME)).isEmpty();
    }
}
