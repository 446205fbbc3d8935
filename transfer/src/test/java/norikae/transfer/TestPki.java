package norikae.transfer;

import java.io.IOException;
import java.io.Writer;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Date;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.openssl.jcajce.JcaPKCS8Generator;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** A certificate authority of a test, and certificates of it, as files and for the JDK's own TLS. */
final class TestPki {

    private static final AtomicLong SERIALS = new AtomicLong(1);
    private static final char[] PASSWORD = "test".toCharArray();

    private final Path directory;
    private final KeyPair caKey;
    private final X509Certificate ca;

    TestPki(Path directory) throws Exception {
        this.directory = Files.createDirectories(directory);
        this.caKey = keyPair();
        this.ca = certificate("CN=test-ca", "CN=test-ca", caKey, caKey, true);
        writePem(directory.resolve("ca.pem"), ca);
    }

    TlsMaterial node(String name) throws Exception {
        return issue(name, "node");
    }

    /** Files of a new certificate with this name and role. */
    TlsMaterial issue(String name, String role) throws Exception {
        Identity identity = identity(name, role);
        Path certificate = directory.resolve(name + ".pem");
        Path key = directory.resolve(name + ".key");
        writePem(certificate, identity.certificate());
        writePem(key, new JcaPKCS8Generator(identity.key().getPrivate(), null));
        return new TlsMaterial(certificate, key, directory.resolve("ca.pem"));
    }

    /** The JDK's TLS, showing such a certificate. */
    SSLContext jdk(String name, String role) throws Exception {
        Identity identity = identity(name, role);
        KeyStore keys = KeyStore.getInstance("PKCS12");
        keys.load(null, PASSWORD);
        keys.setKeyEntry(
                "own", identity.key().getPrivate(), PASSWORD, new X509Certificate[] {identity.certificate(), ca});
        KeyManagerFactory managers = KeyManagerFactory.getInstance("PKIX");
        managers.init(keys, PASSWORD);
        return jdk(managers.getKeyManagers());
    }

    /** The JDK's TLS, showing none. */
    SSLContext jdkWithoutCertificate() throws Exception {
        return jdk(new KeyManager[0]);
    }

    X509Certificate certificate(String subject) throws Exception {
        return certificate(subject, "CN=test-ca", keyPair(), caKey, false);
    }

    private SSLContext jdk(KeyManager[] keys) throws GeneralSecurityException, IOException {
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, PASSWORD);
        trusted.setCertificateEntry("ca", ca);
        TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
        trust.init(trusted);
        SSLContext context = SSLContext.getInstance("TLSv1.3");
        context.init(keys, trust.getTrustManagers(), null);
        return context;
    }

    private record Identity(KeyPair key, X509Certificate certificate) {}

    private Identity identity(String name, String role) throws Exception {
        KeyPair key = keyPair();
        return new Identity(key, certificate("CN=" + name + ",OU=" + role, "CN=test-ca", key, caKey, false));
    }

    private static X509Certificate certificate(
            String subject, String issuer, KeyPair key, KeyPair signer, boolean authority)
            throws GeneralSecurityException, OperatorCreationException, IOException {
        Instant now = Instant.now();
        return new JcaX509CertificateConverter()
                .getCertificate(new JcaX509v3CertificateBuilder(
                                new X500Name(issuer),
                                BigInteger.valueOf(SERIALS.getAndIncrement()),
                                Date.from(now.minus(1, ChronoUnit.HOURS)),
                                Date.from(now.plus(1, ChronoUnit.DAYS)),
                                new X500Name(subject),
                                key.getPublic())
                        .addExtension(Extension.basicConstraints, true, new BasicConstraints(authority))
                        .build(new JcaContentSignerBuilder("SHA256withECDSA").build(signer.getPrivate())));
    }

    private static KeyPair keyPair() throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp256r1"));
        return generator.generateKeyPair();
    }

    private static void writePem(Path file, Object content) throws IOException {
        try (Writer out = Files.newBufferedWriter(file);
                JcaPEMWriter pem = new JcaPEMWriter(out)) {
            pem.writeObject(content);
        }
    }
}
