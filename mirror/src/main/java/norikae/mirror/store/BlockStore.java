package norikae.mirror.store;

import java.nio.ByteBuffer;
import java.util.List;

/**
 * Bytes that can be read and written at any place, of a fixed number. Thread-safe; of two overlapping writes at the same
 * time either may win, byte by byte.
 *
 * <p>What was written is seen by every later read at once, and survives a crash of this process, and is on stable storage
 * once a {@link #flush} that began after it has returned.
 */
public interface BlockStore extends AutoCloseable {

    /** Its size in bytes. */
    long size();

    /** Fills {@code to} from {@code offset} on. */
    void read(long offset, ByteBuffer to) throws StoreException;

    /** Writes all that remains in {@code from} at {@code offset}. */
    void write(long offset, ByteBuffer from) throws StoreException;

    /**
     * Makes a range read as zeros.
     *
     * @param release whether its room may be given back
     */
    void zero(long offset, long bytes, boolean release) throws StoreException;

    /** Everything written before is on stable storage when this returns. After it has failed once, all writes fail. */
    void flush() throws StoreException;

    /**
     * What a range consists of, in order and without gaps; at most {@code limit} pieces, so it may end before the range
     * does. A piece that is called data may still read as zeros.
     */
    List<Extent> extents(long offset, long bytes, int limit) throws StoreException;

    @Override
    void close() throws StoreException;

    /** @throws StoreException {@link StoreException.Kind#RANGE} unless the range lies within a volume of {@code size} */
    static void checkRange(long offset, long bytes, long size) throws StoreException {
        if (offset < 0 || bytes < 0 || bytes > size || offset > size - bytes) {
            throw new StoreException(
                    StoreException.Kind.RANGE,
                    "range offset=" + offset + " bytes=" + bytes + " is not within the volume of " + size + " bytes");
        }
    }
}
