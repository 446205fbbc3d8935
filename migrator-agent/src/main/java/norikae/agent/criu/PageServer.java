package norikae.agent.criu;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.LinkedHashSet;
import java.util.Set;
import norikae.linux.StreamSocket;
import norikae.transfer.PageSpace;
import org.jspecify.annotations.Nullable;

/**
 * Receives a dumping CRIU's memory pages over a socket and passes them on at once; holds {@value #BUFFER_BYTES} bytes,
 * however large the image. Confined to the thread of {@link #serve}, but for {@link #stop}.
 */
final class PageServer {

    static final int BUFFER_BYTES = 1 << 20;

    /** The connection to CRIU, as far as it is needed here. */
    interface Wire {

        /** @throws EOFException if it ends before the buffer is full */
        void readFully(ByteBuffer buffer) throws IOException;

        void write(ByteBuffer buffer) throws IOException;

        void shutdown() throws IOException;

        static Wire over(StreamSocket socket) {
            return new Wire() {
                @Override
                public void readFully(ByteBuffer buffer) throws IOException {
                    socket.readFully(buffer);
                }

                @Override
                public void write(ByteBuffer buffer) throws IOException {
                    socket.write(buffer);
                }

                @Override
                public void shutdown() throws IOException {
                    socket.shutdown();
                }
            };
        }
    }

    private final Wire socket;
    private final int headerBytes;
    private final PageSink sink;
    private final Set<PageSpace> untouched = new LinkedHashSet<>();
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);

    PageServer(Wire socket, int headerBytes, PageSink sink) {
        this.socket = socket;
        this.headerBytes = headerBytes;
        this.sink = sink;
    }

    /**
     * Serves until CRIU says that it was all.
     *
     * @return spaces that CRIU opened and put nothing into: their images must exist nevertheless
     * @throws IOException if the sink refuses, the stream breaks off, or something else than pages comes
     */
    Set<PageSpace> serve() throws IOException {
        PageSpace open = null;
        while (true) {
            buffer.clear().limit(headerBytes);
            try {
                socket.readFully(buffer);
            } catch (EOFException e) {
                throw new EOFException("page server: CRIU hung up before it had sent all pages");
            }
            switch (PageServerProtocol.decode(buffer.flip())) {
                case PageServerProtocol.Open opened -> {
                    open = opened.space();
                    untouched.add(open);
                    write(buffer.clear().put((byte) 0));
                }
                case PageServerProtocol.Add add -> {
                    requireOpen(open, add.space());
                    untouched.remove(open);
                    pass(add);
                }
                case PageServerProtocol.Left left -> {
                    requireOpen(open, left.space());
                    sink.left(left.space(), left.address(), left.pages());
                }
                case PageServerProtocol.Close _ -> {
                    write(buffer.clear().order(ByteOrder.LITTLE_ENDIAN).putInt(0));
                    return untouched;
                }
            }
        }
    }

    private static void requireOpen(@Nullable PageSpace open, PageSpace space) throws IOException {
        if (!space.equals(open)) {
            throw new PageServerProtocol.ProtocolException("pages of " + space + ", but open is " + open);
        }
    }

    /** Breaks the connection off: {@link #serve} fails, and so does CRIU's dump. From any thread. */
    void stop() {
        try {
            socket.shutdown();
        } catch (IOException e) {
            // It was shut down already.
        }
    }

    private void pass(PageServerProtocol.Add add) throws IOException {
        long address = add.address();
        long left = add.bytes();
        while (left > 0) {
            int run = (int) Math.min(left, BUFFER_BYTES);
            buffer.clear().limit(run);
            socket.readFully(buffer);
            if (add.lazy()) {
                sink.lazyPages(add.space(), address, buffer.flip());
            } else {
                sink.pages(add.space(), address, buffer.flip());
            }
            address += run;
            left -= run;
        }
    }

    private void write(ByteBuffer answer) throws IOException {
        socket.write(answer.flip());
    }
}
