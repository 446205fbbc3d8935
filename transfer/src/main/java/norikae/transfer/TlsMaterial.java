package norikae.transfer;

import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.function.BiFunction;
import javax.net.ssl.SSLException;

/**
 * A node's certificate, its key, and whom it trusts: three PEM files.
 *
 * <p>Read anew for each stream and each server start, so that renewed certificates are taken up. TLS 1.3 only,
 * both sides show certificates. Names of hosts are not compared: nodes move between addresses; that the peer is
 * a node of this cluster is told by its certificate ({@link PeerIdentity}).
 *
 * @param certificate the certificate, with intermediates if there are any
 * @param privateKey its key, PKCS#8, not encrypted
 * @param trustedCa the cluster's certificate authority
 */
public record TlsMaterial(Path certificate, Path privateKey, Path trustedCa) {

    private static final String PROTOCOL = "TLSv1.3";

    /** For the side that accepts connections; it demands a certificate. */
    public SslContext forServer() throws IOException {
        return build((chain, key) -> SslContextBuilder.forServer(chain, key).clientAuth(ClientAuth.REQUIRE));
    }

    /** For the side that connects. */
    public SslContext forClient() throws IOException {
        return build((chain, key) ->
                SslContextBuilder.forClient().keyManager(chain, key).endpointIdentificationAlgorithm(""));
    }

    /** Whose certificate this is. */
    public PeerIdentity identity() throws IOException {
        try (InputStream in = Files.newInputStream(file(certificate).toPath())) {
            return PeerIdentity.of(
                    (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in));
        } catch (CertificateException e) {
            throw new IOException("TLS file " + certificate + " holds no PEM certificate: " + e.getMessage(), e);
        }
    }

    private SslContext build(BiFunction<File, File, SslContextBuilder> side) throws IOException {
        File chain = file(certificate);
        File key = file(privateKey);
        File ca = file(trustedCa);
        try {
            return side.apply(chain, key)
                    .sslProvider(SslProvider.OPENSSL)
                    .trustManager(ca)
                    .protocols(PROTOCOL)
                    .build();
        } catch (SSLException | IllegalArgumentException e) {
            throw new IOException(
                    "TLS material cannot be used: certificate=" + certificate + " privateKey=" + privateKey
                            + " trustedCa=" + trustedCa + "; expected PEM, the key as PKCS#8: " + e.getMessage(),
                    e);
        }
    }

    private static File file(Path path) throws IOException {
        if (!Files.isReadable(path)) {
            throw new IOException("TLS file " + path + " is missing or cannot be read");
        }
        return path.toFile();
    }
}
