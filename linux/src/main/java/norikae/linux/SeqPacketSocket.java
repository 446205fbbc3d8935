package norikae.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.Optional;

/** One end of a connection that keeps the borders of messages. One thread may send while another receives. */
public final class SeqPacketSocket implements AutoCloseable {

    /** Longer messages than this are an error, not a reason to allocate. */
    public static final int MESSAGE_BYTES_MAX = 1 << 20;

    private static final int MSG_PEEK = 2;
    private static final int MSG_TRUNC = 0x20;
    private static final int MSG_NOSIGNAL = 0x4000;

    private final OwnedFd fd;

    SeqPacketSocket(OwnedFd fd) {
        this.fd = fd;
    }

    public void send(byte[] message) throws LinuxException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment data = arena.allocateFrom(ValueLayout.JAVA_BYTE, message);
            LibC.syscall(
                    "send",
                    Numbers.SENDTO,
                    "bytes=" + message.length,
                    fd.fd(),
                    data.address(),
                    message.length,
                    MSG_NOSIGNAL,
                    0,
                    0);
        }
    }

    /**
     * The next message; an empty array when the other end has hung up.
     *
     * @return empty if none came within {@code patience}
     */
    public Optional<byte[]> receive(Duration patience) throws LinuxException {
        if (!Poll.readable(fd, patience)) {
            return Optional.empty();
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment one = arena.allocate(1);
            long size = LibC.syscall(
                    "recv", Numbers.RECVFROM, "peek", fd.fd(), one.address(), 1, MSG_PEEK | MSG_TRUNC, 0, 0);
            if (size > MESSAGE_BYTES_MAX) {
                throw new LinuxException(
                        "recv", Errno.EMSGSIZE, "message of " + size + " bytes, at most " + MESSAGE_BYTES_MAX);
            }
            MemorySegment data = arena.allocate(Math.max(1, size));
            long got = LibC.syscall("recv", Numbers.RECVFROM, "bytes=" + size, fd.fd(), data.address(), size, 0, 0, 0);
            return Optional.of(data.asSlice(0, got).toArray(ValueLayout.JAVA_BYTE));
        } catch (LinuxException e) {
            if (e.errno() == Errno.ECONNRESET) {
                return Optional.of(new byte[0]); // hung up without having read all that we sent
            }
            throw e;
        }
    }

    @Override
    public void close() {
        fd.close();
    }
}
