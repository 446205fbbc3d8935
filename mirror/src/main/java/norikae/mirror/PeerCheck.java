package norikae.mirror;

import io.netty.handler.ssl.SslContext;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * How the connections of mirrors are protected.
 *
 * @param tls TLS 1.3 with certificates on both sides; null leaves the connection open to everybody who can reach it, which
 *     only tests and measurements do
 * @param admits whether the other side, whose certificate has been verified, may take part
 */
public record PeerCheck(@Nullable SslContext tls, Admission admits) {

    /** Judges a peer by its certificate. */
    @FunctionalInterface
    public interface Admission {
        boolean admits(SSLSession session);
    }

    /** Neither encryption nor proof: for tests and measurements on one machine. */
    public static PeerCheck open() {
        return new PeerCheck(null, _ -> true);
    }
}
