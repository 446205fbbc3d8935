package norikae.mirror;

import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import java.util.List;
import norikae.mirror.store.Extent;
import norikae.mirror.store.StoreException;

/**
 * A disk as its user sees it. Thread-safe.
 *
 * <p>Requests that are under way at the same time may be done in any order. A write whose completion was told is seen by
 * every later read; it is on stable storage, wherever the volume promises that, once a flush that was asked for after that
 * completion has completed, or at its own completion if {@code fua} was asked for. A flush covers the completed writes of
 * every user, through whatever connection they came.
 */
public interface BlockDevice {

    /** Its bytes. */
    long size();

    /** Whether writes are refused. */
    boolean readOnly();

    /** Fills {@code to}; blocks while the disk reads. */
    void read(long offset, ByteBuffer to) throws StoreException;

    /**
     * Writes.
     *
     * @param data what to write; it is the caller's again when this returns, though whoever needs it longer may retain it,
     *     and until then nobody changes its bytes
     */
    void write(long offset, ByteBuf data, boolean fua, Completion completion);

    /**
     * Makes a range read as zeros.
     *
     * @param release whether its room may be given back
     */
    void zero(long offset, long bytes, boolean release, boolean fua, Completion completion);

    /** Makes stable what was completed before. */
    void flush(Completion completion);

    /** What a range consists of; see {@link norikae.mirror.store.BlockStore#extents}. */
    List<Extent> extents(long offset, long bytes, int limit) throws StoreException;
}
