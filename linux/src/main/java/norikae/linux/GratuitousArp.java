package norikae.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.Inet4Address;
import java.nio.ByteBuffer;

/** Tells everybody on a link where an address now is: a gratuitous ARP announcement (RFC 5227, section 2.3). Thread-safe. */
public final class GratuitousArp {

    private static final int AF_PACKET = 17;
    private static final int SOCK_RAW = 3;
    private static final short ETHERTYPE_ARP = 0x0806;
    private static final int MAC_BYTES = 6;
    private static final int FRAME_BYTES = 42;
    private static final int SOCKADDR_LL_BYTES = 20;

    private GratuitousArp() {}

    /** Sends one on {@code link} of the calling thread's network namespace. */
    public static void send(String link, Inet4Address address, byte[] mac) throws LinuxException {
        if (mac.length != MAC_BYTES) {
            throw new IllegalArgumentException("MAC address of " + mac.length + " bytes, not " + MAC_BYTES);
        }
        int index = LinkLayer.index(link).orElseThrow(() -> new LinuxException("arp", Errno.ENODEV, "link=" + link));
        byte[] frame = frame(address.getAddress(), mac);
        try (Arena arena = Arena.ofConfined();
                OwnedFd socket = new OwnedFd(
                        (int) LibC.syscall(
                                "socket",
                                Numbers.SOCKET,
                                "AF_PACKET",
                                AF_PACKET,
                                SOCK_RAW | UnixSockets.SOCK_CLOEXEC,
                                0),
                        "packet socket")) {
            MemorySegment to = arena.allocate(SOCKADDR_LL_BYTES, 4); // struct sockaddr_ll, packet(7)
            to.set(ValueLayout.JAVA_SHORT, 0, (short) AF_PACKET);
            to.set(ValueLayout.JAVA_SHORT, 2, Short.reverseBytes(ETHERTYPE_ARP));
            to.set(ValueLayout.JAVA_INT, 4, index);
            to.set(ValueLayout.JAVA_BYTE, 11, (byte) MAC_BYTES);
            for (int i = 0; i < MAC_BYTES; i++) {
                to.set(ValueLayout.JAVA_BYTE, 12 + i, (byte) 0xff);
            }
            MemorySegment data = arena.allocateFrom(ValueLayout.JAVA_BYTE, frame);
            LibC.syscall(
                    "sendto",
                    Numbers.SENDTO,
                    "ARP on " + link,
                    socket.fd(),
                    data.address(),
                    frame.length,
                    0,
                    to.address(),
                    SOCKADDR_LL_BYTES);
        }
    }

    private static byte[] frame(byte[] ip, byte[] mac) {
        byte[] broadcast = {-1, -1, -1, -1, -1, -1};
        return ByteBuffer.allocate(FRAME_BYTES)
                .put(broadcast)
                .put(mac)
                .putShort(ETHERTYPE_ARP)
                .putShort((short) 1) // Ethernet
                .putShort((short) 0x0800) // IPv4
                .put((byte) MAC_BYTES)
                .put((byte) 4)
                .putShort((short) 1) // request: announcements are requests for one's own address
                .put(mac)
                .put(ip)
                .put(new byte[MAC_BYTES])
                .put(ip)
                .array();
    }
}
