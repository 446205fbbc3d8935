package norikae.agent.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import norikae.transfer.PeerIdentity;
import norikae.transfer.PeerIdentity.Role;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JoinTicketTest {

    private static final InstantSource CLOCK = InstantSource.system();

    private final Path directory;
    private final ClusterAuthority authority;
    private final JoinTicket ticket;

    JoinTicketTest(@TempDir Path directory) throws IOException {
        this.directory = directory;
        authority = ClusterAuthority.create(directory.resolve("ca"), "demo", CLOCK);
        ticket = JoinTicket.issue(authority, "10.77.0.1:7071", Duration.ofHours(1));
    }

    @Test
    void aTicketIsOneLineAndReadsBackAsItWas() throws Exception {
        String text = ticket.encode();
        assertThat(text).matches("[A-Za-z0-9_-]+").hasSizeLessThan(2_500);
        JoinTicket read = JoinTicket.decode("  " + text + "\n", Instant.now());
        assertThat(read).isEqualTo(ticket);
        assertThat(read.authority()).isEqualTo(authority.certificate());
        assertThat(PeerIdentity.of(read.certificate())).isEqualTo(new PeerIdentity(ticket.id(), Role.JOINER));
    }

    @Test
    void noTwoTicketsAreAlike() {
        assertThat(JoinTicket.issue(authority, "10.77.0.1:7071", Duration.ofHours(1))
                        .id())
                .isNotEqualTo(ticket.id());
    }

    @Test
    void itsSecretStandsInNoLog() {
        String key = Base64.getEncoder().encodeToString(ticket.privateKey().getEncoded());
        assertThat(ticket.toString()).contains(ticket.id()).doesNotContain(key.substring(50));
    }

    @Test
    void itUnpacksToAnIdentityThatOpensTheDoor() throws Exception {
        Identity identity = ticket.unpack(directory.resolve("ticket"));
        assertThat(identity.peer().role()).isEqualTo(Role.JOINER);
    }

    @Test
    void anExpiredTicketIsRefused() {
        String text = ticket.encode();
        assertThatThrownBy(() -> JoinTicket.decode(text, Instant.now().plus(Duration.ofHours(2))))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("expired at")
                .hasMessageContaining("norikae node token");
    }

    @Test
    void aCutTicketIsRefusedWhereverItWasCut() {
        String text = ticket.encode();
        for (int length = 0; length < text.length(); length++) {
            String cut = text.substring(0, length);
            assertThatThrownBy(() -> JoinTicket.decode(cut, Instant.now()))
                    .as("cut at %d", length)
                    .isInstanceOf(IOException.class)
                    .hasMessageStartingWith("this is not a join token: ");
        }
    }

    @Test
    void anAlteredTicketIsRefusedWhereverItWasAltered() {
        String text = ticket.encode();
        for (int i = 0; i < text.length() - 1; i += 7) {
            char other = text.charAt(i) == 'A' ? 'B' : 'A';
            String altered = text.substring(0, i) + other + text.substring(i + 1);
            assertThatThrownBy(() -> JoinTicket.decode(altered, Instant.now()))
                    .as("altered at %d", i)
                    .isInstanceOf(IOException.class)
                    .hasMessageStartingWith("this is not a join token: ");
        }
    }

    @Test
    void aTicketOfTwoAuthoritiesIsRefused() throws Exception {
        ClusterAuthority foreign = ClusterAuthority.create(directory.resolve("foreign"), "other", CLOCK);
        JoinTicket mixed = new JoinTicket(
                ticket.controlAddress(),
                ticket.id(),
                ticket.expiresAt(),
                foreign.certificate(),
                ticket.certificate(),
                ticket.privateKey());
        assertThatThrownBy(() -> JoinTicket.decode(mixed.encode(), Instant.now()))
                .hasMessage("this is not a join token: its certificate is not of its authority");
        JoinTicket wrongKey = new JoinTicket(
                ticket.controlAddress(),
                ticket.id(),
                ticket.expiresAt(),
                ticket.authority(),
                ticket.certificate(),
                KeyPairs.generate().getPrivate());
        assertThatThrownBy(() -> JoinTicket.decode(wrongKey.encode(), Instant.now()))
                .hasMessage("this is not a join token: its key does not belong to its certificate");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "hello", "https://example.org/", "bmtqAQ", "bmtqAg", "===="})
    void whateverIsNotATicketIsRefused(String text) {
        assertThatThrownBy(() -> JoinTicket.decode(text, Instant.now()))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith("this is not a join token: ");
        assertThatThrownBy(() -> JoinTicket.decode("A".repeat(1_000_000), Instant.now()))
                .hasMessage("this is not a join token: it has 1000000 characters");
    }

    @Test
    void anAddressThatIsNoneIsRefused() {
        assertThatThrownBy(() -> JoinTicket.issue(authority, "node-a", Duration.ofHours(1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("write it like");
    }
}
