package norikae.failover.log.ratis;

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
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.UUID;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import org.apache.ratis.conf.Parameters;
import org.apache.ratis.grpc.GrpcConfigKeys;
import org.apache.ratis.grpc.GrpcTlsConfig;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.thirdparty.io.netty.handler.ssl.SslProvider;
import org.jspecify.annotations.Nullable;

/**
 * {@link TlsFiles} as Ratis wants them, and the log's identity.
 *
 * @param group derived from the authority's public key: members of two clusters on one network never mix, and an
 *     authority whose certificate is renewed with the same key keeps its log
 */
record RaftTls(RaftGroupId group, Parameters parameters) {

    private static final List<String> KEY_ALGORITHMS = List.of("EC", "Ed25519", "RSA");

    static RaftTls load(TlsFiles files) throws IOException {
        try {
            List<Certificate> authorities = certificates(files.authority());
            GrpcTlsConfig config = GrpcTlsConfig.newBuilder()
                    .setMutualTls(true)
                    .setKeyManager(keyManager(files))
                    .setTrustManager(new NodesOnly(trustManager(authorities)))
                    // The JDK's own: no native library to unpack into /tmp, and it hands the engine to the trust
                    // manager, which checks the server's address with it.
                    .setSslProvider(SslProvider.JDK)
                    .setProtocols("TLSv1.3")
                    .build();
            Parameters parameters = new Parameters();
            GrpcConfigKeys.TLS.setConf(parameters, config);
            byte[] key = authorities.getFirst().getPublicKey().getEncoded();
            return new RaftTls(RaftGroupId.valueOf(UUID.nameUUIDFromBytes(key)), parameters);
        } catch (GeneralSecurityException e) {
            throw new IOException(
                    "cannot use the certificate " + files.certificate() + " with the key " + files.key()
                            + " and the authority " + files.authority() + ": " + e.getMessage(),
                    e);
        }
    }

    private static KeyManager keyManager(TlsFiles files) throws GeneralSecurityException, IOException {
        KeyStore store = emptyStore();
        char[] password = new char[0]; // in memory only
        Certificate[] chain = certificates(files.certificate()).toArray(new Certificate[0]);
        store.setKeyEntry("member", privateKey(files.key()), password, chain);
        KeyManagerFactory factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        factory.init(store, password);
        return factory.getKeyManagers()[0];
    }

    private static X509ExtendedTrustManager trustManager(List<Certificate> authorities)
            throws GeneralSecurityException, IOException {
        KeyStore store = emptyStore();
        for (int i = 0; i < authorities.size(); i++) {
            store.setCertificateEntry("authority-" + i, authorities.get(i));
        }
        TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
        factory.init(store);
        for (TrustManager manager : factory.getTrustManagers()) {
            if (manager instanceof X509ExtendedTrustManager extended) {
                return extended;
            }
        }
        throw new GeneralSecurityException("this JDK has no PKIX trust manager");
    }

    private static KeyStore emptyStore() throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        return store;
    }

    private static List<Certificate> certificates(Path file) throws GeneralSecurityException, IOException {
        Collection<? extends Certificate> found =
                CertificateFactory.getInstance("X.509").generateCertificates(new ByteArrayInputStream(read(file)));
        if (found.isEmpty()) {
            throw new IOException("there is no certificate in " + file);
        }
        return List.copyOf(found);
    }

    private static PrivateKey privateKey(Path file) throws GeneralSecurityException, IOException {
        String text = new String(read(file), StandardCharsets.US_ASCII);
        String begin = "-----BEGIN PRIVATE KEY-----";
        int from = text.indexOf(begin);
        int to = text.indexOf("-----END PRIVATE KEY-----");
        if (from < 0 || to < from) {
            throw new IOException("there is no PKCS #8 private key in " + file);
        }
        byte[] der;
        try {
            der = Base64.getMimeDecoder().decode(text.substring(from + begin.length(), to));
        } catch (IllegalArgumentException e) {
            throw new IOException("the private key in " + file + " is damaged");
        }
        for (String algorithm : KEY_ALGORITHMS) {
            PrivateKey key = ofKind(algorithm, der);
            if (key != null) {
                return key;
            }
        }
        throw new IOException("the private key in " + file + " is of none of the kinds " + KEY_ALGORITHMS);
    }

    /** {@code null} when it is of another kind; the key's bytes never go into a message. */
    private static @Nullable PrivateKey ofKind(String algorithm, byte[] der) throws GeneralSecurityException {
        try {
            return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(der));
        } catch (InvalidKeySpecException e) {
            return null;
        }
    }

    private static byte[] read(Path file) throws IOException {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new IOException("cannot read " + file + ": " + e, e);
        }
    }
}
