package norikae.linux;

import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;

/** Descriptors that travel over UNIX sockets, with some bytes; SCM_RIGHTS of unix(7). Stateless. */
final class PassedFd {

    private static final int SOL_SOCKET = 1;
    private static final int SCM_RIGHTS = 1;
    private static final int MSG_CMSG_CLOEXEC = 0x40000000;
    private static final int MSG_NOSIGNAL = 0x4000;
    private static final int HEADER_BYTES = 56; // struct msghdr
    private static final int CONTROL_HEADER_BYTES = 16; // struct cmsghdr
    private static final int CONTROL_BYTES = 24; // with one descriptor, aligned

    private PassedFd() {}

    /** One descriptor and the bytes that came with it, which are put into {@code data}; direct, and not empty. */
    static OwnedFd receive(OwnedFd socket, ByteBuffer data) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment control = arena.allocate(CONTROL_BYTES, 8);
            MemorySegment header = header(arena, data, control);
            long got = LibC.syscall(
                    "recvmsg", Numbers.RECVMSG, socket.toString(), socket.fd(), header.address(), MSG_CMSG_CLOEXEC);
            if (got == 0) {
                throw new EOFException(socket + ": the peer hung up where a descriptor was expected");
            }
            boolean passed = header.get(ValueLayout.JAVA_LONG, 40) >= CONTROL_HEADER_BYTES + 4
                    && control.get(ValueLayout.JAVA_INT, 8) == SOL_SOCKET
                    && control.get(ValueLayout.JAVA_INT, 12) == SCM_RIGHTS;
            if (!passed) {
                throw new IOException(socket + ": " + got + " bytes came without a descriptor");
            }
            data.position(data.position() + (int) got);
            return new OwnedFd(control.get(ValueLayout.JAVA_INT, 16), "descriptor from " + socket);
        }
    }

    /** Sends {@code data}, direct and not empty, with one descriptor; the receiver gets one of its own. */
    static void send(OwnedFd socket, ByteBuffer data, OwnedFd passed) throws LinuxException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment control = arena.allocate(CONTROL_BYTES, 8);
            control.set(ValueLayout.JAVA_LONG, 0, CONTROL_HEADER_BYTES + 4);
            control.set(ValueLayout.JAVA_INT, 8, SOL_SOCKET);
            control.set(ValueLayout.JAVA_INT, 12, SCM_RIGHTS);
            control.set(ValueLayout.JAVA_INT, 16, passed.fd());
            MemorySegment header = header(arena, data, control);
            LibC.syscall("sendmsg", Numbers.SENDMSG, socket.toString(), socket.fd(), header.address(), MSG_NOSIGNAL);
        }
    }

    private static MemorySegment header(Arena arena, ByteBuffer data, MemorySegment control) {
        MemorySegment vector = arena.allocate(16, 8);
        vector.set(ValueLayout.JAVA_LONG, 0, MemorySegment.ofBuffer(data).address());
        vector.set(ValueLayout.JAVA_LONG, 8, data.remaining());
        MemorySegment header = arena.allocate(HEADER_BYTES, 8);
        header.set(ValueLayout.JAVA_LONG, 16, vector.address());
        header.set(ValueLayout.JAVA_LONG, 24, 1);
        header.set(ValueLayout.JAVA_LONG, 32, control.address());
        header.set(ValueLayout.JAVA_LONG, 40, CONTROL_BYTES);
        return header;
    }
}
