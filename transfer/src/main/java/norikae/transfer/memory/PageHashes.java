package norikae.transfer.memory;

import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import net.jpountz.xxhash.XXHash64;
import net.jpountz.xxhash.XXHashFactory;
import norikae.linux.ProcessMemory;
import norikae.linux.ProcessMemory.Range;

/**
 * Remembers what each page held when it was last sent, by 64 bits of XXH64 under a seed of its own: a page that was written
 * with what it held before need not travel again. Two bytes in a thousand of the memory. Not thread-safe.
 *
 * <p>Two contents of one page look alike with a probability of 2^-64, whatever the contents: nobody knows the seed.
 */
final class PageHashes {

    private static final XXHash64 XXH64 = XXHashFactory.fastestInstance().hash64();
    private static final int PAGE = ProcessMemory.PAGE_BYTES;
    private static final int PAGES_PER_CHUNK = 512;
    private static final long CHUNK_BYTES = (long) PAGES_PER_CHUNK * PAGE;

    /** Stands for a page that was not sent. */
    private static final long NONE = 0;

    private final long seed = ThreadLocalRandom.current().nextLong();
    private final Map<Long, long[]> chunks = new HashMap<>();

    /** Whether the page at {@code address} held something else when this was last asked; from now on it holds this. */
    boolean changed(long address, ByteBuffer content, int at) {
        long hash = XXH64.hash(content, at, PAGE, seed);
        if (hash == NONE) {
            hash = 1;
        }
        long[] chunk = chunks.computeIfAbsent(address / CHUNK_BYTES, _ -> new long[PAGES_PER_CHUNK]);
        int index = (int) (address % CHUNK_BYTES / PAGE);
        boolean changed = chunk[index] != hash;
        chunk[index] = hash;
        return changed;
    }

    /** The target does not have these pages any more. */
    void forget(RangeSet gone) {
        for (Range range : gone.ranges()) {
            for (long address = range.start(); address < range.end(); address += PAGE) {
                long[] chunk = chunks.get(address / CHUNK_BYTES);
                if (chunk != null) {
                    chunk[(int) (address % CHUNK_BYTES / PAGE)] = NONE;
                }
            }
        }
    }
}
