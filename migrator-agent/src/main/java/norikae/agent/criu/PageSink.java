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
}
