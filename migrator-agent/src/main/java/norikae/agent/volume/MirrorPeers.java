package norikae.agent.volume;

import java.io.IOException;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import norikae.mirror.PeerCheck;
import norikae.transfer.PeerIdentity;
import norikae.transfer.TlsMaterial;

/** Only nodes of this cluster write each other's copies. Stateless. */
public final class MirrorPeers {

    private MirrorPeers() {}

    /** For the end that is written. */
    public static PeerCheck asReplica(TlsMaterial tls) throws IOException {
        return new PeerCheck(tls.forServer(), MirrorPeers::isNode);
    }

    /** For the end that writes. */
    public static PeerCheck asPrimary(TlsMaterial tls) throws IOException {
        return new PeerCheck(tls.forClient(), MirrorPeers::isNode);
    }

    private static boolean isNode(SSLSession session) {
        try {
            Certificate[] chain = session.getPeerCertificates();
            return chain.length > 0
                    && chain[0] instanceof X509Certificate certificate
                    && PeerIdentity.of(certificate).role() == PeerIdentity.Role.NODE;
        } catch (SSLPeerUnverifiedException e) {
            return false;
        } catch (IOException e) {
            return false; // a certificate without a role of this house
        }
    }
}
