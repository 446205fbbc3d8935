package norikae.agent.criu;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.Optional;
import norikae.linux.MissingPages;
import norikae.linux.StreamSocket;
import norikae.linux.UnixListener;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The socket at which a restoring CRIU looks for whoever fills memory later ({@code criu lazy-pages}, in its documentation):
 * for each process that it makes it sends an int32, the PID inside the namespace (negative for a zombie, which has no
 * memory), and then the process's userfaultfd with one byte; at the end the word RSTF.
 */
final class LazyPagesSocket implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(LazyPagesSocket.class);
    private static final String NAME = "lazy-pages.socket";
    private static final int RESTORE_FINISHED = 0x52535446;
    private static final Duration GLANCE = Duration.ofMillis(100);

    private final UnixListener listener;
    private final LazyPages pages;
    private volatile boolean closed;

    private LazyPagesSocket(UnixListener listener, LazyPages pages) {
        this.listener = listener;
        this.pages = pages;
    }

    /** Listens until it is closed, and goes on with a connection until CRIU ends it. */
    static LazyPagesSocket serve(RestoreRequest request, LazyPages pages) throws IOException {
        LazyPagesSocket socket =
                new LazyPagesSocket(UnixListener.at(request.images().resolve(NAME)), pages);
        Thread.ofPlatform().daemon().name("lazy-pages-" + request.service()).start(socket::run);
        return socket;
    }

    private void run() {
        try (listener) {
            Optional<StreamSocket> criu = Optional.empty();
            while (criu.isEmpty() && !closed) {
                criu = listener.accept(GLANCE);
            }
            if (criu.isPresent()) {
                try (StreamSocket connection = criu.get()) {
                    converse(connection);
                }
            }
        } catch (IOException | IllegalStateException e) {
            // The latter where the move was given up meanwhile, and its keeper ended.
            // CRIU finds the connection broken, and says what became of the restore.
            LOG.warn("lazy pages: {}", e.getMessage());
        }
    }

    private void converse(StreamSocket criu) throws IOException {
        ByteBuffer word = ByteBuffer.allocateDirect(Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        while (true) {
            try {
                criu.readFully(word.clear());
            } catch (EOFException e) {
                return; // it failed, and says so to whoever waits for the restore
            }
            int said = word.getInt(0);
            if (said == RESTORE_FINISHED) {
                return;
            }
            if (said > 0) {
                pages.missing(said, new MissingPages(criu.receiveFd(word.clear().limit(1))));
            }
        }
    }

    @Override
    public void close() {
        closed = true;
    }
}
