package norikae.systemtest;

import static org.assertj.core.api.Assertions.assertThat;

import norikae.agent.api.v1.MoveResult;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Services do not need their agent to live, and an agent that comes back takes care of them again. */
@Tag("system")
@ExtendWith(LastWords.class)
class AgentRestartTest {

    private static final String SERVICE = "ledger";
    private static final int ADDRESS = 50;
    private static final int PORT = 7000;

    private static TestCluster cluster;

    @BeforeAll
    static void boot() {
        cluster = TestCluster.boot("restart", "10.82.0");
        cluster.run(SERVICE, ADDRESS, "node-a", cluster.ledger("64m", "server", "--port", Integer.toString(PORT)));
    }

    @AfterAll
    static void down() {
        cluster.close();
    }

    @Test
    void anAgentThatWasKilledFindsItsServiceRunningAndCanMoveIt() {
        try (LineConnection client = LineConnection.open(cluster.address(ADDRESS), PORT)) {
            String pid = LedgerMoveTest.field(client.ask("INFO"), "pid");

            String home = cluster.awaitSettled(SERVICE).getNode();
            String away = home.equals("node-a") ? "node-b" : "node-a";

            // The source's.
            killAndAwait(home);
            assertThat(LedgerMoveTest.field(client.ask("INFO"), "pid")).isEqualTo(pid);
            moves(away);
            assertThat(LedgerMoveTest.field(client.ask("INFO"), "pid")).isEqualTo(pid);

            // Where it arrived, then where it is to go.
            killAndAwait(away);
            killAndAwait(home);
            moves(home);
            assertThat(LedgerMoveTest.field(client.ask("INFO"), "pid")).isEqualTo(pid);
        }
    }

    @Test
    void aServiceGoesOnWhileItsAgentIsDown() {
        String home = cluster.awaitSettled(SERVICE).getNode();
        try (LineConnection client = LineConnection.open(cluster.address(ADDRESS), PORT)) {
            String pid = LedgerMoveTest.field(client.ask("INFO"), "pid");
            cluster.node(home).holdAgent(true);
            try {
                cluster.node(home).killAgent();
                long until = System.nanoTime() + 4_000_000_000L;
                while (System.nanoTime() < until) {
                    assertThat(client.ask("PING")).isEqualTo("OK pong");
                }
                assertThat(cluster.node(home).agentPid()).isEmpty();
            } finally {
                cluster.node(home).startAgent();
            }
            awaitAgent(home);
            moves(home.equals("node-a") ? "node-b" : "node-a");
            assertThat(LedgerMoveTest.field(client.ask("INFO"), "pid")).isEqualTo(pid);
        }
    }

    /** The kernel would fill with zeros what is missing, if nobody had kept what it takes to fill it right. */
    @Test
    void memoryIsFilledInByTheNextAgentIfTheFirstOneDiesMeanwhile() throws Exception {
        cluster.run(
                "heavy",
                71,
                "node-a",
                cluster.ledger("400m", "server", "--port", Integer.toString(PORT), "--ballast", "256m"));
        try (LineConnection client = LineConnection.open(cluster.address(71), PORT)) {
            for (String target : java.util.List.of("node-b", "node-a")) {
                cluster.hold(target, "TARGET_RESUMED");
                Thread moving = cluster.moveInBackground("heavy", target);
                cluster.awaitHeld(target, "TARGET_RESUMED");
                cluster.node(target).killAgent(); // some of the memory is filled in by now
                cluster.letGo(target, "TARGET_RESUMED");
                moving.join();
                awaitAgent(target);
                assertThat(cluster.awaitSettled("heavy").getNode()).isEqualTo(target);
                assertThat(client.ask("BALLAST"))
                        .startsWith("OK bytes=" + (256L << 20))
                        .endsWith(" faults=0");
                TestCluster.await("the fill has ended on " + target, () -> cluster.node(target)
                        .run("sh", "-c", "ls /run/norikae/fills | wc -l")
                        .strip()
                        .equals("0"));
                assertThat(java.nio.file.Files.readString(cluster.node(target).agentLog()))
                        .contains("service=heavy its memory is filled further");
            }
        } finally {
            cluster.stop("heavy");
        }
    }

    private static void killAndAwait(String node) {
        long before = cluster.node(node).agentPid().orElseThrow();
        cluster.node(node).killAgent();
        TestCluster.await(
                "the agent of " + node + " is started again",
                () -> cluster.node(node).agentPid().filter(pid -> pid != before).isPresent());
        awaitAgent(node);
    }

    private static void awaitAgent(String node) {
        TestCluster.await("the agent of " + node + " answers", () -> {
            try (var client = cluster.client()) {
                var status = client.status(null);
                return status.getCurrent()
                        && status.getNodesList().stream()
                                .anyMatch(each -> each.getName().equals(node) && each.getReachable());
            }
        });
    }

    private static void moves(String target) {
        MoveResult move = cluster.move(SERVICE, target);
        assertThat(move.getMoved()).as(move.getReason()).isTrue();
        assertThat(cluster.status(SERVICE).getNode()).isEqualTo(target);
    }
}
