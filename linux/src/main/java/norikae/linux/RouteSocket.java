package norikae.linux;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;

/**
 * One conversation with rtnetlink(7) in the network namespace of the thread that opened it: a request, its answer, its
 * acknowledgement. Confined to one thread.
 *
 * <p>Every answer is checked: size, sequence number, the kernel's verdict with its own words where it gives some.
 */
final class RouteSocket implements AutoCloseable {

    private static final int AF_NETLINK = 16;
    private static final int SOCK_RAW = 3;
    private static final int NETLINK_ROUTE = 0;
    private static final int SOL_NETLINK = 270;
    private static final int NETLINK_CAP_ACK = 10;
    private static final int NETLINK_EXT_ACK = 11;
    private static final int MSG_TRUNC = 0x20;

    private static final short NLMSG_ERROR = 2;
    private static final int NLM_F_ACK_TLVS = 0x200;
    private static final int NLMSGERR_ATTR_MSG = 1;
    private static final int ATTRIBUTE_TYPE = 0x3fff;

    /** A link with many virtual functions describes itself in tens of KiB. */
    private static final int ANSWER_BYTES_MAX = 256 << 10;

    private static final int DATAGRAMS_MAX = 16;
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final Arena arena = Arena.ofConfined();
    private final OwnedFd fd;
    private int sequence;

    private RouteSocket(OwnedFd fd) {
        this.fd = fd;
    }

    static RouteSocket open() throws LinuxException {
        long fd = LibC.syscall(
                "socket",
                Numbers.SOCKET,
                "AF_NETLINK, NETLINK_ROUTE",
                AF_NETLINK,
                SOCK_RAW | UnixSockets.SOCK_CLOEXEC,
                NETLINK_ROUTE);
        RouteSocket socket = new RouteSocket(new OwnedFd((int) fd, "rtnetlink socket"));
        // Errors come with a sentence of the kernel and without a copy of the request; without either on old kernels.
        socket.wish(NETLINK_EXT_ACK);
        socket.wish(NETLINK_CAP_ACK);
        return socket;
    }

    private void wish(int option) {
        MemorySegment on = arena.allocateFrom(ValueLayout.JAVA_INT, 1);
        long _ = LibC.syscallOnce(Numbers.SETSOCKOPT, fd.fd(), SOL_NETLINK, option, on.address(), 4);
    }

    /** Sends a request and waits for its acknowledgement; the message that came before that, if one did. */
    Optional<ByteBuffer> ask(RouteMessage request) throws IOException {
        byte[] bytes = request.finished(++sequence);
        MemorySegment data = arena.allocateFrom(ValueLayout.JAVA_BYTE, bytes);
        LibC.syscall(request.call(), Numbers.SENDTO, request.about(), fd.fd(), data.address(), bytes.length, 0, 0, 0);
        Optional<ByteBuffer> answer = Optional.empty();
        for (int datagrams = 0; datagrams < DATAGRAMS_MAX; datagrams++) {
            ByteBuffer datagram = receive(request);
            while (datagram.hasRemaining()) {
                ByteBuffer message = nextMessage(request, datagram);
                if (message.getInt(8) != sequence) {
                    continue; // the rest of an earlier conversation
                }
                if (message.getShort(4) == NLMSG_ERROR) {
                    verdict(request, message);
                    return answer;
                }
                answer = Optional.of(message);
            }
        }
        throw malformed(request, "more than " + DATAGRAMS_MAX + " datagrams");
    }

    private ByteBuffer receive(RouteMessage request) throws IOException {
        if (!Poll.readable(fd, PATIENCE)) {
            throw LinuxException.of(request.call(), Errno.ETIMEDOUT.code(), request.about());
        }
        MemorySegment buffer = arena.allocate(ANSWER_BYTES_MAX, 4);
        long got = LibC.syscall(
                request.call(),
                Numbers.RECVFROM,
                request.about(),
                fd.fd(),
                buffer.address(),
                ANSWER_BYTES_MAX,
                MSG_TRUNC,
                0,
                0);
        if (got > ANSWER_BYTES_MAX) {
            throw malformed(request, got + " bytes, at most " + ANSWER_BYTES_MAX);
        }
        return buffer.asSlice(0, got).asByteBuffer().order(ByteOrder.nativeOrder());
    }

    private static ByteBuffer nextMessage(RouteMessage request, ByteBuffer datagram) throws IOException {
        int start = datagram.position();
        int length = datagram.remaining() < RouteMessage.HEADER_BYTES ? 0 : datagram.getInt(start);
        if (length < RouteMessage.HEADER_BYTES || length > datagram.remaining()) {
            throw malformed(request, "length " + length + " of " + datagram.remaining() + " bytes");
        }
        ByteBuffer message = datagram.slice(start, length).order(ByteOrder.nativeOrder());
        datagram.position(Math.min(datagram.limit(), start + length + RouteMessage.padding(length)));
        return message;
    }

    private static void verdict(RouteMessage request, ByteBuffer message) throws IOException {
        if (message.limit() < RouteMessage.HEADER_BYTES + 4) {
            throw malformed(request, "verdict of " + message.limit() + " bytes");
        }
        int error = -message.getInt(RouteMessage.HEADER_BYTES);
        if (error == 0) {
            return;
        }
        boolean explained = (message.getShort(6) & NLM_F_ACK_TLVS) != 0;
        int attributes = 2 * RouteMessage.HEADER_BYTES + 4; // after the error, the request's header comes back
        Optional<ByteBuffer> reason = explained ? attribute(message, attributes, NLMSGERR_ATTR_MSG) : Optional.empty();
        throw reason.isPresent()
                ? LinuxException.because(request.call(), error, request.about(), text(reason.get()))
                : LinuxException.of(request.call(), error, request.about());
    }

    /** The value of the first attribute of this type at or after {@code from}. */
    static Optional<ByteBuffer> attribute(ByteBuffer message, int from, int type) {
        int at = from;
        while (at + RouteMessage.ATTRIBUTE_HEADER_BYTES <= message.limit()) {
            int length = message.getShort(at) & 0xffff;
            if (length < RouteMessage.ATTRIBUTE_HEADER_BYTES || at + length > message.limit()) {
                return Optional.empty();
            }
            if ((message.getShort(at + 2) & ATTRIBUTE_TYPE) == type) {
                int header = RouteMessage.ATTRIBUTE_HEADER_BYTES;
                return Optional.of(message.slice(at + header, length - header).order(ByteOrder.nativeOrder()));
            }
            at += length + RouteMessage.padding(length);
        }
        return Optional.empty();
    }

    static String text(ByteBuffer value) {
        String text = StandardCharsets.UTF_8.decode(value.duplicate()).toString();
        int end = text.indexOf('\0');
        return end < 0 ? text : text.substring(0, end);
    }

    private static IOException malformed(RouteMessage request, String what) {
        return new IOException(
                "the kernel's answer to " + request.call() + "(" + request.about() + ") cannot be read: " + what);
    }

    @Override
    public void close() {
        fd.close();
        arena.close();
    }
}
