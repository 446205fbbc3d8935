package norikae.agent.ocf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import javax.xml.stream.XMLStreamException;
import norikae.failover.model.OcfResource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OcfMetadataTest {

    private static final OcfResource RESOURCE = OcfResource.parse("ocf:test:agent", Map.of());

    @Test
    void parametersAndActionsAreRead() throws Exception {
        OcfMetadata metadata = OcfMetadata.parse("""
                <?xml version="1.0"?>
                <!DOCTYPE resource-agent SYSTEM "ra-api-1.dtd">
                <resource-agent name="shop" version="1.0">
                <longdesc lang="en">A shop &amp; more &lt;here&gt;</longdesc>
                <parameters>
                <parameter name="port" required="1"><content type="integer"/></parameter>
                <parameter name="config" unique="1"><content type="string" default="/etc/shop"/></parameter>
                </parameters>
                <actions>
                <action name="start" timeout="120s" />
                <action name="stop" timeout="2min" />
                <action name="monitor" role="Promoted" timeout="1s" interval="1s" />
                <action name="monitor" depth="0" timeout="60" interval="45s" />
                <action name="monitor" depth="10" timeout="90s" interval="5m" />
                <action name="reload" timeout="soon" interval="0" />
                </actions>
                </resource-agent>
                """);

        assertThat(metadata.required()).isEqualTo(Map.of("port", true, "config", false));
        assertThat(metadata.timeoutMillis("start")).contains(120_000);
        assertThat(metadata.timeoutMillis("stop")).contains(120_000);
        assertThat(metadata.timeoutMillis("monitor")).contains(60_000);
        assertThat(metadata.intervalMillis("monitor")).contains(45_000);
        assertThat(metadata.timeoutMillis("reload")).isEmpty();
        assertThat(metadata.timeoutMillis("promote")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "usage: shop {start|stop}", "<html/>", "<resource-agent name='x'>", "<a><resource-agent>"})
    void whatIsNoMetadataIsRefused(String text) {
        assertThatThrownBy(() -> OcfMetadata.parse(text)).isInstanceOf(XMLStreamException.class);
    }

    @Test
    void noFileIsReadForAnEntity(@TempDir Path folder) throws Exception {
        Path secret = folder.resolve("secret");
        Files.writeString(secret, "known-only-here");
        String xml = "<!DOCTYPE r [<!ENTITY x SYSTEM '" + secret.toUri() + "'>]>"
                + "<resource-agent><parameters><parameter name='a'>&x;</parameter></parameters></resource-agent>";

        OcfMetadata read;
        try {
            read = OcfMetadata.parse(xml);
        } catch (XMLStreamException e) {
            assertThat(e.getMessage()).doesNotContain("known-only-here");
            return;
        }
        assertThat(read.required()).containsOnlyKeys("a");
    }

    @Test
    void entitiesThatExplodeDoNot() {
        StringBuilder bomb = new StringBuilder("<!DOCTYPE r [<!ENTITY e0 'xxxxxxxxxx'>");
        for (int i = 1; i < 30; i++) {
            bomb.append("<!ENTITY e%d '&e%d;&e%d;&e%d;'>".formatted(i, i - 1, i - 1, i - 1));
        }
        bomb.append("]><resource-agent><parameter name='&e29;'/></resource-agent>");
        assertThatThrownBy(() -> OcfMetadata.parse(bomb.toString())).isInstanceOf(XMLStreamException.class);
    }

    @Test
    void moreParametersThanAnyAgentHasAreRefused() {
        StringBuilder xml = new StringBuilder("<resource-agent>");
        for (int i = 0; i < 2_000; i++) {
            xml.append("<parameter name='p").append(i).append("'/>");
        }
        assertThatThrownBy(() -> OcfMetadata.parse(xml + "</resource-agent>"))
                .isInstanceOf(XMLStreamException.class)
                .hasMessageContaining("more than 1000");
    }

    @Test
    void anAgentThatPrintsForEverIsCutOff(@TempDir Path folder) throws Exception {
        assertThatThrownBy(() -> OcfAgent.ask(RESOURCE, script(folder, "exec yes resource")))
                .hasMessageContaining("it prints more than 1048576 bytes");
    }

    @Test
    void anAgentThatFailsIsRefused(@TempDir Path folder) throws Exception {
        assertThatThrownBy(() -> OcfAgent.ask(RESOURCE, script(folder, "echo '<resource-agent/>'; exit 3")))
                .hasMessageContaining("it ended with 3");
    }

    @Test
    void codesAreSaidInWords() {
        assertThat(OcfExit.inWords(7)).isEqualTo("7 (not running)");
        assertThat(OcfExit.inWords(5)).contains("not installed on this node");
        assertThat(OcfExit.inWords(99)).contains("no code of the standard");
        assertThat(OcfExit.serves(0)).isTrue();
        assertThat(OcfExit.serves(190)).isTrue();
        assertThat(OcfExit.serves(7)).isFalse();
    }

    private static Path script(Path folder, String text) throws Exception {
        Path script = folder.resolve("agent");
        Files.writeString(script, "#!/bin/sh\n" + text + "\n");
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
        return script;
    }
}
