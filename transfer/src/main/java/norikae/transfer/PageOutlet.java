package norikae.transfer;

import java.io.IOException;
import java.nio.ByteBuffer;

/** Where pages go that leave a process. */
public interface PageOutlet {

    /**
     * Pages that lie side by side from {@code address} on; the buffer is free again on return.
     *
     * @param address a multiple of 4,096, as is the number of bytes remaining in {@code data}
     */
    void pages(PageSpace space, long address, ByteBuffer data) throws IOException;

    /** These pages read as zero from now on. */
    void zeroPages(PageSpace space, long address, long pages) throws IOException;
}
