package norikae.agent.client;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.Collection;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import norikae.agent.client.ControlException.Kind;
import norikae.agent.config.ClientConfig;

/** Makes the TLS of a client out of its PEM files, with what the JDK has. */
final class PemFiles {

    private static final String KEY_BEGIN = "-----BEGIN PRIVATE KEY-----";
    private static final String KEY_END = "-----END PRIVATE KEY-----";
    private static final char[] NO_PASSWORD = {}; // the stores never leave this process's memory

    private PemFiles() {}

    /**
     * A context that shows the client's certificate and believes the cluster's authority alone.
     *
     * @throws ControlException of kind {@link Kind#INVALID}, naming the file
     */
    static SSLContext context(ClientConfig config) {
        Certificate[] chain = certificates(config.certificate(), "the client's certificate");
        Certificate[] authority = certificates(config.authority(), "the cluster's authority certificate");
        PrivateKey key = key(config.key(), chain[0].getPublicKey().getAlgorithm());
        try {
            KeyStore own = emptyStore();
            own.setKeyEntry("own", key, NO_PASSWORD, chain);
            KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            keys.init(own, NO_PASSWORD);
            KeyStore trusted = emptyStore();
            for (int i = 0; i < authority.length; i++) {
                trusted.setCertificateEntry("authority" + i, authority[i]);
            }
            TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(trusted);
            SSLContext context = SSLContext.getInstance("TLSv1.3");
            context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
            return context;
        } catch (GeneralSecurityException | IOException e) {
            throw new ControlException(
                    Kind.INVALID,
                    "certificate " + config.certificate() + " and key " + config.key() + " cannot be used: "
                            + e.getMessage(),
                    e);
        }
    }

    private static KeyStore emptyStore() throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        return store;
    }

    private static Certificate[] certificates(Path file, String what) {
        try {
            Collection<? extends Certificate> all = CertificateFactory.getInstance("X.509")
                    .generateCertificates(new ByteArrayInputStream(read(file, what)));
            if (all.isEmpty()) {
                throw new ControlException(Kind.INVALID, what + ", " + file + ", holds no certificate");
            }
            return all.toArray(Certificate[]::new);
        } catch (GeneralSecurityException e) {
            throw new ControlException(
                    Kind.INVALID, what + ", " + file + ", is not a PEM certificate: " + e.getMessage(), e);
        }
    }

    private static PrivateKey key(Path file, String algorithm) {
        String text = new String(read(file, "the client's private key"), StandardCharsets.US_ASCII);
        int begin = text.indexOf(KEY_BEGIN);
        int end = text.indexOf(KEY_END);
        if (begin < 0 || end < begin) {
            throw new ControlException(
                    Kind.INVALID, "the client's private key, " + file + ", is not a PKCS #8 key in PEM");
        }
        try {
            byte[] der = Base64.getMimeDecoder().decode(text.substring(begin + KEY_BEGIN.length(), end));
            return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(der));
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            // without the cause: it may quote the key
            throw new ControlException(
                    Kind.INVALID,
                    "the client's private key, " + file + ", is damaged or not of the certificate's kind, "
                            + algorithm);
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
