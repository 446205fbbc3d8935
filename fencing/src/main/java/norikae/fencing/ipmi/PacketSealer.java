package norikae.fencing.ipmi;

import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/** Encrypts and signs the packets of one session, and undoes it; immutable. */
final class PacketSealer {

    private static final int BLOCK = 16;
    private static final int NEXT_HEADER = 0x07;
    private static final int KEY_CONSTANT_LENGTH = 20; // whatever the digest's length

    private final CipherSuite suite;
    private final byte[] signingKey;
    private final SecretKeySpec encryptionKey;
    private final SecureRandom random;

    PacketSealer(CipherSuite suite, byte[] sessionKey, SecureRandom random) {
        this.suite = suite;
        this.signingKey = suite.hmac(sessionKey, constant(1));
        this.encryptionKey = new SecretKeySpec(suite.hmac(sessionKey, constant(2)), 0, BLOCK, "AES");
        this.random = random;
    }

    private static byte[] constant(int value) {
        byte[] constant = new byte[KEY_CONSTANT_LENGTH];
        Arrays.fill(constant, (byte) value);
        return constant;
    }

    byte[] seal(int type, int sessionId, int sequence, byte[] payload) {
        byte[] packet =
                new Packet(type | Packet.ENCRYPTED | Packet.SIGNED, sessionId, sequence, encrypt(payload)).encode();
        int covered = packet.length - Packet.RMCP_LENGTH + 2;
        int padding = -covered & 3;
        byte[] signed = Arrays.copyOf(packet, packet.length + padding + 2);
        Arrays.fill(signed, packet.length, packet.length + padding, (byte) 0xff);
        signed[signed.length - 2] = (byte) padding;
        signed[signed.length - 1] = NEXT_HEADER;
        byte[] signature = signature(signed, signed.length);
        byte[] sealed = Arrays.copyOf(signed, signed.length + signature.length);
        System.arraycopy(signature, 0, sealed, signed.length, signature.length);
        return sealed;
    }

    /** The payload of a datagram. @throws MalformedPacketException if it was not signed with this session's key */
    byte[] open(byte[] datagram) throws MalformedPacketException {
        Packet packet = Packet.decode(datagram);
        if (!packet.has(Packet.ENCRYPTED | Packet.SIGNED)) {
            throw new MalformedPacketException("an answer that is not encrypted and signed");
        }
        int end = datagram.length - suite.signatureLength;
        // At least the padding's length and the next header stand between the payload and the signature.
        if (end < Packet.HEADER_LENGTH + packet.payload().length + 2) {
            throw new MalformedPacketException("an answer without a signature");
        }
        byte[] found = Arrays.copyOfRange(datagram, end, datagram.length);
        if (!MessageDigest.isEqual(found, signature(datagram, end))) {
            throw new MalformedPacketException("an answer with a wrong signature");
        }
        return decrypt(packet.payload());
    }

    private byte[] signature(byte[] packet, int end) {
        return suite.signature(signingKey, Arrays.copyOfRange(packet, Packet.RMCP_LENGTH, end));
    }

    private byte[] encrypt(byte[] plain) {
        int padding = -(plain.length + 1) & (BLOCK - 1);
        byte[] padded = Arrays.copyOf(plain, plain.length + padding + 1);
        for (int i = 0; i < padding; i++) {
            padded[plain.length + i] = (byte) (i + 1);
        }
        padded[padded.length - 1] = (byte) padding;
        byte[] iv = new byte[BLOCK];
        random.nextBytes(iv);
        byte[] encrypted = aes(Cipher.ENCRYPT_MODE, iv, padded);
        byte[] both = Arrays.copyOf(iv, BLOCK + encrypted.length);
        System.arraycopy(encrypted, 0, both, BLOCK, encrypted.length);
        return both;
    }

    private byte[] decrypt(byte[] payload) throws MalformedPacketException {
        if (payload.length < 2 * BLOCK || payload.length % BLOCK != 0) {
            throw new MalformedPacketException("an encrypted payload of " + payload.length + " bytes");
        }
        byte[] padded = aes(
                Cipher.DECRYPT_MODE, Arrays.copyOf(payload, BLOCK), Arrays.copyOfRange(payload, BLOCK, payload.length));
        int padding = Byte.toUnsignedInt(padded[padded.length - 1]);
        if (padding >= padded.length) {
            throw new MalformedPacketException("padding of " + padding + " bytes in " + padded.length);
        }
        return Arrays.copyOf(padded, padded.length - 1 - padding);
    }

    private byte[] aes(int mode, byte[] iv, byte[] input) {
        try {
            Cipher cipher = Cipher.getInstance("AES/CBC/NoPadding");
            cipher.init(mode, encryptionKey, new IvParameterSpec(iv));
            return cipher.doFinal(input);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("AES-CBC failed", e);
        }
    }
}
