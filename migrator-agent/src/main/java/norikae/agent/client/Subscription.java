package norikae.agent.client;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Parser;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.NoSuchElementException;
import norikae.agent.client.ControlException.Kind;
import org.jspecify.annotations.Nullable;

/**
 * What the cluster sends bit by bit, for one reading thread. {@link #close} may be called by any thread; the reader
 * then sees the end. A slow reader slows the sender down, by HTTP/2's flow control.
 *
 * <p>The body is a row of frames: a byte that is 0 for a message and 0x80 for the trailers that end it, the length (4),
 * and the content.
 */
public final class Subscription<T> implements Iterator<T>, AutoCloseable {

    private static final int MESSAGE = 0;
    private static final int TRAILERS = 0x80;
    private static final int LENGTH_BYTES = 4;
    private static final int MESSAGE_BYTES_MAX = 16 << 20;

    private final String member;
    private final InputStream body;
    private final Parser<T> parser;
    private final Runnable onEnd;

    private @Nullable T next;
    private boolean ended;
    private volatile boolean closed;
    private volatile @Nullable String dead;

    Subscription(String member, InputStream body, Parser<T> parser, Runnable onEnd) {
        this.member = member;
        this.body = body;
        this.parser = parser;
        this.onEnd = onEnd;
    }

    /** Waits for the next message or the end. */
    @Override
    public boolean hasNext() {
        if (next == null && !ended) {
            try {
                next = read();
            } catch (IOException e) {
                ended = true;
                if (!closed) {
                    throw failure(e);
                }
            } finally {
                if (next == null) {
                    ended = true;
                    onEnd.run();
                }
            }
        }
        return next != null && !closed;
    }

    @Override
    public T next() {
        if (!hasNext() || next == null) {
            throw new NoSuchElementException("the stream has ended");
        }
        T value = next;
        next = null;
        return value;
    }

    private @Nullable T read() throws IOException {
        int kind = body.read();
        if (kind < 0) {
            if (closed) {
                return null;
            }
            throw new IOException("it ended in the middle");
        }
        int length = ByteBuffer.wrap(exactly(LENGTH_BYTES)).getInt();
        if ((kind != MESSAGE && kind != TRAILERS) || length < 0 || length > MESSAGE_BYTES_MAX) {
            throw new ControlException(
                    Kind.FAILED,
                    member + " sent a frame of kind " + kind + " and length " + Integer.toUnsignedLong(length));
        }
        byte[] content = exactly(length);
        if (kind == TRAILERS) {
            GrpcStatus status = GrpcStatus.ofTrailers(new String(content, StandardCharsets.US_ASCII));
            if (!status.isOk() && !closed) {
                throw status.toException(member);
            }
            return null;
        }
        try {
            return parser.parseFrom(content);
        } catch (InvalidProtocolBufferException e) {
            throw new ControlException(
                    Kind.FAILED, member + " sent a message that cannot be read: " + e.getMessage(), e);
        }
    }

    private byte[] exactly(int length) throws IOException {
        byte[] bytes = body.readNBytes(length);
        if (bytes.length < length) {
            throw new IOException("it ended in the middle");
        }
        return bytes;
    }

    private ControlException failure(IOException e) {
        String why = dead;
        return why == null ? Failures.of(member, e) : new ControlException(Kind.UNREACHABLE, why, e);
    }

    /** Ends the waiting for a member that is gone without a word. */
    void declareDead(String why) {
        dead = why;
        closeBody();
    }

    /** Tells the cluster that nobody listens any more. */
    @Override
    public void close() {
        closed = true;
        onEnd.run();
        closeBody();
    }

    private void closeBody() {
        try {
            body.close();
        } catch (IOException e) {
            // it is closed either way
        }
    }
}
