package norikae.agent.failover;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import norikae.agent.security.Identity;
import norikae.agent.security.NodeKeys;
import norikae.failover.member.Beat;
import norikae.transfer.PeerIdentity;

/**
 * Signs heartbeats with the node's key, and believes only those that a node of this cluster has signed. A heartbeat carries
 * its sender's certificate, so that nothing has to be agreed before the first one; a certificate is checked once and then
 * known by its bytes.
 *
 * <pre>
 *   u16 length  heartbeat  u16 length  signature (SHA256withECDSA over the heartbeat)  u16 length  certificate (DER)
 * </pre>
 *
 * Thread-safe. What an eavesdropper sends again is recognised by its time of sending, by whoever listens.
 */
final class BeatSeal {

    private static final int CERTIFICATES_MAX = 256;
    private static final int SIGNATURE_BYTES_MAX = 256;
    private static final int CERTIFICATE_BYTES_MAX = 8 << 10;

    private record Known(PublicKey key, String name, Instant until) {}

    private final PrivateKey key;
    private final byte[] certificate;
    private final X509Certificate authority;
    private final Map<ByteBuffer, Known> known = new LinkedHashMap<>();

    BeatSeal(Identity identity) throws IOException {
        NodeKeys keys = NodeKeys.of(identity);
        this.key = keys.privateKey();
        this.authority = keys.authority();
        try {
            this.certificate = keys.certificate().getEncoded();
        } catch (GeneralSecurityException e) {
            throw new IOException("certificate " + identity.certificate() + " has no encoding", e);
        }
    }

    byte[] seal(Beat beat) {
        byte[] body = BeatCodec.encode(beat);
        byte[] signature;
        try {
            Signature signer = Signature.getInstance(NodeKeys.SIGNATURE);
            signer.initSign(key);
            signer.update(body);
            signature = signer.sign();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this node's key cannot sign", e);
        }
        ByteBuffer out = ByteBuffer.allocate(6 + body.length + signature.length + certificate.length);
        for (byte[] part : new byte[][] {body, signature, certificate}) {
            out.putShort((short) part.length).put(part);
        }
        return out.array();
    }

    /** @throws IllegalArgumentException telling why it is not to be believed */
    Beat open(ByteBuffer in) {
        byte[] body = part(in, BeatCodec.BYTES_MAX, "heartbeat");
        byte[] signature = part(in, SIGNATURE_BYTES_MAX, "signature");
        byte[] der = part(in, CERTIFICATE_BYTES_MAX, "certificate");
        Known sender = sender(der);
        try {
            Signature verifier = Signature.getInstance(NodeKeys.SIGNATURE);
            verifier.initVerify(sender.key());
            verifier.update(body);
            if (!verifier.verify(signature)) {
                throw new IllegalArgumentException("signature does not match");
            }
        } catch (GeneralSecurityException e) {
            throw new IllegalArgumentException("signature cannot be checked: " + e.getMessage(), e);
        }
        Beat beat = BeatCodec.decode(body);
        if (!beat.from().value().equals(sender.name())) {
            throw new IllegalArgumentException(
                    "heartbeat of " + beat.from() + " comes with the certificate of " + sender.name());
        }
        return beat;
    }

    private Known sender(byte[] der) {
        ByteBuffer bytes = ByteBuffer.wrap(der);
        synchronized (known) {
            Known before = known.get(bytes);
            if (before != null) {
                if (Instant.now().isAfter(before.until())) {
                    throw new IllegalArgumentException("certificate of " + before.name() + " has expired");
                }
                return before;
            }
        }
        Known checked = check(der);
        synchronized (known) {
            if (known.size() >= CERTIFICATES_MAX) {
                known.remove(known.keySet().iterator().next());
            }
            known.put(bytes, checked);
        }
        return checked;
    }

    private Known check(byte[] der) {
        try {
            X509Certificate sent = (X509Certificate)
                    CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(der));
            sent.verify(authority.getPublicKey());
            sent.checkValidity();
            PeerIdentity who = PeerIdentity.of(sent);
            if (who.role() != PeerIdentity.Role.NODE) {
                throw new IllegalArgumentException("certificate is that of a " + who.role() + ", not of a node");
            }
            return new Known(sent.getPublicKey(), who.name(), sent.getNotAfter().toInstant());
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalArgumentException("certificate is not one of this cluster: " + e.getMessage(), e);
        }
    }

    private static byte[] part(ByteBuffer in, int max, String what) {
        int length = in.remaining() < 2 ? -1 : in.getShort() & 0xffff;
        if (length < 1 || length > max || length > in.remaining()) {
            throw new IllegalArgumentException(what + " of " + length + " bytes where " + in.remaining() + " are left");
        }
        byte[] bytes = new byte[length];
        in.get(bytes);
        return bytes;
    }
}
