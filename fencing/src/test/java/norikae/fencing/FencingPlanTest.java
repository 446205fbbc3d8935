package norikae.fencing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyStore;
import java.util.Base64;
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
    void aPillNeedsDisksANodeAndAnOrderThatStops() {
        refused("{\"type\": \"pill\", \"node\": \"node-a\"}", "there are no disks");
        refused("{\"type\": \"pill\", \"disks\": [\"/dev/x\"]}", "there is no node");
        refused("{\"type\": \"pill\", \"disks\": [\"x\"], \"node\": \"a\"}", "not an absolute path");
        refused("{\"type\": \"pill\", \"disks\": [\"/x\", \"/x\"], \"node\": \"a\"}", "named twice");
        refused(
                "{\"type\": \"pill\", \"disks\": [\"/x\"], \"node\": \"a\", \"order\": \"test\"}",
                "order 'test' does not stop a server for certain: write reset or off");
    }

    private void refused(String device, String why) {
        assertThatThrownBy(() -> load("{\"nodes\": {\"node-a\": {\"levels\": [[" + device + "]]}}}"))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(why);
    }

    /** The example of the documentation. */
    @Test
    void readsEveryKindOfDevice() throws Exception {
        Files.writeString(home.resolve("bmc-ca.pem"), certificate());
        FencingPlan plan = load("""
                {
                  "nodes": {
                    "node-a": {
                      "levels": [
                        [
                          { "type": "redfish", "url": "https://10.0.9.11", "system": "1",
                            "username": "norikae", "password": "…", "authority": "bmc-ca.pem" }
                        ],
                        [
                          { "type": "ipmi", "host": "10.0.9.11", "username": "norikae", "password": "…",
                            "cipherSuite": 17, "privilege": "operator", "method": "off", "crashDumpSeconds": 0 }
                        ],
                        [
                          { "type": "agent", "agent": "fence_apc", "password": "…",
                            "options": { "ip": "10.0.9.2", "username": "norikae", "plug": "3" } },
                          { "type": "agent", "agent": "fence_apc", "password": "…",
                            "options": { "ip": "10.0.9.3", "username": "norikae", "plug": "3" } }
                        ]
                      ]
                    },
                    "node-b": {
                      "levels": [[{ "type": "cgroup", "directory": "/sys/fs/cgroup/lab/node-b" }],
                        [{ "type": "pill", "disks": ["/dev/disk/by-id/shared"], "node": "node-b", "order": "off" }]]
                    }
                  }
                }
                """, "rw-------");
        assertThat(plan.fencerOf(new NodeId("node-a")).orElseThrow().description())
                .isEqualTo("redfish https://10.0.9.11 system 1, else ipmi norikae@10.0.9.11:623, else agent fence_apc"
                        + " ip=10.0.9.2 plug=3 and agent fence_apc ip=10.0.9.3 plug=3");
    }

    /** Any certificate will do. */
    private static String certificate() throws Exception {
        KeyStore authorities = KeyStore.getInstance(
                Path.of(System.getProperty("java.home"), "lib", "security", "cacerts")
                        .toFile(),
                (char[]) null);
        byte[] der =
                authorities.getCertificate(authorities.aliases().nextElement()).getEncoded();
        return "-----BEGIN CERTIFICATE-----\n" + Base64.getMimeEncoder().encodeToString(der)
                + "\n-----END CERTIFICATE-----\n";
    }

    @Test
    void aServerThatIsCycledCannotHaveTwoSwitches() {
        String ipmi = "{\"type\": \"ipmi\", \"host\": \"h\", \"username\": \"u\", \"password\": \"p\", ";
        refused("{\"nodes\": {\"node-a\": {\"levels\": [[" + ipmi + "\"method\": \"cycle\"}, " + ipmi
                        + "\"method\": \"off\"}]]}}}")
                .hasMessageContaining("it would never be off on all of them");
    }

    @Test
    void settingsOfABmcAreChecked() {
        String ipmi = "\"type\": \"ipmi\", \"host\": \"h\", \"username\": \"u\"";
        refused(device(ipmi)).hasMessageContaining("neither password nor passwordFile");
        String good = ipmi + ", \"password\": \"p\"";
        refused(device(good + ", \"port\": 70000")).hasMessageContaining("port 70000 is not between");
        refused(device(good + ", \"port\": \"623\"")).hasMessageContaining("write a whole number");
        refused(device(good + ", \"cipherSuite\": 0")).hasMessageContaining("write 17 (SHA-256), or 3");
        refused(device(good + ", \"method\": \"reboot\"")).hasMessageContaining("write one of [off, cycle]");
        refused(device(good + ", \"crashDumpSeconds\": -1")).hasMessageContaining("is not between 0 and 3600");
        refused(device(ipmi + ", \"password\": \"123456789012345678901\"")).hasMessageContaining("at most 20 bytes");
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
