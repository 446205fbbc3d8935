package norikae.linux;

import java.io.EOFException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ReadOnlyBufferException;

/** One end of a byte stream. One thread may write while another reads; {@link #shutdown} wakes both. */
public final class StreamSocket implements AutoCloseable {

    private static final int SHUT_WR = 1;
    private static final int SHUT_RDWR = 2;
    private static final int MSG_NOSIGNAL = 0x4000;

    private final OwnedFd fd;

    StreamSocket(OwnedFd fd) {
        this.fd = fd;
    }

    /** Fills {@code buffer}, which must be direct. @throws EOFException if the stream ends before it is full */
    public void readFully(ByteBuffer buffer) throws LinuxException, EOFException {
        while (buffer.hasRemaining()) {
            if (read(buffer) < 0) {
                throw new EOFException("stream ended " + buffer.remaining() + " bytes short");
            }
        }
    }

    /** Reads what there is, at least one byte; -1 at the end of the stream. {@code buffer} must be direct. */
    public int read(ByteBuffer buffer) throws LinuxException {
        requireDirect(buffer);
        if (buffer.isReadOnly()) {
            throw new ReadOnlyBufferException();
        }
        if (!buffer.hasRemaining()) {
            return 0; // asking the kernel for nothing would look like the end of the stream
        }
        long got = LibC.syscall(
                "read",
                Numbers.READ,
                "bytes=" + buffer.remaining(),
                fd.fd(),
                MemorySegment.ofBuffer(buffer).address(),
                buffer.remaining());
        if (got == 0) {
            return -1;
        }
        buffer.position(buffer.position() + (int) got);
        return (int) got;
    }

    /** Writes all of {@code buffer}, which must be direct. */
    public void write(ByteBuffer buffer) throws LinuxException {
        requireDirect(buffer);
        while (buffer.hasRemaining()) {
            long put = LibC.syscall(
                    "send",
                    Numbers.SENDTO,
                    "bytes=" + buffer.remaining(),
                    fd.fd(),
                    MemorySegment.ofBuffer(buffer).address(),
                    buffer.remaining(),
                    MSG_NOSIGNAL,
                    0,
                    0);
            buffer.position(buffer.position() + (int) put);
        }
    }

    /**
     * Takes a descriptor that the other end has passed; the bytes that came with it are put into {@code data}, which must be
     * direct and not empty.
     *
     * @throws EOFException if the stream ends instead
     */
    public OwnedFd receiveFd(ByteBuffer data) throws java.io.IOException {
        requireDirect(data);
        return PassedFd.receive(fd, data);
    }

    /** Passes a descriptor to the other end, with {@code data}, which must be direct and not empty. */
    public void sendFd(ByteBuffer data, OwnedFd passed) throws LinuxException {
        requireDirect(data);
        PassedFd.send(fd, data, passed);
    }

    private static void requireDirect(ByteBuffer buffer) {
        if (!buffer.isDirect()) {
            throw new IllegalArgumentException(
                    "buffer of " + buffer.capacity() + " bytes is on the heap, where it may move: use a direct one");
        }
    }

    /** Nothing more will be written: the other end reads to the end of the stream. */
    public void shutdownOutput() throws LinuxException {
        LibC.syscall("shutdown", Numbers.SHUTDOWN, fd.toString(), fd.fd(), SHUT_WR);
    }

    /** Ends the connection: whoever reads or writes on either end stops waiting. */
    public void shutdown() throws LinuxException {
        LibC.syscall("shutdown", Numbers.SHUTDOWN, fd.toString(), fd.fd(), SHUT_RDWR);
    }

    @Override
    public void close() {
        fd.close();
    }
}
