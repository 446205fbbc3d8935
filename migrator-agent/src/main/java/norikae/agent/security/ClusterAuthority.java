package norikae.agent.security;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.Date;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import norikae.agent.config.AtomicFile;
import norikae.transfer.PeerIdentity.Role;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.CertIOException;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/**
 * Gives out the cluster's certificates. Only a node that holds the authority's key can have one. Immutable; its key
 * never leaves this class but into {@code ca.key}.
 */
public final class ClusterAuthority {

    /** Long enough for a service's life; shorter ones expire unnoticed on the day nobody looks. */
    public static final Duration NODE_VALIDITY = Duration.ofDays(3 * 365);

    private static final Duration AUTHORITY_VALIDITY = Duration.ofDays(20 * 365);

    /** Clocks of nodes differ; a certificate must not be refused because it is from the future. */
    private static final Duration BACKDATED = Duration.ofHours(1);

    private static final int SERIAL_BITS = 128;
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._@-]{0,62}");
    private static final Pattern IPV4 = Pattern.compile("\\d{1,3}(\\.\\d{1,3}){3}");
    private static final SecureRandom RANDOM = new SecureRandom();

    private final X509Certificate certificate;
    private final PrivateKey key;
    private final InstantSource clock;

    private ClusterAuthority(X509Certificate certificate, PrivateKey key, InstantSource clock) {
        this.certificate = certificate;
        this.key = key;
        this.clock = clock;
    }

    /**
     * Makes a new authority and writes it into {@code pki} (0700) as {@code ca.crt} and {@code ca.key} (0600).
     *
     * @throws IOException there is one already, or it cannot be written
     */
    public static ClusterAuthority create(Path pki, String cluster, InstantSource clock) throws IOException {
        requireName("cluster", cluster);
        if (isHeldIn(pki)) {
            throw new IOException("directory " + pki + " holds a cluster's authority already: remove "
                    + PkiFiles.authorityKey(pki) + " only if that cluster is gone for good");
        }
        KeyPair keys = KeyPairs.generate();
        Instant now = clock.instant();
        X500Name name = subject(cluster, "authority");
        try {
            JcaX509v3CertificateBuilder builder = new JcaX509v3CertificateBuilder(
                    name,
                    serial(),
                    Date.from(now.minus(BACKDATED)),
                    Date.from(now.plus(AUTHORITY_VALIDITY)),
                    name,
                    keys.getPublic());
            builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(0));
            builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign));
            builder.addExtension(
                    Extension.subjectKeyIdentifier,
                    false,
                    new JcaX509ExtensionUtils().createSubjectKeyIdentifier(keys.getPublic()));
            ClusterAuthority authority =
                    new ClusterAuthority(sign(builder, keys.getPrivate()), keys.getPrivate(), clock);
            PkiFiles.directory(pki);
            AtomicFile.write(PkiFiles.authority(pki), Pem.encode(authority.certificate));
            AtomicFile.writeSecret(PkiFiles.authorityKey(pki), Pem.encode(keys.getPrivate()));
            return authority;
        } catch (CertIOException | GeneralSecurityException | OperatorCreationException e) {
            throw new IllegalStateException("the authority's certificate cannot be made", e);
        }
    }

    /** Whether this node can give out certificates. */
    public static boolean isHeldIn(Path pki) {
        return Files.exists(PkiFiles.authorityKey(pki));
    }

    /** @throws IOException it is not here, or damaged, or its key may be read by others */
    public static ClusterAuthority load(Path pki, InstantSource clock) throws IOException {
        Path keyFile = PkiFiles.authorityKey(pki);
        if (!isHeldIn(pki)) {
            throw new IOException("this node does not hold the authority's key " + keyFile
                    + ": ask the node on which 'norikae cluster init' ran");
        }
        PkiFiles.requireSecret(keyFile);
        X509Certificate certificate = Pem.certificate(Pem.read(PkiFiles.authority(pki)), PkiFiles.authority(pki));
        PrivateKey key = Pem.privateKey(Pem.read(keyFile), keyFile);
        if (!KeyPairs.match(key, certificate.getPublicKey())) {
            throw new IOException("the authority's key " + keyFile + " does not belong to its certificate "
                    + PkiFiles.authority(pki));
        }
        return new ClusterAuthority(certificate, key, clock);
    }

    public X509Certificate certificate() {
        return certificate;
    }

    /** A certificate as it travels. */
    public static String pem(X509Certificate certificate) {
        return Pem.encode(certificate);
    }

    public String certificatePem() {
        return Pem.encode(certificate);
    }

    /**
     * Gives a certificate for the key of {@code request}.
     *
     * @param name to whom; must be the name that the request says
     * @param addresses where a node is reached, IPv4 addresses or host names; only for {@link Role#NODE}
     * @throws IOException the request says another name
     */
    public X509Certificate issue(
            SigningRequest request, String name, Role role, Collection<String> addresses, Duration validity)
            throws IOException {
        if (!request.name().equals(name)) {
            throw new IOException(
                    "the certificate request says '" + request.name() + "', but the certificate is for '" + name + "'");
        }
        return issue(request.publicKey(), name, role, addresses, validity);
    }

    X509Certificate issue(
            PublicKey publicKey, String name, Role role, Collection<String> addresses, Duration validity) {
        requireName(role.name().toLowerCase(Locale.ROOT), name);
        if (role != Role.NODE && !addresses.isEmpty()) {
            throw new IllegalArgumentException("a certificate of the role " + role + " has no addresses");
        }
        Instant now = clock.instant();
        Instant end = now.plus(validity);
        if (end.isAfter(certificate.getNotAfter().toInstant())) {
            end = certificate.getNotAfter().toInstant();
        }
        try {
            JcaX509v3CertificateBuilder builder = new JcaX509v3CertificateBuilder(
                    certificate,
                    serial(),
                    Date.from(now.minus(BACKDATED)),
                    Date.from(end),
                    subject(name, role.name().toLowerCase(Locale.ROOT)),
                    publicKey);
            JcaX509ExtensionUtils extensions = new JcaX509ExtensionUtils();
            builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(false));
            builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
            builder.addExtension(Extension.extendedKeyUsage, false, new ExtendedKeyUsage(purposes(role)));
            builder.addExtension(
                    Extension.authorityKeyIdentifier, false, extensions.createAuthorityKeyIdentifier(certificate));
            builder.addExtension(
                    Extension.subjectKeyIdentifier, false, extensions.createSubjectKeyIdentifier(publicKey));
            if (role == Role.NODE) {
                builder.addExtension(Extension.subjectAlternativeName, false, alternativeNames(name, addresses));
            }
            return sign(builder, key);
        } catch (CertIOException | GeneralSecurityException | OperatorCreationException e) {
            throw new IllegalStateException("a certificate for '" + name + "' cannot be made", e);
        }
    }

    Instant now() {
        return clock.instant();
    }

    @Override
    public String toString() {
        return "ClusterAuthority[" + certificate.getSubjectX500Principal() + "]";
    }

    /** Only a node answers connections. */
    private static KeyPurposeId[] purposes(Role role) {
        return role == Role.NODE
                ? new KeyPurposeId[] {KeyPurposeId.id_kp_serverAuth, KeyPurposeId.id_kp_clientAuth}
                : new KeyPurposeId[] {KeyPurposeId.id_kp_clientAuth};
    }

    private static GeneralNames alternativeNames(String name, Collection<String> addresses) {
        Set<String> all = new LinkedHashSet<>(List.of(name));
        all.addAll(addresses);
        return new GeneralNames(all.stream()
                .map(a -> new GeneralName(IPV4.matcher(a).matches() ? GeneralName.iPAddress : GeneralName.dNSName, a))
                .toArray(GeneralName[]::new));
    }

    private static X509Certificate sign(JcaX509v3CertificateBuilder builder, PrivateKey key)
            throws OperatorCreationException, GeneralSecurityException {
        return new JcaX509CertificateConverter()
                .getCertificate(builder.build(new JcaContentSignerBuilder(KeyPairs.SIGNATURE).build(key)));
    }

    private static X500Name subject(String name, String role) {
        return new X500NameBuilder()
                .addRDN(BCStyle.CN, name)
                .addRDN(BCStyle.OU, role)
                .build();
    }

    private static BigInteger serial() {
        return new BigInteger(SERIAL_BITS, RANDOM).setBit(SERIAL_BITS); // never zero, always positive
    }

    private static void requireName(String what, String name) {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException(what + " name '" + name
                    + "' cannot stand in a certificate: use 1 to 63 letters, digits and . _ @ -");
        }
    }
}
