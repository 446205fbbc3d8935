package norikae.mirror.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;
import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;

/** The hashes by which copies are compared. */
class BlockHashesTest {

    private static final BigInteger WORD = BigInteger.ONE.shiftLeft(32);

    private final Random random = new Random(20_26);

    private byte[] some(int bytes) {
        byte[] content = new byte[bytes];
        random.nextBytes(content);
        return content;
    }

    private static byte[] hash(byte[] key, byte[] content) {
        BlockHashes hashes = new BlockHashes();
        hashes.use(key);
        ByteBuf out = Unpooled.buffer();
        hashes.append(ByteBuffer.wrap(content), out);
        return ByteBufUtil.getBytes(out);
    }

    /** As the class says, slowly and with numbers of any size. */
    private static byte[] expected(byte[] key, byte[] content) throws Exception {
        int words = (content.length + 7) / 8 * 2;
        Cipher stream = Cipher.getInstance("AES/CTR/NoPadding");
        stream.init(Cipher.ENCRYPT_MODE, new SecretKeySpec(key, "AES"), new IvParameterSpec(new byte[16]));
        ByteBuffer k =
                ByteBuffer.wrap(stream.doFinal(new byte[(words + 4) * 4])).order(ByteOrder.LITTLE_ENDIAN);
        ByteBuffer w = ByteBuffer.allocate(words * 4).put(content).clear().order(ByteOrder.LITTLE_ENDIAN);
        ByteBuffer hash = ByteBuffer.allocate(Frame.HASH_BYTES);
        for (int pass = 0; pass < 3; pass++) {
            BigInteger sum = BigInteger.ZERO;
            for (int i = 0; i < words; i += 2) {
                sum = sum.add(term(w, i, k, i + 2 * pass).multiply(term(w, i + 1, k, i + 2 * pass + 1)));
            }
            hash.putLong(sum.longValue());
        }
        return hash.array();
    }

    private static BigInteger term(ByteBuffer w, int i, ByteBuffer k, int j) {
        return BigInteger.valueOf(Integer.toUnsignedLong(w.getInt(i * 4)))
                .add(BigInteger.valueOf(Integer.toUnsignedLong(k.getInt(j * 4))))
                .mod(WORD);
    }

    @Test
    void theyAreWhatTheClassSays() throws Exception {
        for (int bytes : new int[] {1, 7, 8, 9, 512, 4096, 65_535, 65_536}) {
            byte[] key = some(BlockHashes.KEY_BYTES);
            byte[] content = some(bytes);
            assertThat(hash(key, content)).as("%d bytes", bytes).isEqualTo(expected(key, content));
        }
    }

    @Test
    void eachBlockHasItsOwn() {
        byte[] key = some(BlockHashes.KEY_BYTES);
        byte[] content = some(2 * Frame.HASHED_BYTES + 512);
        byte[] all = hash(key, content);
        assertThat(all).hasSize(3 * Frame.HASH_BYTES).hasSize(BlockHashes.count(content.length) * Frame.HASH_BYTES);
        byte[] last = java.util.Arrays.copyOfRange(content, 2 * Frame.HASHED_BYTES, content.length);
        assertThat(java.util.Arrays.copyOfRange(all, 2 * Frame.HASH_BYTES, all.length))
                .isEqualTo(hash(key, last));
    }

    @Test
    void oneBitAnywhereMakesAnother() {
        byte[] key = some(BlockHashes.KEY_BYTES);
        byte[] content = some(4096);
        byte[] before = hash(key, content);
        for (int at = 0; at < content.length; at += 97) {
            content[at] ^= (byte) (1 << random.nextInt(8));
            byte[] now = hash(key, content);
            assertThat(now).isNotEqualTo(before);
            before = now;
        }
    }

    @Test
    void anotherKeyMakesAnother() {
        byte[] content = some(4096);
        assertThat(BlockHashes.newKey()).hasSize(BlockHashes.KEY_BYTES).isNotEqualTo(BlockHashes.newKey());
        assertThat(hash(BlockHashes.newKey(), content)).isNotEqualTo(hash(BlockHashes.newKey(), content));
    }
}
