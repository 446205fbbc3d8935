package norikae.transfer;

import java.io.IOException;
import java.net.InetSocketAddress;

/** skeleton. */
@SuppressWarnings("DoNotCallSuggester")
public final class DataServer implements AutoCloseable {

    DataServer() {}

    public static DataServer start(InetSocketAddress bind, TlsMaterial tls, TicketCheck check) throws IOException {
        return new DataServer();
    }

    public InetSocketAddress address() {
        throw new UnsupportedOperationException();
    }

    @Override
    public void close() {
        throw new UnsupportedOperationException();
    }
}
