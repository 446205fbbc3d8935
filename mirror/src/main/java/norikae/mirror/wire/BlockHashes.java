package norikae.mirror.wire;

import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.LongBuffer;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Hashes by which two copies are compared. Confined to one thread.
 *
 * <p>Whoever writes to a volume chooses its contents, and two contents with the same hash would stay different for ever: so
 * chance is not all that a hash must stand up to. A cryptographic one does, but costs twenty times as much where the JVM has no
 * instructions for it, as ours, which never runs the optimising compiler. xxHash and its like do not even under a secret key:
 * there are pairs of contents that collide under half of all keys.
 *
 * <p>This is NH of UMAC (RFC 4418, section 5.2) over a whole block, three times, each time with the key shifted by one pair of
 * words, which is proved to make any two different blocks of one length collide with a probability of at most 2^-96 over the
 * choice of the key. The proof needs that contents do not depend on the key; so each comparison draws a new one, and only the two
 * nodes ever see it. A comparison that finds as many as 2^48 different blocks (16 EiB) so misses one with a probability of 2^-48.
 *
 * <pre>
 * words  w[0..n) of the block, 32 bits each, little-endian, the last padded with zeros to 64 bits
 * key    k[0..n+4), the key stream of AES-256 in counter mode from zero, under the 32 bytes that are sent
 * hash   for p = 0, 1, 2:  sum over even i of (w[i] + k[i+2p] mod 2^32) * (w[i+1] + k[i+2p+1] mod 2^32), mod 2^64, big-endian
 * </pre>
 */
public final class BlockHashes {

    /** What a comparison draws by chance; both sides' hashes follow from it. */
    public static final int KEY_BYTES = 32;

    private static final int PASSES = 3;
    private static final int BLOCK_WORDS = Frame.HASHED_BYTES / Integer.BYTES;
    private static final SecureRandom RANDOM = new SecureRandom();

    private final long[] block = new long[Frame.HASHED_BYTES / Long.BYTES];
    private final int[] words = new int[BLOCK_WORDS + 2 * (PASSES - 1)];
    private byte[] key = new byte[0];

    /** A key that nobody knows. */
    public static byte[] newKey() {
        byte[] key = new byte[KEY_BYTES];
        RANDOM.nextBytes(key);
        return key;
    }

    /** Hashes under this key from now on. */
    public void use(byte[] chosen) {
        if (Arrays.equals(chosen, key)) {
            return;
        }
        try {
            Cipher stream = Cipher.getInstance("AES/CTR/NoPadding");
            stream.init(Cipher.ENCRYPT_MODE, new SecretKeySpec(chosen, "AES"), new IvParameterSpec(new byte[16]));
            byte[] bytes = stream.doFinal(new byte[words.length * Integer.BYTES]);
            ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asIntBuffer().get(words);
        } catch (GeneralSecurityException e) {
            throw new AssertionError("every Java has AES", e);
        }
        key = chosen.clone();
    }

    /** Appends one hash for each block of {@code content}, the last of which may be shorter. */
    public void append(ByteBuffer content, ByteBuf to) {
        if (key.length == 0) {
            throw new IllegalStateException("a hash needs a key");
        }
        int end = content.limit();
        for (int at = content.position(); at < end; at += Frame.HASHED_BYTES) {
            int bytes = Math.min(Frame.HASHED_BYTES, end - at);
            hash(load(content.slice(at, bytes)), to);
        }
    }

    /** Brings a block into the array, for arrays are what a simple compiler makes fast code of; returns how many longs it has. */
    private int load(ByteBuffer bytes) {
        LongBuffer whole = bytes.order(ByteOrder.LITTLE_ENDIAN).asLongBuffer();
        int longs = whole.remaining();
        whole.get(block, 0, longs);
        int rest = bytes.remaining() - longs * Long.BYTES;
        if (rest > 0) {
            ByteBuffer padded = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
            padded.put(bytes.slice(longs * Long.BYTES, rest));
            block[longs++] = padded.getLong(0);
        }
        return longs;
    }

    private void hash(int longs, ByteBuf to) {
        long first = 0;
        long second = 0;
        long third = 0;
        for (int i = 0, k = 0; i < longs; i++, k += 2) {
            int low = (int) block[i];
            int high = (int) (block[i] >>> 32);
            first += product(low + words[k], high + words[k + 1]);
            second += product(low + words[k + 2], high + words[k + 3]);
            third += product(low + words[k + 4], high + words[k + 5]);
        }
        to.writeLong(first).writeLong(second).writeLong(third);
    }

    /** Both taken without a sign. */
    private static long product(int a, int b) {
        return (a & 0xffff_ffffL) * (b & 0xffff_ffffL);
    }

    /** How many hashes a range has. */
    public static int count(long bytes) {
        return Math.toIntExact((bytes + Frame.HASHED_BYTES - 1) / Frame.HASHED_BYTES);
    }
}
