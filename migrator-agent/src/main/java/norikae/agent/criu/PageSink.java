package norikae.agent.criu;

import java.io.IOException;
import java.nio.ByteBuffer;
import norikae.transfer.PageSpace;

/** Takes memory as CRIU dumps it; {@code ImageStream::pages} is one. Called by one thread. */
@FunctionalInterface
public interface PageSink {

    /**
     * Takes pages that lie side by side from {@code address} on. The buffer is used again after the call.
     *
     * @throws IOException ends the dump; the tree goes on as it was
     */
    void pages(PageSpace space, long address, ByteBuffer data) throws IOException;

    /** The same for pages without which a tree can be rebuilt: private memory that no file is behind. */
    default void lazyPages(PageSpace space, long address, ByteBuffer data) throws IOException {
        pages(space, address, data);
    }

    /**
     * CRIU has left this mapping out, as {@link DumpRequest#memoryTravels} allows.
     *
     * @throws IOException if it did not travel: then it would be lost, and the dump is ended
     */
    default void left(PageSpace space, long address, long pages) throws IOException {
        throw new IOException("CRIU left out " + pages + " pages of " + space + " at " + Long.toHexString(address)
                + ", which nobody has carried over");
    }
}
