package norikae.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** A socket for whole frames of the calling thread's network namespace; packet(7). As thread-safe as its descriptor. */
final class PacketSocket implements AutoCloseable {

    static final int MAC_BYTES = 6;

    private static final int AF_PACKET = 17;
    private static final int SOCK_RAW = 3;
    private static final int SOL_PACKET = 263;
    private static final int PACKET_VNET_HDR = 15;
    private static final int SOCKADDR_LL_BYTES = 20;

    private final OwnedFd socket;

    private PacketSocket(OwnedFd socket) {
        this.socket = socket;
    }

    /** One that receives nothing until it is bound. */
    static PacketSocket open() throws LinuxException {
        return new PacketSocket(new OwnedFd(
                (int) LibC.syscall(
                        "socket", Numbers.SOCKET, "AF_PACKET", AF_PACKET, SOCK_RAW | UnixSockets.SOCK_CLOEXEC, 0),
                "packet socket"));
    }

    static int requiredIndex(String link) throws LinuxException {
        return LinkLayer.index(link).orElseThrow(() -> new LinuxException("packet", Errno.ENODEV, "link=" + link));
    }

    /**
     * From here on every frame comes and goes with a {@code struct virtio_net_hdr} before it, which says what the kernel
     * still owes it: a checksum, or cutting to the size of the link.
     */
    void withOffloadHeader() throws LinuxException {
        option(SOL_PACKET, PACKET_VNET_HDR, "PACKET_VNET_HDR", 1);
    }

    /** Receives frames of {@code protocol} (in network byte order) on one link. */
    void bind(int linkIndex, short protocol) throws LinuxException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment address = address(arena, linkIndex, protocol, new byte[0]);
            LibC.syscall("bind", Numbers.BIND, "packet socket", socket.fd(), address.address(), SOCKADDR_LL_BYTES);
        }
    }

    void option(int level, int name, String title, int value) throws LinuxException {
        try (Arena arena = Arena.ofConfined()) {
            option(level, name, title, arena.allocateFrom(ValueLayout.JAVA_INT, value));
        }
    }

    void option(int level, int name, String title, MemorySegment value) throws LinuxException {
        LibC.syscall(
                "setsockopt", Numbers.SETSOCKOPT, title, socket.fd(), level, name, value.address(), value.byteSize());
    }

    /** Sends {@code frame} out of a link. */
    void send(int linkIndex, short protocol, byte[] to, byte[] frame) throws LinuxException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment address = address(arena, linkIndex, protocol, to);
            MemorySegment data = arena.allocateFrom(ValueLayout.JAVA_BYTE, frame);
            LibC.syscall(
                    "sendto",
                    Numbers.SENDTO,
                    "frame of " + frame.length + " bytes",
                    socket.fd(),
                    data.address(),
                    frame.length,
                    0,
                    address.address(),
                    SOCKADDR_LL_BYTES);
        }
    }

    /** One {@code recvfrom} with these flags: its length, or the negative errno. */
    long receive(MemorySegment buffer, int flags) {
        return LibC.syscallOnce(Numbers.RECVFROM, socket.fd(), buffer.address(), buffer.byteSize(), flags, 0, 0);
    }

    private static MemorySegment address(Arena arena, int linkIndex, short protocol, byte[] mac) {
        MemorySegment address = arena.allocate(SOCKADDR_LL_BYTES, 4); // struct sockaddr_ll, packet(7)
        address.set(ValueLayout.JAVA_SHORT, 0, (short) AF_PACKET);
        address.set(ValueLayout.JAVA_SHORT, 2, protocol);
        address.set(ValueLayout.JAVA_INT, 4, linkIndex);
        address.set(ValueLayout.JAVA_BYTE, 11, (byte) mac.length);
        MemorySegment.copy(mac, 0, address, ValueLayout.JAVA_BYTE, 12, mac.length);
        return address;
    }

    @Override
    public void close() {
        socket.close();
    }
}
