package norikae.transfer;

import java.io.IOException;
import java.nio.ByteBuffer;

/** skeleton. */
@SuppressWarnings("DoNotCallSuggester")
public final class ImageStream implements AutoCloseable {

    ImageStream() {}

    public void pages(PageSpace space, long address, ByteBuffer data) throws IOException {
        throw new UnsupportedOperationException();
    }

    public void file(String name, long offset, ByteBuffer data) throws IOException {
        throw new UnsupportedOperationException();
    }

    public ImageReceipt complete() throws IOException {
        throw new UnsupportedOperationException();
    }

    public void abort(String reason) {
        throw new UnsupportedOperationException();
    }

    public TransferMeter meter() {
        throw new UnsupportedOperationException();
    }

    @Override
    public void close() {
        throw new UnsupportedOperationException();
    }
}
