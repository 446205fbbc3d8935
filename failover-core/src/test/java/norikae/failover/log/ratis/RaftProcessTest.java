package norikae.failover.log.ratis;

import static norikae.failover.log.ratis.TestCluster.PATIENCE;
import static norikae.failover.log.ratis.TestCluster.addNode;
import static norikae.failover.log.ratis.TestCluster.event;
import static norikae.failover.log.ratis.TestCluster.knows;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import norikae.failover.log.LogUnavailableException;
import norikae.failover.model.ClusterEvent;
import norikae.failover.model.NodeId;
import norikae.failover.model.Outcome;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Three voters in processes of their own, killed with SIGKILL. */
@Timeout(180)
class RaftProcessTest {

    private static final List<String> NAMES = List.of("a", "b", "c");

    private final Path directory;
    private final TestAuthority authority;
    private final NavigableMap<String, Peer> peers = new TreeMap<>();
    private final NavigableMap<String, Process> running = new TreeMap<>();
    private final RaftClientLog log;

    RaftProcessTest(@TempDir Path directory) throws Exception {
        this.directory = directory;
        this.authority = new TestAuthority(directory.resolve("pki"));
        for (String name : NAMES) {
            peers.put(name, new Peer(new NodeId(name), "127.0.0.1", TestCluster.freePort()));
        }
        this.log =
                RaftClientLog.connect(new NodeId("test"), authority.issue("test", "node"), List.copyOf(peers.values()));
    }

    @BeforeEach
    void growToThreeVoters() throws Exception {
        start("a");
        for (String name : List.of("b", "c")) {
            start(name);
            log.addVoter(peer(name), PATIENCE);
        }
        assertThat(log.voters()).containsExactlyElementsOf(peers.values());
    }

    @AfterEach
    void endAll() throws Exception {
        log.close();
        for (String name : List.copyOf(running.keySet())) {
            kill(name);
        }
    }

    @Test
    void leadersAreKilledOneAfterAnotherAndNothingAcceptedIsLostOrDoubled() throws Exception {
        List<String> accepted = new ArrayList<>();
        List<Long> gaps = new ArrayList<>();
        for (int round = 0; round < 4; round++) {
            for (int i = 0; i < 10; i++) {
                submit(round + "-" + i, accepted);
            }
            log.read(PATIENCE);
            String leader = log.leader().orElseThrow().value();
            kill(leader);
            long killed = System.nanoTime();
            submit(round + "-after-kill", accepted);
            gaps.add(Duration.ofNanos(System.nanoTime() - killed).toMillis());
            start(leader); // with what its disk holds; the next round needs it for a majority
        }
        assertThat(log.read(PATIENCE).events().stream().map(ClusterEvent::text)).containsExactlyElementsOf(accepted);
        System.out.println("milliseconds from the leader's death to the next accepted command: " + gaps);
        assertThat(gaps).allSatisfy(gap -> assertThat(gap).isLessThan(10_000));
    }

    @Test
    void aCommandThatTimedOutWithoutAMajorityCanBeSubmittedAgain() throws Exception {
        kill("b");
        kill("c");
        assertThatThrownBy(() -> log.submit(addNode("n1", 11), Duration.ofSeconds(2)))
                .isInstanceOf(LogUnavailableException.class)
                .hasMessageContaining("within 2000 ms");
        start("b");
        assertThat(log.submit(addNode("n1", 11), PATIENCE)).isInstanceOf(Outcome.Accepted.class);
        assertThat(log.read(PATIENCE).events().stream().filter(e -> e.subject().equals("n1")))
                .hasSize(1);
    }

    @Test
    void allVotersKilledAtOnceComeBackWithEverything() throws Exception {
        log.submit(addNode("n1", 11), PATIENCE);
        NAMES.forEach(name -> {
            Process process = running.get(name);
            if (process != null) {
                process.destroyForcibly();
            }
        });
        for (String name : NAMES) {
            kill(name);
        }
        for (String name : NAMES) {
            start(name);
        }
        assertThat(knows(log.read(PATIENCE), "n1")).isTrue();
        assertThat(log.submit(addNode("n2", 12), PATIENCE)).isInstanceOf(Outcome.Accepted.class);
    }

    private void submit(String text, List<String> accepted) throws Exception {
        assertThat(log.submit(event(text), PATIENCE)).isInstanceOf(Outcome.Accepted.class);
        accepted.add(text);
    }

    private Peer peer(String name) {
        return peers.getOrDefault(name, new Peer(new NodeId(name), "127.0.0.1", 1));
    }

    private void start(String name) throws Exception {
        TlsFiles tls = authority.issue(name, "node");
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx128m",
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-cp",
                System.getProperty("java.class.path"),
                RaftMember.class.getName(),
                name,
                Integer.toString(peer(name).port()),
                directory.resolve(name).toString(),
                tls.certificate().toString(),
                tls.key().toString(),
                tls.authority().toString(),
                Boolean.toString(name.equals("a"))));
        for (Peer other : peers.values()) {
            command.add(other.id().value());
            command.add(Integer.toString(other.port()));
        }
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        running.put(name, process);
        BufferedReader out =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        String line = out.readLine();
        if (line == null || !line.startsWith("READY")) {
            throw new IOException("voter " + name + " did not start: " + line);
        }
    }

    private void kill(String name) throws InterruptedException {
        Process process = running.remove(name);
        if (process != null) {
            process.destroyForcibly().waitFor();
        }
    }
}
