package norikae.agent.client;

import com.linecorp.armeria.common.TlsKeyPair;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import norikae.agent.client.ControlException.Kind;

/**
 * Reads certificates and keys with what the JDK has. The libraries would do it too, but load a second cryptographic
 * provider for it, which doubles the command's start time.
 */
final class PemFiles {

    private static final String KEY_BEGIN = "-----BEGIN PRIVATE KEY-----";
    private static final String KEY_END = "-----END PRIVATE KEY-----";

    private PemFiles() {}

    static List<X509Certificate> certificates(Path file, String what) {
        try {
            Collection<?> all = CertificateFactory.getInstance("X.509")
                    .generateCertificates(new ByteArrayInputStream(read(file, what)));
            if (all.isEmpty()) {
                throw new ControlException(Kind.INVALID, what + ", " + file + ", holds no certificate");
            }
            return all.stream().map(X509Certificate.class::cast).toList();
        } catch (GeneralSecurityException e) {
            throw new ControlException(
                    Kind.INVALID, what + ", " + file + ", is not a PEM certificate: " + e.getMessage(), e);
        }
    }

    static TlsKeyPair keyPair(Path keyFile, Path certificateFile) {
        List<X509Certificate> chain = certificates(certificateFile, "the client's certificate");
        String algorithm = chain.getFirst().getPublicKey().getAlgorithm();
        String text = new String(read(keyFile, "the client's private key"), StandardCharsets.US_ASCII);
        int begin = text.indexOf(KEY_BEGIN);
        int end = text.indexOf(KEY_END);
        if (begin < 0 || end < begin) {
            throw new ControlException(
                    Kind.INVALID, "the client's private key, " + keyFile + ", is not a PKCS #8 key in PEM");
        }
        try {
            byte[] der = Base64.getMimeDecoder().decode(text.substring(begin + KEY_BEGIN.length(), end));
            PrivateKey key = KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(der));
            return TlsKeyPair.of(key, chain);
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            throw new ControlException(
                    Kind.INVALID,
                    "the private key " + keyFile + " does not fit the certificate " + certificateFile + ": "
                            + e.getMessage(),
                    e);
        }
    }

    private static byte[] read(Path file, String what) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new ControlException(
                    Kind.INVALID,
                    what + ", " + file + ", " + (Files.exists(file) ? "may not be read by you" : "is missing"),
                    e);
        }
    }
}
