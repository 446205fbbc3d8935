package norikae.transfer;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Where a received image goes. Called from one thread at a time, in the order of sending. The last call is
 * either one {@link #complete} that returned normally, or one {@link #failed}; after that nothing comes.
 *
 * <p>Buffers are read-only and valid during the call alone. A sink that takes its time slows its source down;
 * one that throws ends the stream: its message reaches the source as a {@link TransferFailedException}, and
 * {@link #failed} is called with what it threw.
 */
public interface ImageSink {

    /** Takes pages that lie side by side from {@code address} on; both are multiples of 4,096. */
    void pages(PageSpace space, long address, ByteBuffer data) throws IOException;

    /** Takes {@code count} pages full of zeros; unless a sink knows better, they are pages like others. */
    default void zeroPages(PageSpace space, long address, long count) throws IOException {
        ZeroPages.expand(this, space, address, count);
    }

    /** Takes a piece of a file; an empty piece at offset 0 makes an empty file. The name is a plain file name. */
    void file(String name, long offset, ByteBuffer data) throws IOException;

    /** The service stands still: what comes from here on is waited for. */
    default void frozen() throws IOException {}

    /**
     * All files that it takes to rebuild the tree are there, and all pages but those for the page store. The tree must not run
     * before {@link #complete}.
     */
    default void filesComplete() throws IOException {}

    /** The image is whole. The source gets its receipt only when this has returned. */
    void complete(ImageSummary summary) throws IOException;

    /** The image will never be whole; what came of it is worth nothing. Must not throw. */
    void failed(IOException cause);
}
