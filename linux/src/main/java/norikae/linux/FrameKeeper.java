package norikae.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Keeps the frames that come to a bridge for one hardware address, while nobody there can take them, in a socket's buffer;
 * {@link #deliver} gives them to a link when somebody can. A sender whose segment is dropped waits for its own timer before
 * it tries again, at least 200 ms on Linux and twice as long each time; one whose segment is kept does not notice.
 *
 * <p>Frames stay as they were, with what the kernel still owes them (checksums, segmentation): between namespaces of one
 * machine checksums are never made, and a frame without would be thrown away. Thread-safe.
 */
public final class FrameKeeper implements AutoCloseable {

    private static final int SOL_SOCKET = 1;
    private static final int SO_ATTACH_FILTER = 26;
    private static final int SO_RCVBUFFORCE = 33;
    private static final int SOL_PACKET = 263;
    private static final int PACKET_ADD_MEMBERSHIP = 1;
    private static final short PACKET_MR_PROMISC = 1;
    private static final short ETH_P_ALL = 0x0003;
    private static final int MSG_TRUNC = 0x20;
    private static final int MSG_DONTWAIT = 0x40;
    private static final int OFFLOAD_HEADER_BYTES = 10; // struct virtio_net_hdr

    /** A segment that the kernel has not cut yet has up to 64 KiB, plus headers. */
    public static final int FRAME_BYTES_MAX = 72 * 1024;

    private static final int FAILURES_MAX = 1_000;

    private final PacketSocket socket;

    private FrameKeeper(PacketSocket socket) {
        this.socket = socket;
    }

    /**
     * Begins to keep, in the calling thread's network namespace.
     *
     * @param bytesMax of kernel memory; frames beyond it are lost, as on any congested link
     */
    public static FrameKeeper open(String bridge, byte[] mac, int bytesMax) throws LinuxException {
        if (mac.length != PacketSocket.MAC_BYTES) {
            throw new IllegalArgumentException("MAC address of " + mac.length + " bytes");
        }
        int index = PacketSocket.requiredIndex(bridge);
        PacketSocket socket = PacketSocket.open();
        try (Arena arena = Arena.ofConfined()) {
            socket.option(SOL_SOCKET, SO_RCVBUFFORCE, "SO_RCVBUFFORCE", bytesMax);
            socket.withOffloadHeader();
            socket.option(SOL_SOCKET, SO_ATTACH_FILTER, "SO_ATTACH_FILTER", filter(arena, mac));
            // A bridge gives its own stack, and thereby us, only what is meant for itself, unless it is promiscuous.
            socket.option(SOL_PACKET, PACKET_ADD_MEMBERSHIP, "PACKET_ADD_MEMBERSHIP", promiscuous(arena, index));
            socket.bind(index, Short.reverseBytes(ETH_P_ALL));
            return new FrameKeeper(socket);
        } catch (LinuxException e) {
            socket.close();
            throw e;
        }
    }

    /** Takes what has been kept since the last time, in the order of its arrival. */
    public List<byte[]> take() {
        List<byte[]> frames = new ArrayList<>();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(FRAME_BYTES_MAX);
            int failures = 0;
            while (failures < FAILURES_MAX) {
                long size = socket.receive(buffer, MSG_DONTWAIT | MSG_TRUNC);
                if (size == -Errno.EAGAIN.code()) {
                    break;
                }
                if (size < 0) {
                    failures++; // a link that went down, or an offload that the header has no words for: one frame less
                } else if (size > OFFLOAD_HEADER_BYTES && size <= FRAME_BYTES_MAX) {
                    frames.add(buffer.asSlice(0, size).toArray(ValueLayout.JAVA_BYTE));
                }
            }
        }
        return frames;
    }

    /**
     * Sends frames that were {@linkplain #take taken}, here or on another node, out of {@code link} of the calling thread's
     * network namespace. A frame that the link refuses is left out: its sender will repeat it.
     *
     * @return how many went out
     */
    public static int deliver(String link, List<byte[]> frames) throws LinuxException {
        if (frames.isEmpty()) {
            return 0;
        }
        int delivered = 0;
        int index = PacketSocket.requiredIndex(link);
        try (PacketSocket out = PacketSocket.open()) {
            out.withOffloadHeader();
            for (byte[] frame : frames) {
                try {
                    ByteBuffer view = ByteBuffer.wrap(frame);
                    byte[] to = new byte[PacketSocket.MAC_BYTES];
                    view.get(OFFLOAD_HEADER_BYTES, to);
                    short protocol = view.getShort(OFFLOAD_HEADER_BYTES + 2 * PacketSocket.MAC_BYTES);
                    out.send(index, Short.reverseBytes(protocol), to, frame);
                    delivered++;
                } catch (LinuxException | IndexOutOfBoundsException e) {
                    // too short or too long for this link
                }
            }
        }
        return delivered;
    }

    /** A classic BPF program (networking/filter.rst of the kernel's documentation): is the destination this address? */
    private static MemorySegment filter(Arena arena, byte[] mac) {
        ByteBuffer address = ByteBuffer.wrap(mac);
        long[] program = {
            instruction(0x20, 0, 0, 0), // load the first four bytes
            instruction(0x15, 0, 3, address.getInt(0)),
            instruction(0x28, 0, 0, 4), // load the other two
            instruction(0x15, 0, 1, Short.toUnsignedInt(address.getShort(4))),
            instruction(0x06, 0, 0, -1), // all of it
            instruction(0x06, 0, 0, 0), // nothing
        };
        MemorySegment fprog = arena.allocate(16, 8); // struct sock_fprog
        fprog.set(ValueLayout.JAVA_SHORT, 0, (short) program.length);
        fprog.set(
                ValueLayout.JAVA_LONG,
                8,
                arena.allocateFrom(ValueLayout.JAVA_LONG, program).address());
        return fprog;
    }

    /** {@code struct sock_filter}, little endian: 16 bits of code, two jumps of 8, 32 of operand. */
    private static long instruction(int code, int ifTrue, int ifFalse, int operand) {
        return code | (long) ifTrue << 16 | (long) ifFalse << 24 | (long) operand << 32;
    }

    private static MemorySegment promiscuous(Arena arena, int index) {
        MemorySegment request = arena.allocate(16, 4); // struct packet_mreq
        request.set(ValueLayout.JAVA_INT, 0, index);
        request.set(ValueLayout.JAVA_SHORT, 4, PACKET_MR_PROMISC);
        return request;
    }

    /** What has not been taken is lost. */
    @Override
    public void close() {
        socket.close();
    }
}
