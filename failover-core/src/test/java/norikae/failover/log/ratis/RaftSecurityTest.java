package norikae.failover.log.ratis;

import static norikae.failover.log.ratis.TestCluster.PATIENCE;
import static norikae.failover.log.ratis.TestCluster.addNode;
import static norikae.failover.log.ratis.TestCluster.knows;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import norikae.failover.log.LogUnavailableException;
import norikae.failover.model.NodeId;
import norikae.failover.model.Outcome;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
class RaftSecurityTest {

    private static final Duration SHORT = Duration.ofMillis(1_500);

    private final Path directory;

    RaftSecurityTest(@TempDir Path directory) {
        this.directory = directory;
    }

    @Test
    void aNodesCertificateIsServed() throws Exception {
        try (TestCluster cluster = new TestCluster(directory)) {
            cluster.start("a", true);
            try (RaftClientLog log = connect(cluster, cluster.authority().issue("n", "node"))) {
                assertThat(log.submit(addNode("n1", 1), PATIENCE)).isInstanceOf(Outcome.Accepted.class);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"operator", "viewer", "joiner", "nodes", "NODE"})
    void aCertificateOfTheSameAuthorityButAnotherRoleNeitherWritesNorReads(String role) throws Exception {
        try (TestCluster cluster = new TestCluster(directory)) {
            RaftNode a = cluster.start("a", true);
            a.submit(addNode("a", 1), PATIENCE);
            // Their own side would refuse to talk with such a certificate's owner too; here only the server decides.
            try (RaftClientLog log = connect(cluster, cluster.authority().issue("o", role))) {
                assertThatThrownBy(() -> log.submit(addNode("evil", 66), SHORT))
                        .isInstanceOf(LogUnavailableException.class);
                assertThatThrownBy(() -> log.read(SHORT)).isInstanceOf(LogUnavailableException.class);
                assertThatThrownBy(() -> log.addVoter(new Peer(new NodeId("evil"), "127.0.0.1", 1), SHORT))
                        .isInstanceOf(LogUnavailableException.class);
            }
            assertThat(knows(a.read(PATIENCE), "evil")).isFalse();
            assertThat(a.voters()).hasSize(1);
        }
    }

    @Test
    void aNodesCertificateOfAnotherAuthorityIsNotServed() throws Exception {
        try (TestCluster cluster = new TestCluster(directory)) {
            RaftNode a = cluster.start("a", true);
            a.submit(addNode("a", 1), PATIENCE);
            TlsFiles foreign = new TestAuthority(directory.resolve("foreign")).issue("a", "node");
            TlsFiles mixed = new TlsFiles(
                    foreign.certificate(),
                    foreign.key(),
                    cluster.authority().issue("a", "node").authority());
            try (RaftClientLog log = connect(cluster, mixed)) {
                assertThatThrownBy(() -> log.submit(addNode("evil", 66), SHORT))
                        .isInstanceOf(LogUnavailableException.class);
            }
            assertThat(knows(a.read(PATIENCE), "evil")).isFalse();
        }
    }

    @Test
    void aServerThatIsNotANodeGetsNoCommandFromUs() throws Exception {
        try (TestCluster cluster = new TestCluster(directory)) {
            RaftSettings good = cluster.settings("a", true);
            RaftSettings impostor = new RaftSettings(
                    good.self(),
                    good.bindAddress(),
                    good.port(),
                    good.storageDirectory(),
                    cluster.authority().issue("a", "operator"),
                    good.peers(),
                    true);
            try (RaftNode server = RaftNode.start(impostor);
                    RaftClientLog log = connect(cluster, cluster.authority().issue("n", "node"))) {
                assertThatThrownBy(() -> log.submit(addNode("n1", 1), SHORT))
                        .isInstanceOf(LogUnavailableException.class);
                assertThat(knows(server, "n1")).isFalse();
            }
        }
    }

    @Test
    void aConnectionWithoutCertificateGetsNothingBeyondTheHandshake() throws Exception {
        try (TestCluster cluster = new TestCluster(directory)) {
            cluster.start("a", true);
            SSLContext context = SSLContext.getInstance("TLSv1.3");
            context.init(null, new TrustManager[] {new TrustsAnyone()}, null);
            try (SSLSocket socket = (SSLSocket) context.getSocketFactory()
                    .createSocket(
                            InetAddress.getLoopbackAddress(), cluster.peer("a").port())) {
                socket.setSoTimeout(10_000);
                assertThat(readAfter(socket, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))
                        .isEqualTo(-1);
            }
        }
    }

    @Test
    void aConnectionWithoutTlsGetsNothing() throws Exception {
        try (TestCluster cluster = new TestCluster(directory)) {
            cluster.start("a", true);
            try (Socket socket = new Socket(
                    InetAddress.getLoopbackAddress(), cluster.peer("a").port())) {
                socket.setSoTimeout(10_000);
                socket.getOutputStream().write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
                socket.getOutputStream().flush();
                byte[] got;
                try {
                    got = socket.getInputStream().readAllBytes();
                } catch (IOException e) {
                    got = new byte[0]; // reset
                }
                // At most a TLS alert (type 21), never an HTTP/2 frame.
                assertThat(got.length == 0 || got[0] == 21).isTrue();
            }
        }
    }

    /** The first byte that the server says after the handshake, -1 when it hangs up. */
    private static int readAfter(SSLSocket socket, String said) {
        try {
            socket.getOutputStream().write(said.getBytes(StandardCharsets.US_ASCII));
            socket.getOutputStream().flush();
            InputStream in = socket.getInputStream();
            return in.read();
        } catch (java.net.SocketTimeoutException e) {
            throw new AssertionError("the server neither answered nor hung up", e);
        } catch (IOException e) {
            return -1;
        }
    }

    private static RaftClientLog connect(TestCluster cluster, TlsFiles tls) throws IOException {
        return RaftClientLog.connect(new NodeId("x"), tls, List.of(cluster.peer("a")));
    }

    private static final class TrustsAnyone implements X509TrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
