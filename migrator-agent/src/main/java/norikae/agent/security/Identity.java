package norikae.agent.security;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.InstantSource;
import norikae.agent.config.AtomicFile;
import norikae.transfer.PeerIdentity;

/**
 * A certificate, its key and the authority it comes from, as PEM files that have been checked: they belong together, the
 * certificate is valid now, and nobody else may read the key.
 *
 * @param privateKey PKCS #8
 * @param peer whose it is
 * @param expiresAt when it ceases to be accepted
 */
public record Identity(Path certificate, Path privateKey, Path authority, PeerIdentity peer, Instant expiresAt) {

    /** A node's own, from its {@code pki} directory. */
    public static Identity load(Path pki) throws IOException {
        return load(pki, InstantSource.system());
    }

    static Identity load(Path pki, InstantSource clock) throws IOException {
        return load(PkiFiles.certificate(pki), PkiFiles.key(pki), PkiFiles.authority(pki), clock);
    }

    /** Anybody's, from any files. */
    public static Identity load(Path certificate, Path privateKey, Path authority, InstantSource clock)
            throws IOException {
        for (Path file : new Path[] {certificate, privateKey, authority}) {
            if (!Files.isReadable(file)) {
                throw new IOException((Files.exists(file) ? file + " cannot be read" : file + " does not exist")
                        + ": a node gets its certificate by 'norikae cluster init' or 'norikae node join'");
            }
        }
        PkiFiles.requireSecret(privateKey);
        X509Certificate own = Pem.certificate(Pem.read(certificate), certificate);
        X509Certificate issuer = Pem.certificate(Pem.read(authority), authority);
        PrivateKey key = Pem.privateKey(Pem.read(privateKey), privateKey);
        requireIssuedBy(issuer, own, certificate, authority);
        if (!KeyPairs.match(key, own.getPublicKey())) {
            throw new IOException("private key " + privateKey + " does not belong to certificate " + certificate);
        }
        requireValid(own, certificate, clock.instant());
        requireValid(issuer, authority, clock.instant());
        return new Identity(
                certificate,
                privateKey,
                authority,
                PeerIdentity.of(own),
                own.getNotAfter().toInstant());
    }

    /** Writes the three files of a node's identity into {@code pki} (0700, the key 0600) and checks them. */
    public static Identity store(Path pki, PrivateKey key, String certificatePem, String authorityPem)
            throws IOException {
        return store(pki, key, certificatePem, authorityPem, InstantSource.system());
    }

    static Identity store(Path pki, PrivateKey key, String certificatePem, String authorityPem, InstantSource clock)
            throws IOException {
        PkiFiles.directory(pki);
        AtomicFile.writeSecret(PkiFiles.key(pki), Pem.encode(key));
        AtomicFile.write(PkiFiles.authority(pki), authorityPem);
        AtomicFile.write(PkiFiles.certificate(pki), certificatePem);
        return load(pki, clock);
    }

    private static void requireIssuedBy(X509Certificate issuer, X509Certificate own, Path file, Path authority)
            throws IOException {
        try {
            own.verify(issuer.getPublicKey());
        } catch (GeneralSecurityException e) {
            throw new IOException(
                    "certificate " + file + " was not issued by the authority in " + authority
                            + ": the files are of two clusters; join this node anew",
                    e);
        }
    }

    private static void requireValid(X509Certificate certificate, Path file, Instant now) throws IOException {
        Instant from = certificate.getNotBefore().toInstant();
        Instant to = certificate.getNotAfter().toInstant();
        if (now.isAfter(to)) {
            throw new IOException("certificate " + file + " expired at " + to + ", and it is " + now
                    + ": get a new one, or set the clock right");
        }
        if (now.isBefore(from)) {
            throw new IOException(
                    "certificate " + file + " is valid from " + from + ", and it is " + now + ": set the clock right");
        }
    }
}
