package norikae.fencing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import norikae.failover.model.NodeId;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FencingPlanTest {

    @TempDir
    Path home = Path.of("/nowhere");

    @Test
    void readsTheLevelsOfEachNode() throws Exception {
        FencingPlan plan = load("""
                {"nodes": {
                  "node-a": {"levels": [
                    [{"type": "cgroup", "directory": "/sys/fs/cgroup/lab/node-a"}],
                    [{"type": "cgroup", "directory": "/sys/fs/cgroup/lab/a-1"},
                     {"type": "cgroup", "directory": "/sys/fs/cgroup/lab/a-2"}]]},
                  "node-b": {"levels": [[{"directory": "/sys/fs/cgroup/lab/node-b", "type": "cgroup"}]]}}}
                """);
        assertThat(plan.nodes()).containsExactlyInAnyOrder(new NodeId("node-a"), new NodeId("node-b"));
        assertThat(plan.fencerOf(new NodeId("node-a")).orElseThrow().description())
                .isEqualTo("cgroup /sys/fs/cgroup/lab/node-a, else cgroup /sys/fs/cgroup/lab/a-1 and cgroup"
                        + " /sys/fs/cgroup/lab/a-2");
        assertThat(plan.fencerOf(new NodeId("node-c"))).isEmpty();
        assertThat(FencingPlan.EMPTY.fencerOf(new NodeId("node-a"))).isEmpty();
    }

    @Test
    void anUnknownKeyIsRefusedWithThePlaceAndTheNearestKnownOne() {
        refused("""
                {"nodes": {
                  "node-a": {"levels": [[{"type": "cgroup", "directry": "/sys/fs/cgroup/lab/a"}]]}}}
                """)
                .hasMessageContaining("fencing.json:2:45: there is no key 'directry' here")
                .hasMessageContaining("did you mean 'directory'?");
        refused("{\"node\": {}}").hasMessageContaining("did you mean 'nodes'?");
    }

    @Test
    void anUnknownTypeIsRefusedWithTheNearestKnownOne() {
        refused(device("\"type\": \"cgruop\""))
                .hasMessageContaining("no device of type 'cgruop'")
                .hasMessageContaining("did you mean 'cgroup'?");
        refused(device("\"directory\": \"/a/b\"")).hasMessageContaining("a device has no type");
    }

    @Test
    void whatCannotWorkIsRefused() {
        refused("{}").hasMessageContaining("there is no nodes");
        refused("null").hasMessageContaining("is null");
        refused("").hasMessageContaining("fencing.json");
        refused("{\"nodes\": {\"node-a\": {\"levels\": []}}}").hasMessageContaining("there are no levels");
        refused("{\"nodes\": {\"node-a\": {\"levels\": [[]]}}}").hasMessageContaining("a level has no device");
        refused("{\"nodes\": {\"node-a\": {\"levels\": {}}}}").hasMessageContaining("write a list");
        refused("{\"nodes\": {\"node-a\": {\"levels\": [[null]]}}}").hasMessageContaining("or null in place");
        refused("{\"nodes\": {\"node-a\": {\"levels\": [null]}}}").hasMessageContaining("or null in place");
        refused("{\"nodes\": {\"node-a\": null}}").hasMessageContaining("a node is null");
        refused("{\"nodes\": {\"Node A\": {\"levels\": [[{\"type\": \"cgroup\", \"directory\": \"/s/b\"}]]}}}")
                .hasMessageContaining("'Node A' is not a valid name");
        refused(device("\"type\": \"cgroup\"")).hasMessageContaining("there is no directory");
        refused(device("\"type\": \"cgroup\", \"directory\": \"lab/a\"")).hasMessageContaining("write one like");
        refused(device("\"type\": \"cgroup\", \"directory\": \"/lab/a\", \"directory\": \"/lab/b\""))
                .hasMessageContaining("written twice");
        refused("{\"nodes\": {}} more").hasMessageContaining("not valid JSON");
        refused("{\"nodes\": {},").hasMessageContaining("fencing.json:1:").hasMessageContaining("not valid JSON");
    }

    @Test
    void aFileWithAPasswordIsForItsOwnerAlone() throws IOException {
        String withPassword = device("\"type\": \"agent\", \"agent\": \"fence_x\", \"password\": \"sesame\"");
        refused(withPassword)
                .hasMessageContaining("chmod 600")
                .hasMessageContaining("rw-r--r--")
                .hasMessageNotContaining("sesame");
        refused(device("\"type\": \"agent\", \"agent\": \"fence_x\", \"options\": {\"passwd\": \"sesame\"}"))
                .hasMessageContaining("chmod 600");
        assertThat(load(withPassword, "rw-------").nodes()).hasSize(1);
    }

    @Test
    void aPasswordMayHaveAFileOfItsOwn() throws IOException {
        Path password = Files.writeString(home.resolve("bmc.password"), "sesame\n");
        String plan = device("\"type\": \"agent\", \"agent\": \"fence_x\", \"passwordFile\": \"bmc.password\"");
        Files.setPosixFilePermissions(password, PosixFilePermissions.fromString("rw-r-----"));
        refused(plan).hasMessageContaining("chmod 600 " + password).hasMessageNotContaining("sesame");
        Files.setPosixFilePermissions(password, PosixFilePermissions.fromString("r--------"));
        assertThat(load(plan).nodes()).hasSize(1);
        Files.delete(password);
        refused(plan).hasMessageContaining("bmc.password");
    }

    @Test
    void noMistakeTellsAPassword() {
        String agent = "\"type\": \"agent\", \"agent\": \"fence_x\", ";
        for (String wrong : List.of(
                "\"password\": 4711",
                "\"password\": [\"4711\"]",
                "\"password\": 4711x",
                "\"password\": \"4711\", \"passwordFile\": \"x\"",
                "\"password\": \"4711\\n\"",
                "\"password\": \"4711\", \"password\": \"4711\"",
                "\"pasword\": \"4711\"",
                "\"options\": {\"passwd\": \"4711\\n\"}",
                "\"options\": \"4711\"",
                "\"password\": \"4711")) {
            refused(device(agent + wrong)).satisfies(e -> {
                StringWriter all = new StringWriter();
                e.printStackTrace(new PrintWriter(all));
                assertThat(all.toString()).as(wrong).doesNotContain("4711").contains("fencing.json:1:");
            });
        }
    }

    @Test
    void aFileThatIsNotThereOrFarTooLargeIsNamed() throws IOException {
        assertThatThrownBy(() -> FencingPlan.load(home.resolve("nothing.json")))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("nothing.json");
        refused(" ".repeat(1 << 21)).hasMessageContaining("is larger than");
    }

    private static String device(String fields) {
        return "{\"nodes\": {\"node-a\": {\"levels\": [[{" + fields + "}]]}}}";
    }

    private AbstractThrowableAssert<?, ?> refused(String json) {
        return assertThatThrownBy(() -> load(json)).isInstanceOf(IOException.class);
    }

    private FencingPlan load(String json) throws IOException {
        return load(json, "rw-r--r--");
    }

    private FencingPlan load(String json, String permissions) throws IOException {
        Path file = home.resolve("fencing.json");
        Files.writeString(file, json);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
        return FencingPlan.load(file);
    }
}
