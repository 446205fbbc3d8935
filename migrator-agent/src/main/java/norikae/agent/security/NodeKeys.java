package norikae.agent.security;

import java.io.IOException;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;

/** An identity's key and certificates themselves, for what is signed outside TLS; immutable. Never print the key. */
public record NodeKeys(PrivateKey privateKey, X509Certificate certificate, X509Certificate authority) {

    /** The algorithm with which nodes sign. */
    public static final String SIGNATURE = KeyPairs.SIGNATURE;

    public static NodeKeys of(Identity identity) throws IOException {
        return new NodeKeys(
                Pem.privateKey(Pem.read(identity.privateKey()), identity.privateKey()),
                Pem.certificate(Pem.read(identity.certificate()), identity.certificate()),
                Pem.certificate(Pem.read(identity.authority()), identity.authority()));
    }

    @Override
    public String toString() {
        return "keys of " + certificate.getSubjectX500Principal();
    }
}
