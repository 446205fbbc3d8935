package norikae.agent.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import norikae.agent.document.DocumentText;
import norikae.agent.document.InvalidDocumentException;
import norikae.failover.model.NodeId;
import norikae.failover.model.NodeRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AgentConfigTest {

    private static final NodeRecord B = new NodeRecord(new NodeId("node-b"), "10.77.0.12", 7071, 7072, 7073, true);

    @TempDir
    Path folder = Path.of("set by JUnit");

    private static List<String> problemsOf(String json) {
        InvalidDocumentException e = catchThrowableOfType(
                InvalidDocumentException.class, () -> AgentConfig.parse(new DocumentText("node.json", json)));
        assertThat(e).isNotNull();
        return e.problems().stream().map(Object::toString).toList();
    }

    @Test
    void shouldReadBackWhatItWrote() throws Exception {
        Path file = folder.resolve("deep").resolve("node.json");
        AgentConfig config = new AgentConfig(
                "lab", "node-a", "10.77.0.11", "br7", true, 1, 2, 3, false, List.of(B), Path.of("/opt/criu"));
        config.save(file);
        assertThat(AgentConfig.load(file)).isEqualTo(config);
        try (var files = Files.list(folder.resolve("deep"))) {
            assertThat(files).as("nothing but the file is left").containsExactly(file);
        }
    }

    @Test
    void shouldReadBackItsSharedStorageAndRefuseWhatCannotBeOne(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("node.json");
        AgentConfig config = AgentConfig.of("lab", "node-a", "10.77.0.11", "nbr0", false, true)
                .withStorage(new SharedStorageConfig(Map.of("san1", Path.of("/mnt/san1"))));
        config.save(file);
        assertThat(AgentConfig.load(file)).isEqualTo(config);
        assertThat(problemsOf("""
                {"cluster": "lab", "node": "node-a", "address": "10.77.0.11", "bootstrap": true,
                 "sharedStorage": {"San": "/mnt/a", "san2": "b", "san3": "/mnt/a"}}"""))
                .anyMatch(p -> p.contains("'San' cannot be the name of a shared storage"))
                .anyMatch(p -> p.contains("san2"))
                .anyMatch(p -> p.contains("each storage has a directory of its own"));
    }

    @Test
    void shouldHaveDefaults() {
        AgentConfig config = AgentConfig.parse(new DocumentText(
                "node.json",
                "{\"cluster\": \"lab\", \"node\": \"node-a\", \"address\": \"10.77.0.11\", \"bootstrap\": true}"));
        assertThat(config).isEqualTo(AgentConfig.of("lab", "node-a", "10.77.0.11", "nbr0", false, true));
        assertThat(config.toNodeRecord())
                .isEqualTo(new NodeRecord(new NodeId("node-a"), "10.77.0.11", 7071, 7072, 7073, false));
    }

    @Test
    void shouldNameEveryProblemWithItsPlace() {
        assertThat(problemsOf("""
                {
                  "cluster": "Lab",
                  "node": 7,
                  "address": "10.77.0.256",
                  "bridge": "a-very-long-bridge-name",
                  "witness": "yes",
                  "controlPort": 0,
                  "dataPort": 7073,
                  "criu": "criu",
                  "bootstrap": false,
                  "colour": "blue",
                  "node": "node-a",
                  "members": [
                    {"node": "node-b", "address": "10.77.0.12", "prot": 1},
                    {"node": "node-b", "address": "10.77.0.13"},
                    {"node": "node-c", "address": "10.77.0.13"},
                    5
                  ]
                }
                """))
                .satisfiesExactly(
                        p -> assertThat(p)
                                .startsWith("node.json:2:14: cluster: cluster name 'Lab' is not a valid name"),
                        p -> assertThat(p).startsWith("node.json:3:11: node: is '7' (a whole number) where text"),
                        p -> assertThat(p).startsWith("node.json:4:14: address: '10.77.0.256' is not an IPv4 address"),
                        p -> assertThat(p)
                                .startsWith("node.json:5:13: bridge: 'a-very-long-bridge-name' is not a name"),
                        p -> assertThat(p).startsWith("node.json:6:14: witness: is 'yes' (text): write true or false"),
                        p -> assertThat(p).startsWith("node.json:7:18: controlPort: is 0: write a whole number from 1"),
                        p -> assertThat(p).startsWith("node.json:8:15: dataPort: is 7073 like raftPort"),
                        p -> assertThat(p).startsWith("node.json:9:11: criu: 'criu' is not an absolute path"),
                        p -> assertThat(p).startsWith("node.json:11:3: colour: is not a known key: known are cluster,"),
                        p -> assertThat(p).startsWith("node.json:12:3: node: is given twice, first in line 3"),
                        p -> assertThat(p).startsWith("node.json:14:49: members[0].prot: is not a known key"),
                        p -> assertThat(p).startsWith("node.json:15:14: members[1].node: 'node-b' is listed twice"),
                        p -> assertThat(p).startsWith("node.json:17:5: members[3]: is '5' (a whole number)"));
    }

    private static String node(String more) {
        return "{\"cluster\": \"lab\", \"node\": \"node-a\", \"address\": \"10.77.0.11\", \"bootstrap\": true, " + more
                + "}";
    }

    @Test
    void shouldKeepSharedDisks() throws Exception {
        AgentConfig config = AgentConfig.parse(
                new DocumentText(
                        "node.json",
                        node(
                                "\"sharedDisks\": {\"disks\": [\"/dev/x\"], \"pill\": true}, \"watchdog\": {\"mode\": \"required\"}")));
        assertThat(config.disks()).isEqualTo(new SharedDisksConfig(List.of(Path.of("/dev/x")), true, true));
        Path file = folder.resolve("node.json");
        config.save(file);
        assertThat(AgentConfig.load(file)).isEqualTo(config);
    }

    @Test
    void shouldRefuseSharedDisksThatProtectNobody() {
        assertThat(problemsOf(node("\"sharedDisks\": {\"disks\": [\"/dev/x\"], \"pill\": true}")))
                .singleElement()
                .asString()
                .contains("sharedDisks: wants a poison pill, but the watchdog is not required");
        assertThat(problemsOf(node("\"sharedDisks\": {\"disks\": []}")))
                .singleElement()
                .asString()
                .contains("sharedDisks.disks: has no value: name the disks");
        assertThat(problemsOf(node("\"sharedDisks\": {\"disks\": [\"x\", \"/dev/y\", \"/dev/y\"]}")))
                .anyMatch(problem -> problem.contains("'x' is not an absolute path"))
                .anyMatch(problem -> problem.contains("names /dev/y twice"));
    }

    @Test
    void shouldRefuseANodeThatWouldFindNobody() {
        assertThat(problemsOf("{\"cluster\": \"lab\", \"node\": \"node-a\", \"address\": \"10.77.0.11\"}"))
                .singleElement()
                .asString()
                .contains("members: is empty, and bootstrap is not true");
    }

    @Test
    void shouldSayWhereTheJsonBreaks() {
        assertThat(problemsOf("{\n  \"cluster\" \"lab\"}"))
                .singleElement()
                .asString()
                .startsWith("node.json:2:1");
        assertThat(problemsOf("{} {}")).singleElement().asString().startsWith("node.json:1:4: more follows");
        assertThat(problemsOf(" ")).containsExactly("node.json:1:1: the file is empty");
        assertThat(problemsOf("[]")).singleElement().asString().contains("but this is a list");
        assertThat(problemsOf("[".repeat(1000))).singleElement().asString().contains("not valid JSON");
    }

    @Test
    void shouldNotWriteWhatItWouldNotRead() {
        Path file = folder.resolve("node.json");
        AgentConfig bad = AgentConfig.of("lab", "node-a", "not an address", "nbr0", false, true);
        assertThatThrownBy(() -> bad.save(file)).isInstanceOf(InvalidDocumentException.class);
        assertThat(file).doesNotExist();
    }

    @Test
    void secretsShouldBeReadableByTheirOwnerOnly() throws Exception {
        Path file = folder.resolve("secret");
        AtomicFile.writeSecret(file, "x");
        AtomicFile.writeSecret(file, "y");
        assertThat(file).hasContent("y");
        assertThat(java.nio.file.attribute.PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
    }
}
