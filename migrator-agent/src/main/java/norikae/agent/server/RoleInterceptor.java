package norikae.agent.server;

import com.linecorp.armeria.server.ServiceRequestContext;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import java.io.IOException;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.Optional;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import norikae.transfer.PeerIdentity;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Lets a call through only if the caller's certificate carries a role that {@link Access} allows. Thread-safe. */
final class RoleInterceptor implements ServerInterceptor {

    private static final Logger LOG = LoggerFactory.getLogger(RoleInterceptor.class);

    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
        String method = call.getMethodDescriptor().getFullMethodName();
        Optional<PeerIdentity> caller = caller();
        if (caller.isPresent() && Access.allows(caller.get().role(), method)) {
            return next.startCall(call, headers);
        }
        String who =
                caller.map(c -> "'" + c.name() + "' with role " + roleName(c)).orElse("a caller without identity");
        LOG.warn("refused: method={} caller={}", method, who);
        call.close(
                Status.PERMISSION_DENIED.withDescription(who + " may not call "
                        + method.substring(method.lastIndexOf('/') + 1) + ": ask for a certificate with another role"),
                new Metadata());
        return new ServerCall.Listener<>() {};
    }

    /** Whose certificate the current request came with. */
    static Optional<PeerIdentity> caller() {
        SSLSession session = ServiceRequestContext.current().sslSession();
        if (session == null) {
            return Optional.empty();
        }
        try {
            Certificate[] chain = session.getPeerCertificates();
            return chain.length > 0 && chain[0] instanceof X509Certificate certificate
                    ? Optional.of(PeerIdentity.of(certificate))
                    : Optional.empty();
        } catch (SSLPeerUnverifiedException e) {
            return Optional.empty();
        } catch (IOException e) {
            LOG.warn("a certificate of the cluster cannot be read: {}", e.getMessage());
            return Optional.empty();
        }
    }

    private static String roleName(PeerIdentity identity) {
        return identity.role().name().toLowerCase(java.util.Locale.ROOT);
    }
}
