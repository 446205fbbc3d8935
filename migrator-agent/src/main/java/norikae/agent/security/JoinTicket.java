package norikae.agent.security;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Pattern;
import norikae.transfer.PeerIdentity.Role;

/**
 * What {@code norikae node token} prints: all that a new node needs to knock at the cluster's door, on one line of
 * base64url text.
 *
 * <p>It holds a certificate of the role joiner with its key, because no port of the cluster answers anyone without one.
 * That certificate opens one call only, ends with the ticket, and its name is {@link #id}: the server compares that with
 * the id that the log knows, so that a ticket is good for one node. Whoever has the text can join: it is a secret.
 *
 * <pre>
 *   'n' 'k' 'j' version=1
 *   expiry, milliseconds (8)
 *   address of the control port, id, authority (DER), certificate (DER), key (PKCS #8): length (2) and bytes, each
 *   SHA-256 of all before, first 8 bytes: against a slip of the mouse, not against an attacker
 * </pre>
 *
 * @param controlAddress {@code host:port} of a member
 * @param id 32 hexadecimal digits
 */
public record JoinTicket(
        String controlAddress,
        String id,
        Instant expiresAt,
        X509Certificate authority,
        X509Certificate certificate,
        PrivateKey privateKey) {

    /** No ticket is longer; the usual one has some 1,800 characters. */
    public static final int TEXT_LENGTH_MAX = 8 * 1024;

    private static final byte[] MAGIC = {'n', 'k', 'j'};
    private static final byte VERSION = 1;
    private static final int CHECKSUM_BYTES = 8;
    private static final int ID_BYTES = 16;
    private static final Pattern ID = Pattern.compile("[0-9a-f]{32}");
    private static final Pattern ADDRESS = Pattern.compile("[A-Za-z0-9.-]{1,253}:\\d{1,5}");
    private static final SecureRandom RANDOM = new SecureRandom();

    /** A new ticket; it is of use once the log knows its id. */
    public static JoinTicket issue(ClusterAuthority authority, String controlAddress, Duration validity) {
        if (!ADDRESS.matcher(controlAddress).matches()) {
            throw new IllegalArgumentException(
                    "control address '" + controlAddress + "' is not valid: write it like 10.77.0.1:7071");
        }
        byte[] random = new byte[ID_BYTES];
        RANDOM.nextBytes(random);
        String id = HexFormat.of().formatHex(random);
        KeyPair keys = KeyPairs.generate();
        X509Certificate certificate = authority.issue(keys.getPublic(), id, Role.JOINER, List.of(), validity);
        return new JoinTicket(
                controlAddress,
                id,
                certificate.getNotAfter().toInstant(),
                authority.certificate(),
                certificate,
                keys.getPrivate());
    }

    /** The line to print. */
    public String encode() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            out.write(MAGIC);
            out.writeByte(VERSION);
            out.writeLong(expiresAt.toEpochMilli());
            for (byte[] part : List.of(
                    controlAddress.getBytes(StandardCharsets.US_ASCII),
                    id.getBytes(StandardCharsets.US_ASCII),
                    authority.getEncoded(),
                    certificate.getEncoded(),
                    privateKey.getEncoded())) {
                out.writeShort(part.length);
                out.write(part);
            }
        } catch (IOException | CertificateEncodingException e) {
            throw new IllegalStateException("this join token cannot be written", e);
        }
        byte[] body = bytes.toByteArray();
        byte[] all = Arrays.copyOf(body, body.length + CHECKSUM_BYTES);
        System.arraycopy(checksum(body), 0, all, body.length, CHECKSUM_BYTES);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(all);
    }

    /**
     * Reads a ticket and checks all that can be checked without asking the cluster.
     *
     * @throws IOException it is not one, or was altered, cut or is expired
     */
    public static JoinTicket decode(String text, Instant now) throws IOException {
        JoinTicket ticket = read(bytes(text.strip()));
        if (now.isAfter(ticket.expiresAt)) {
            throw new IOException("this join token expired at " + ticket.expiresAt + ", and it is " + now
                    + ": make another with 'norikae node token'");
        }
        return ticket;
    }

    private static byte[] bytes(String text) throws IOException {
        if (text.length() > TEXT_LENGTH_MAX) {
            throw notATicket("it has " + text.length() + " characters");
        }
        byte[] all;
        try {
            all = Base64.getUrlDecoder().decode(text);
        } catch (IllegalArgumentException e) {
            throw notATicket("it has characters that no token has");
        }
        if (all.length < MAGIC.length + 1 + CHECKSUM_BYTES || !Arrays.equals(MAGIC, Arrays.copyOf(all, MAGIC.length))) {
            throw notATicket("it does not begin like one");
        }
        if (all[MAGIC.length] != VERSION) {
            throw notATicket("it is of version " + all[MAGIC.length] + ", and this program knows only " + VERSION);
        }
        byte[] body = Arrays.copyOf(all, all.length - CHECKSUM_BYTES);
        byte[] checksum = Arrays.copyOfRange(all, body.length, all.length);
        if (!Arrays.equals(checksum, checksum(body))) {
            throw notATicket("it was cut or altered on its way; copy the whole line");
        }
        return body;
    }

    private static JoinTicket read(byte[] body) throws IOException {
        ByteBuffer in = ByteBuffer.wrap(body).position(MAGIC.length + 1);
        try {
            Instant expiresAt = Instant.ofEpochMilli(in.getLong());
            String address = new String(part(in), StandardCharsets.US_ASCII);
            String id = new String(part(in), StandardCharsets.US_ASCII);
            X509Certificate authority = Pem.certificate(part(in), "the join token");
            X509Certificate certificate = Pem.certificate(part(in), "the join token");
            PrivateKey key = Pem.privateKey(part(in), "the join token");
            if (in.hasRemaining()
                    || !ADDRESS.matcher(address).matches()
                    || !ID.matcher(id).matches()) {
                throw notATicket("its parts do not make sense");
            }
            certificate.verify(authority.getPublicKey());
            if (!KeyPairs.match(key, certificate.getPublicKey())) {
                throw notATicket("its key does not belong to its certificate");
            }
            return new JoinTicket(address, id, expiresAt, authority, certificate, key);
        } catch (BufferUnderflowException e) {
            throw notATicket("it ends too early");
        } catch (GeneralSecurityException e) {
            throw notATicket("its certificate is not of its authority");
        }
    }

    /** Writes what a TLS client needs to {@code directory}; remove it after the join. */
    public Identity unpack(Path directory) throws IOException {
        return Identity.store(directory, privateKey, Pem.encode(certificate), Pem.encode(authority));
    }

    private static byte[] part(ByteBuffer in) {
        int length = Short.toUnsignedInt(in.getShort());
        if (length > in.remaining()) {
            throw new BufferUnderflowException();
        }
        byte[] part = new byte[length];
        in.get(part);
        return part;
    }

    private static IOException notATicket(String why) {
        return new IOException("this is not a join token: " + why);
    }

    private static byte[] checksum(byte[] body) {
        try {
            return Arrays.copyOf(MessageDigest.getInstance("SHA-256").digest(body), CHECKSUM_BYTES);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    /** Without the secret. */
    @Override
    public String toString() {
        return "JoinTicket[" + id + " for " + controlAddress + ", until " + expiresAt + "]";
    }
}
