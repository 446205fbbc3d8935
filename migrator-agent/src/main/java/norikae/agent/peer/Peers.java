package norikae.agent.peer;

import com.linecorp.armeria.client.ClientFactory;
import com.linecorp.armeria.client.grpc.GrpcClients;
import com.linecorp.armeria.common.TlsKeyPair;
import io.grpc.Status;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import norikae.agent.api.v1.ClusterGrpc;
import norikae.agent.api.v1.PeerGrpc;
import norikae.agent.security.Identity;
import norikae.failover.log.ClusterLog;
import norikae.failover.model.NodeId;
import norikae.failover.model.NodeRecord;

/** The control API of the other members. Thread-safe; connections are shared and opened on first use. */
public final class Peers implements AutoCloseable {

    /** A healthy agent answers a short question within milliseconds. */
    public static final Duration SHORT = Duration.ofSeconds(3);

    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(2);
    private static final int MESSAGE_BYTES_MAX = 16 << 20;

    private final ClusterLog log;
    private final ClientFactory factory;

    public Peers(ClusterLog log, Identity identity) {
        this.log = log;
        this.factory = ClientFactory.builder()
                .tls(TlsKeyPair.of(
                        identity.privateKey().toFile(), identity.certificate().toFile()))
                .tlsCustomizer(
                        tls -> tls.trustManager(identity.authority().toFile()).protocols("TLSv1.3"))
                .connectTimeout(CONNECT_TIMEOUT)
                // A cut link must end a stream that is waiting, not leave it waiting for TCP to notice.
                .pingInterval(Duration.ofSeconds(2))
                .build();
    }

    /** For requests that this node passes on. No time limit: give one with {@code withDeadlineAfter}. */
    public ClusterGrpc.ClusterBlockingStub cluster(NodeId node) {
        return client(node, ClusterGrpc.ClusterBlockingStub.class);
    }

    /** For questions that are answered at once. */
    public PeerGrpc.PeerBlockingStub ask(NodeId node) {
        return ask(node, SHORT);
    }

    public PeerGrpc.PeerBlockingStub ask(NodeId node, Duration patience) {
        return client(node, PeerGrpc.PeerBlockingStub.class)
                .withDeadlineAfter(patience.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** For streams; they last as long as both ends want. */
    public PeerGrpc.PeerStub stream(NodeId node) {
        return client(node, PeerGrpc.PeerStub.class);
    }

    public PeerGrpc.PeerBlockingStub blockingStream(NodeId node) {
        return client(node, PeerGrpc.PeerBlockingStub.class);
    }

    /** A member that the log cannot name yet, because this node has not been admitted to it. */
    public PeerGrpc.PeerBlockingStub askAt(NodeRecord member, Duration patience) {
        return client(member, PeerGrpc.PeerBlockingStub.class)
                .withDeadlineAfter(patience.toMillis(), TimeUnit.MILLISECONDS);
    }

    private <T> T client(NodeId node, Class<T> stub) {
        return client(
                log.latestKnown()
                        .node(node)
                        .orElseThrow(() -> new ApiException(Status.Code.NOT_FOUND, "there is no node " + node)),
                stub);
    }

    private <T> T client(NodeRecord record, Class<T> stub) {
        return GrpcClients.builder("gproto+https://" + record.address() + ":" + record.controlPort())
                .factory(factory)
                .responseTimeoutMillis(0)
                .maxResponseLength(0)
                .maxResponseMessageLength(MESSAGE_BYTES_MAX)
                .build(stub);
    }

    @Override
    public void close() {
        factory.close();
    }
}
