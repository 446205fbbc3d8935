package norikae.agent.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Map;
import norikae.agent.config.ClientConfig.Member;
import norikae.agent.document.DocumentText;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClientConfigTest {

    @TempDir
    Path folder = Path.of("set by JUnit");

    private Path write(Path file) throws Exception {
        Files.createDirectories(file.getParent());
        return Files.writeString(file, "{}");
    }

    private ClientConfigLookup lookup(Map<String, String> environment) {
        return new ClientConfigLookup(environment, folder.resolve("home"), folder.resolve("labs"));
    }

    @Test
    void shouldReadBackWhatItWroteWithPathsRelativeToItsFolder() throws Exception {
        Path file = folder.resolve("client.json");
        ClientConfig config = new ClientConfig(
                "lab",
                List.of(new Member("10.77.0.11", 7071), new Member("10.77.0.12", 17071)),
                folder.resolve("me.crt"),
                folder.resolve("me.key"),
                Path.of("/etc/ca.crt"));
        config.save(file);
        assertThat(file).content().contains("\"me.crt\"").contains("\"/etc/ca.crt\"");
        assertThat(ClientConfig.load(file)).isEqualTo(config);
    }

    @Test
    void shouldNameEveryProblem() {
        assertThatThrownBy(() -> ClientConfig.parse(new DocumentText("c.json", """
                                {"members": ["10.77.0.11:0", "host"], "certificat": "x", "key": 1}
                                """), folder))
                .message()
                .contains("c.json:1:1: cluster: is missing")
                .contains("members: '10.77.0.11:0' has no port from 1 to 65535")
                .contains("members: 'host' is not an IPv4 address")
                .contains("c.json:1:39: certificat: is not a known key: do you mean certificate?")
                .contains("certificate: is missing")
                .contains("key: is '1' (a whole number) where text belongs")
                .contains("authority: is missing");
    }

    @Test
    void shouldLookInTheOrderThatIsDocumented() throws Exception {
        Path old = write(folder.resolve("labs/one/client.json"));
        Path lab = write(folder.resolve("labs/two/client.json"));
        Files.setLastModifiedTime(old, FileTime.fromMillis(1000));
        Files.createDirectories(folder.resolve("labs/going-down"));
        assertThat(lookup(Map.of()).find(null)).isEqualTo(lab);

        Path user = write(folder.resolve("home/.config/norikae/client.json"));
        assertThat(lookup(Map.of()).find(null)).isEqualTo(user);

        Path variable = write(folder.resolve("variable.json"));
        ClientConfigLookup withVariable = lookup(Map.of("NORIKAE_CONFIG", variable.toString()));
        assertThat(withVariable.find(null)).isEqualTo(variable);

        Path option = write(folder.resolve("option.json"));
        assertThat(withVariable.find(option)).isEqualTo(option);
    }

    @Test
    void shouldSayWhereItLooked() {
        assertThatThrownBy(() -> lookup(Map.of()).find(null))
                .isInstanceOf(NoSuchFileException.class)
                .hasMessageContaining("no cluster to talk to")
                .hasMessageContaining(".config/norikae/client.json");
        assertThatThrownBy(() -> lookup(Map.of()).find(folder.resolve("nowhere")))
                .hasMessageContaining("named by --config, is not a file");
        assertThatThrownBy(() -> lookup(Map.of("NORIKAE_CONFIG", "/nowhere")).find(null))
                .hasMessageContaining("/nowhere, named by $NORIKAE_CONFIG, is not a file");
    }
}
