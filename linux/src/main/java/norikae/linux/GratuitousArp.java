package norikae.linux;

import java.net.Inet4Address;
import java.nio.ByteBuffer;

/** Tells everybody on a link where an address now is: a gratuitous ARP announcement (RFC 5227, section 2.3). Thread-safe. */
public final class GratuitousArp {

    private static final short ETHERTYPE_ARP = 0x0806;
    private static final byte[] BROADCAST = {-1, -1, -1, -1, -1, -1};
    private static final int FRAME_BYTES = 42;

    private GratuitousArp() {}

    /** Sends one on {@code link} of the calling thread's network namespace. */
    public static void send(String link, Inet4Address address, byte[] mac) throws LinuxException {
        if (mac.length != PacketSocket.MAC_BYTES) {
            throw new IllegalArgumentException(
                    "MAC address of " + mac.length + " bytes, not " + PacketSocket.MAC_BYTES);
        }
        byte[] frame = frame(address.getAddress(), mac);
        int index = PacketSocket.requiredIndex(link);
        try (PacketSocket socket = PacketSocket.open()) {
            socket.send(index, Short.reverseBytes(ETHERTYPE_ARP), BROADCAST, frame);
        }
    }

    private static byte[] frame(byte[] ip, byte[] mac) {
        return ByteBuffer.allocate(FRAME_BYTES)
                .put(BROADCAST)
                .put(mac)
                .putShort(ETHERTYPE_ARP)
                .putShort((short) 1) // Ethernet
                .putShort((short) 0x0800) // IPv4
                .put((byte) PacketSocket.MAC_BYTES)
                .put((byte) 4)
                .putShort((short) 1) // request: announcements are requests for one's own address
                .put(mac)
                .put(ip)
                .put(new byte[PacketSocket.MAC_BYTES])
                .put(ip)
                .array();
    }
}
