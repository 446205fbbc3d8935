package norikae.transfer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import norikae.transfer.wire.Frame;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class TrustTest {

    private Path directory;

    private final AtomicInteger asked = new AtomicInteger();
    private TestPki pki;
    private DataServer server;

    @BeforeEach
    void startTarget(@TempDir Path temporary) throws Exception {
        directory = temporary;
        pki = new TestPki(directory.resolve("ours"));
        server = DataServer.start(TransferTest.loopback(), pki.node("node-b"), (_, _) -> {
            asked.incrementAndGet();
            return new MemorySink();
        });
    }

    @AfterEach
    void closeTarget() {
        server.close();
        Await.noBufferInUse();
    }

    @Test
    void aNodeIsAnswered() throws Exception {
        try (RawPeer peer = RawPeer.connect(pki.jdk("node-a", "node"), server.address())) {
            peer.say(hello());
            assertThat(peer.hear()).isEqualTo(new Frame.Welcome());
        }
        assertThat(asked).hasValue(1);
    }

    @Test
    void withoutACertificateNotOneByteIsGiven() throws Exception {
        assertGetsNothing(pki.jdkWithoutCertificate());
    }

    @Test
    void withACertificateOfAnotherAuthorityNotOneByteIsGiven() throws Exception {
        TestPki others = new TestPki(directory.resolve("others"));
        // Trusts our authority, so that it is the target that turns it away.
        Path mixed = Files.createDirectories(directory.resolve("mixed"));
        Files.copy(directory.resolve("ours/ca.pem"), mixed.resolve("ca.pem"));
        TlsMaterial theirs = others.node("node-a");
        TlsMaterial intruder = new TlsMaterial(theirs.certificate(), theirs.privateKey(), mixed.resolve("ca.pem"));
        assertThatThrownBy(() ->
                        DataClient.open(server.address(), intruder, TransferTest.ticket("m-1"), StreamOptions.DEFAULT))
                .isInstanceOf(TransferException.class);
        assertThat(asked).hasValue(0);
        assertGetsNothing(others.jdk("node-a", "node"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"viewer", "operator", "joiner", "nodes"})
    void withAnotherRoleNotOneByteIsGiven(String role) throws Exception {
        assertGetsNothing(pki.jdk("somebody", role));
    }

    @Test
    void aViewersCertificateIsRefusedBeforeConnecting() throws Exception {
        assertThatThrownBy(() -> DataClient.open(
                        server.address(),
                        pki.issue("anna", "viewer"),
                        TransferTest.ticket("m-1"),
                        StreamOptions.DEFAULT))
                .isInstanceOfSatisfying(TransferRefusedException.class, e -> assertThat(e.refusal())
                        .isEqualTo(TransferRefusedException.Refusal.UNTRUSTED))
                .hasMessageContaining("role VIEWER");
    }

    @Test
    void aTargetOfAnotherAuthorityIsNotGivenTheTicket() throws Exception {
        TestPki others = new TestPki(directory.resolve("others"));
        assertThatThrownBy(() -> DataClient.open(
                        server.address(), others.node("node-a"), TransferTest.ticket("m-1"), StreamOptions.DEFAULT))
                .isInstanceOfSatisfying(TransferRefusedException.class, e -> assertThat(e.refusal())
                        .isEqualTo(TransferRefusedException.Refusal.UNTRUSTED));
        assertThat(asked).hasValue(0);
    }

    @Test
    void aTargetThatIsNoNodeIsNotGivenTheTicket() throws Exception {
        try (DataServer viewer = DataServer.start(TransferTest.loopback(), pki.issue("eve", "viewer"), (_, _) -> {
            asked.incrementAndGet();
            return new MemorySink();
        })) {
            assertThatThrownBy(() -> DataClient.open(
                            viewer.address(), pki.node("node-a"), TransferTest.ticket("m-1"), StreamOptions.DEFAULT))
                    .isInstanceOf(TransferRefusedException.class)
                    .hasMessageContaining("target's certificate has role VIEWER");
        }
        assertThat(asked).hasValue(0);
    }

    @Test
    void aNodeCannotShowTheTicketOfAnother() throws Exception {
        try (RawPeer peer = RawPeer.connect(pki.jdk("node-c", "node"), server.address())) {
            peer.say(hello());
            assertThat(peer.hear()).isInstanceOfSatisfying(Frame.Refused.class, refused -> assertThat(refused.message())
                    .contains("source node 'node-a', but the certificate is of 'node-c'"));
        }
        assertThat(asked).hasValue(0);
    }

    @Test
    void anOlderTlsIsNotSpoken() throws Exception {
        SSLContext tls = pki.jdk("node-a", "node");
        try (SSLSocket socket = (SSLSocket) tls.getSocketFactory()
                .createSocket(server.address().getAddress(), server.address().getPort())) {
            socket.setEnabledProtocols(new String[] {"TLSv1.2"});
            assertThatThrownBy(socket::startHandshake).isInstanceOf(SSLException.class);
        }
        assertThat(asked).hasValue(0);
    }

    @Test
    void plainTextIsHungUpOn() throws Exception {
        try (Socket socket =
                new Socket(server.address().getAddress(), server.address().getPort())) {
            socket.setSoTimeout(15_000);
            socket.getOutputStream().write("GET / HTTP/1.0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            byte[] answer = socket.getInputStream().readNBytes(1000);
            // A TLS alert record (type 21), or nothing.
            assertThat(answer.length == 0 || answer[0] == 21).isTrue();
        }
        assertThat(asked).hasValue(0);
    }

    @Test
    void missingTlsFilesAreNamed() throws Exception {
        TlsMaterial good = pki.node("node-c");
        TlsMaterial missing = new TlsMaterial(good.certificate(), directory.resolve("gone.key"), good.trustedCa());
        assertThatThrownBy(missing::forServer).isInstanceOf(IOException.class).hasMessageContaining("gone.key");
        TlsMaterial swapped = new TlsMaterial(good.certificate(), good.certificate(), good.trustedCa());
        assertThatThrownBy(swapped::forClient).isInstanceOf(IOException.class).hasMessageContaining("PKCS#8");
    }

    @Test
    void aCertificateTellsNameAndRole() throws Exception {
        assertThat(PeerIdentity.of(pki.certificate("CN=node-a,OU=node")))
                .isEqualTo(new PeerIdentity("node-a", PeerIdentity.Role.NODE));
        assertThat(PeerIdentity.of(pki.certificate("O=Norikae,OU=operator,CN=anna")))
                .isEqualTo(new PeerIdentity("anna", PeerIdentity.Role.OPERATOR));
        assertThatThrownBy(() -> PeerIdentity.of(pki.certificate("CN=node-a"))).hasMessageContaining("has no OU");
        assertThatThrownBy(() -> PeerIdentity.of(pki.certificate("CN=node-a,OU=admin")))
                .hasMessageContaining("unknown role OU=admin");
        assertThatThrownBy(() -> PeerIdentity.of(pki.certificate("CN=node-a,OU=viewer,OU=node")))
                .hasMessageContaining("more than one OU");
    }

    private void assertGetsNothing(SSLContext tls) throws Exception {
        long heard = 0;
        try (RawPeer peer = RawPeer.connect(tls, server.address())) {
            try {
                peer.say(hello());
                assertThat(peer.hear()).isNull();
            } catch (IOException expected) {
                assertThat(expected).isNotInstanceOf(java.net.SocketTimeoutException.class);
            }
            heard = peer.heard();
        }
        assertThat(heard).isZero();
        assertThat(asked).hasValue(0);
    }

    private static Frame hello() {
        return new Frame.Hello("m-1", "ledger", 7, "node-a");
    }
}
