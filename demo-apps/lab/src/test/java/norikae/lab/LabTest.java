package norikae.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("system")
class LabTest {

    private static final String NAME = "labtest";
    private static final Duration SOON = Duration.ofSeconds(20);

    private static Lab lab = Lab.up(
            LabOptions.defaults().withName(NAME).withSubnet("10.88.1.0/24").withAgents(LabOptions.Agents.NONE));

    @BeforeAll
    static void isUp() {
        assertThat(Lab.find(NAME)).isPresent();
    }

    @AfterEach
    void mend() {
        lab.heal();
        lab.nodes().stream().filter(node -> !node.isOn()).forEach(LabNode::powerOn);
    }

    @AfterAll
    static void leavesNothing() {
        lab.close();
        assertThat(Lab.remains(NAME)).isEmpty();
        assertThat(Lab.find(NAME)).isEmpty();
    }

    @Test
    void everyNodeIsAServerOfItsOwn() {
        LabNode a = lab.node("node-a");
        LabNode b = lab.node("node-b");

        assertThat(a.run("hostname")).isEqualTo("node-a\n");
        assertThat(a.run("getent", "hosts", "node-b")).startsWith("10.88.1.12");
        assertThat(a.run("cat", "/proc/1/comm")).isEqualTo("tini\n");
        a.run(
                "sh",
                "-c",
                "echo mine >/tmp/file; echo mine >/run/file; echo mine >/dev/shm/file; "
                        + "echo mine >/var/lib/norikae/file");
        for (String directory : new String[] {"/tmp", "/run", "/dev/shm", "/var/lib/norikae"}) {
            assertThat(a.file(directory + "/file")).exists();
            assertThat(b.file(directory + "/file")).doesNotExist();
            assertThat(Path.of(directory, "file")).doesNotExist();
        }
    }

    @Test
    void uptimesDifferByDays() {
        Duration a = lab.node("node-a").uptime();
        Duration b = lab.node("node-b").uptime();

        assertThat(b.minus(a))
                .isBetween(Duration.ofDays(37), Duration.ofDays(37).plusSeconds(10));
    }

    @Test
    void execPassesInputOutputAndExitCode() throws Exception {
        LabNode client = lab.node("client");
        try (LabProcess cat = client.exec("sh", "-c", "cat; echo trouble >&2; exit 42")) {
            cat.stdin().write("words\n".getBytes(StandardCharsets.UTF_8));
            cat.stdin().close();
            assertThat(cat.await(SOON)).isEqualTo(42);
            assertThat(cat.output()).isEqualTo("words\n");
            assertThat(cat.errors()).isEqualTo("trouble\n");
        }
        try (LabProcess suicide = client.exec("sh", "-c", "kill -TERM $$")) {
            assertThat(suicide.await(SOON)).isEqualTo(128 + 15);
        }
        try (LabProcess here = client.exec(ExecRequest.of("pwd").in(Path.of("/usr/bin")))) {
            assertThat(here.await(SOON)).isZero();
            assertThat(here.output()).isEqualTo("/usr/bin\n");
        }
    }

    @Test
    void closingAProcessKillsItsChildrenToo() {
        LabNode client = lab.node("client");
        try (LabProcess tree = client.exec("sh", "-c", "sleep 4711 & echo started; wait")) {
            tree.awaitOutput("started", SOON);
            assertThat(tree.pids()).hasSize(2);
        }
        assertThat(client.run("ps", "ax")).doesNotContain("sleep 4711");
    }

    @Test
    void thisMachineReachesTheNodesAndTheyReachEachOther() {
        assertThat(Shell.ask("", "python3", "-c", Probes.connect("10.88.1.12", 1))
                        .output())
                .contains("refused");
        assertThat(lab.node("node-a").run("python3", "-c", Probes.connect("10.88.1.12", 1)))
                .contains("refused");
    }

    @Test
    void aPartitionCutsBothWaysUntilItIsHealed() {
        lab.partition("node-a", "node-b");
        assertThat(lab.node("node-a").run("python3", "-c", Probes.connect("10.88.1.12", 1)))
                .contains("silence");
        assertThat(lab.node("node-b").run("python3", "-c", Probes.connect("10.88.1.11", 1)))
                .contains("silence");
        assertThat(lab.node("node-a").run("python3", "-c", Probes.connect("10.88.1.13", 1)))
                .contains("refused");
        assertThat(LabStatus.of(lab).cuts()).containsExactly("node-a -> node-b", "node-b -> node-a");

        lab.heal();
        assertThat(lab.node("node-a").run("python3", "-c", Probes.connectOnceItAnswers("10.88.1.12", 1)))
                .contains("refused");
    }

