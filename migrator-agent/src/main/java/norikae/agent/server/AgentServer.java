package norikae.agent.server;

import com.linecorp.armeria.common.SessionProtocol;
import com.linecorp.armeria.common.TlsKeyPair;
import com.linecorp.armeria.server.Server;
import com.linecorp.armeria.server.grpc.GrpcService;
import io.netty.handler.ssl.ClientAuth;
import java.net.InetSocketAddress;
import java.time.Duration;
import norikae.agent.security.Identity;

/**
 * The control port: one Armeria server over TLS 1.3, where nobody gets a byte without a certificate of the cluster.
 * Thread-safe.
 */
public final class AgentServer implements AutoCloseable {

    private static final int REQUEST_BYTES_MAX = 16 << 20;

    private final Server server;

    private AgentServer(Server server) {
        this.server = server;
    }

    /** Listens from the return of this call on. */
    public static AgentServer start(InetSocketAddress bind, Identity identity, AgentApi api) {
        Server server = Server.builder()
                .port(bind, SessionProtocol.HTTPS)
                .tls(TlsKeyPair.of(
                        identity.privateKey().toFile(), identity.certificate().toFile()))
                .tlsCustomizer(tls -> tls.clientAuth(ClientAuth.REQUIRE)
                        .trustManager(identity.authority().toFile())
                        .protocols("TLSv1.3"))
                .requestTimeout(Duration.ZERO) // moves and follows last as long as they last
                .maxRequestLength(REQUEST_BYTES_MAX)
                .gracefulShutdownTimeout(Duration.ofMillis(100), Duration.ofSeconds(2))
                .disableServerHeader()
                .service(GrpcService.builder()
                        .addService(api.cluster())
                        .addService(api.peer())
                        .intercept(new RoleInterceptor())
                        .useBlockingTaskExecutor(true)
                        .build())
                .build();
        server.start().join();
        return new AgentServer(server);
    }

    @Override
    public void close() {
        server.stop().join();
    }
}
