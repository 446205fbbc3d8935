package norikae.mirror.wire;

import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * Hashes by which two copies are compared: half of SHA-256. A hash that is not cryptographic would do against chance, but
 * whoever writes to the volume chooses its contents. Confined to one thread.
 */
public final class BlockHashes {

    private final MessageDigest digest;
    private final byte[] hash;

    public BlockHashes() {
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java has SHA-256", e);
        }
        hash = new byte[digest.getDigestLength()];
    }

    /** Appends one hash for each block of {@code content}, the last of which may be shorter. */
    public void append(ByteBuffer content, ByteBuf to) {
        int end = content.limit();
        for (int at = content.position(); at < end; at += Frame.HASHED_BYTES) {
            to.writeBytes(hash(content.duplicate().position(at).limit(Math.min(at + Frame.HASHED_BYTES, end))));
        }
    }

    private ByteBuffer hash(ByteBuffer block) {
        digest.update(block);
        try {
            digest.digest(hash, 0, hash.length);
        } catch (java.security.DigestException e) {
            throw new AssertionError(e);
        }
        return ByteBuffer.wrap(hash, 0, Frame.HASH_BYTES);
    }

    /** How many hashes a range has. */
    public static int count(long bytes) {
        return Math.toIntExact((bytes + Frame.HASHED_BYTES - 1) / Frame.HASHED_BYTES);
    }
}
