package norikae.agent.security;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.PublicKey;
import org.bouncycastle.asn1.x500.RDN;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x500.style.IETFUtils;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.operator.jcajce.JcaContentVerifierProviderBuilder;
import org.bouncycastle.pkcs.PKCS10CertificationRequest;
import org.bouncycastle.pkcs.PKCSException;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequest;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequestBuilder;

/**
 * What somebody who wants a certificate sends (PKCS #10): a name, a public key, and the proof that the private half is
 * theirs. The role is never theirs to say: {@link ClusterAuthority#issue} gives it.
 */
public record SigningRequest(String name, PublicKey publicKey) {

    /** Makes the request for {@code keys}, as PEM. */
    public static String create(String name, KeyPair keys) {
        try {
            X500Name subject = new X500NameBuilder().addRDN(BCStyle.CN, name).build();
            PKCS10CertificationRequest request = new JcaPKCS10CertificationRequestBuilder(subject, keys.getPublic())
                    .build(new JcaContentSignerBuilder(KeyPairs.SIGNATURE).build(keys.getPrivate()));
            return Pem.encode(Pem.SIGNING_REQUEST, request.getEncoded());
        } catch (OperatorCreationException | IOException e) {
            throw new IllegalStateException("a certificate request for '" + name + "' cannot be made", e);
        }
    }

    /**
     * Reads a request that came over the network and checks its proof.
     *
     * @throws IOException it is damaged, or its sender does not hold the private key
     */
    public static SigningRequest parse(String pem) throws IOException {
        byte[] der = Pem.decode(Pem.SIGNING_REQUEST, pem, "the certificate request");
        try {
            JcaPKCS10CertificationRequest request = decode(der);
            PublicKey key = request.getPublicKey();
            if (!key.getAlgorithm().equals(KeyPairs.ALGORITHM)) {
                throw new IOException(
                        "the certificate request has a key of the kind " + key.getAlgorithm() + "; use EC P-256");
            }
            if (!request.isSignatureValid(new JcaContentVerifierProviderBuilder().build(key))) {
                throw new IOException(
                        "the certificate request is not signed with its own key: it was altered, or is not the sender's");
            }
            return new SigningRequest(commonName(request), key);
        } catch (PKCSException | GeneralSecurityException | OperatorCreationException | RuntimeException e) {
            throw new IOException("the certificate request is damaged: " + e.getMessage(), e);
        }
    }

    private static JcaPKCS10CertificationRequest decode(byte[] der) throws IOException {
        try {
            return new JcaPKCS10CertificationRequest(der);
        } catch (IOException | RuntimeException e) {
            throw new IOException("the certificate request is damaged: " + e.getMessage(), e);
        }
    }

    private static String commonName(PKCS10CertificationRequest request) throws IOException {
        RDN[] names = request.getSubject().getRDNs(BCStyle.CN);
        if (names.length != 1) {
            throw new IOException("the certificate request has " + names.length + " names; one is needed");
        }
        return IETFUtils.valueToString(names[0].getFirst().getValue());
    }
}