    @Test
    void aOneWayPartitionLosesOnlyWhatTheFirstSends() {
        LabNode a = lab.node("node-a");
        LabNode b = lab.node("node-b");
        try (LabProcess atA = a.exec("python3", "-u", "-c", Probes.listen(9000));
                LabProcess atB = b.exec("python3", "-u", "-c", Probes.listen(9000))) {
            atA.awaitOutput("listening", SOON);
            atB.awaitOutput("listening", SOON);
            // Both know each other's hardware address before anything is cut.
            a.run("python3", "-c", Probes.send("10.88.1.12", 9000, "hello"));
            atB.awaitOutput("hello", SOON);
            b.run("python3", "-c", Probes.send("10.88.1.11", 9000, "hello"));
            atA.awaitOutput("hello", SOON);

            lab.partitionOneWay("node-a", "node-b");
            a.run("python3", "-c", Probes.send("10.88.1.12", 9000, "lost"));
            b.run("python3", "-c", Probes.send("10.88.1.11", 9000, "arrives"));
            atA.awaitOutput("arrives", SOON);
            lab.heal();
            a.run("python3", "-c", Probes.send("10.88.1.12", 9000, "again"));
            atB.awaitOutput("again", SOON);
            assertThat(atB.output()).doesNotContain("lost");
        }
    }

    @Test
    void anIsolatedNodeReachesNobodyNotEvenThisMachine() {
        lab.isolate("node-b");
        assertThat(lab.node("node-b").run("python3", "-c", Probes.connect("10.88.1.13", 1)))
                .contains("silence");
        assertThat(Shell.ask("", "python3", "-c", Probes.connect("10.88.1.12", 1))
                        .output())
                .contains("silence");
    }

    @Test
    void aPowerCutTakesEverythingButTheDisk() throws IOException {
        LabNode b = lab.node("node-b");
        b.run("sh", "-c", "echo kept >/var/lib/norikae/kept; echo lost >/run/lost");
        LabProcess nested = b.exec("unshare", "--pid", "--net", "--fork", "sh", "-c", "echo started; sleep 1000; true");
        nested.awaitOutput("started", SOON);

        b.powerOff();

        assertThat(nested.await(SOON)).isEqualTo(128 + 9);
        assertThat(b.isOn()).isFalse();
        assertThat(Lab.remains(NAME)).noneMatch(trace -> trace.name().contains("node-b/"));
        assertThatThrownBy(() -> b.run("true")).isInstanceOf(LabException.class).hasMessageContaining("power-on");

        b.powerOn();
        assertThat(Files.readString(b.file("/var/lib/norikae/kept"))).isEqualTo("kept\n");
        assertThat(b.file("/run/lost")).doesNotExist();
        assertThat(lab.node("node-a").run("python3", "-c", Probes.connect("10.88.1.12", 1)))
                .contains("refused");
    }

    @Test
    void aShapedLinkIsAsSlowAsItWasTold() {
        LabNode a = lab.node("node-a");
        LabNode b = lab.node("node-b");
        lab.shape("node-b", "20mbit");
        try (LabProcess sink = b.exec("python3", "-u", "-c", Probes.sink(9001))) {
            sink.awaitOutput("listening", SOON);
            a.run("python3", "-c", Probes.pour("10.88.1.12", 9001, 2_000_000));
            sink.await(SOON);
            double seconds = Double.parseDouble(
                    sink.output().replaceAll("(?s).*seconds ", "").strip());
            // 16 Mbit at 20 Mbit/s, less the burst.
            assertThat(seconds).isBetween(0.6, 2.5);
        } finally {
            lab.shape("node-b", "none");
        }
    }

    @Test
    void namesThatDoNotExistAreRefusedWithThoseThatDo() {
        assertThatThrownBy(() -> lab.node("node-x")).hasMessageContaining("node-a, node-b, witness, client");
        assertThatThrownBy(() -> lab.partition("node-a", "node-a")).hasMessageContaining("cut off from itself");
        assertThatThrownBy(() -> Lab.up(lab.options())).hasMessageContaining("up already");
        assertThatThrownBy(() -> Lab.up(lab.options().withName("labtest2"))).hasMessageContaining("--subnet");
        assertThat(Lab.remains("labtest2")).isEmpty();
    }

    @Test
    void twoLaboratoriesStandSideBySide() {
        try (Lab other = Lab.up(LabOptions.defaults()
                .withName("labtest2")
                .withSubnet("10.88.2.0/24")
                .withAgents(LabOptions.Agents.NONE))) {
            assertThat(other.node("node-a").run("python3", "-c", Probes.connect("10.88.2.12", 1)))
                    .contains("refused");
            assertThat(other.node("node-a").run("python3", "-c", Probes.connect("10.88.1.12", 1)))
                    .contains("unreachable");
        }
        assertThat(Lab.remains("labtest2")).isEmpty();
        assertThat(lab.node("node-a").run("hostname")).isEqualTo("node-a\n");
    }
}
