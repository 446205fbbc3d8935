package norikae.linux;

import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Lets frames of certain links through their bridge only until an agreed time, and leaves it to the kernel to stop them: the
 * rules drop every frame whose protocol is not in a set, and what is in the set times out. So nobody has to be awake for the
 * gate to shut, and a process that stood still and goes on cannot be heard again before its lease has been renewed.
 *
 * <p>Confined to one thread, in whose network namespace it works. What it was last told holds when the program ends.
 */
public final class PacketGate implements AutoCloseable {

    /** Nothing shuts it. */
    public static final long FOR_EVER = Long.MAX_VALUE;

    private static final String TABLE = "norikae_gate";
    private static final String SET = "open";
    private static final short[] PROTOCOLS = {0x0800, 0x0806}; // IPv4 and ARP: all that a service's link carries

    private static final int AF_NETLINK = 16;
    private static final int SOCK_RAW = 3;
    private static final int NETLINK_NETFILTER = 12;
    private static final short NLMSG_ERROR = 2;
    private static final int ANSWER_BYTES_MAX = 16 << 10;
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    private final Arena arena = Arena.ofShared();
    private final OwnedFd fd;
    private final MemorySegment out = arena.allocate(1024, 4);
    private final MemorySegment in = arena.allocate(ANSWER_BYTES_MAX, 4);
    private int sequence = 1;

    private PacketGate(OwnedFd fd) {
        this.fd = fd;
    }

    /**
     * Makes the gate if it is not there; one that is there stays as it was last told. A new one is shut.
     *
     * @param links the links that it is for, as a pattern such as {@code nk*}
     */
    public static PacketGate open(String links) throws IOException {
        if (!links.matches("[a-z0-9_.-]{1,14}\\*?")) {
            throw new IllegalArgumentException("'" + links + "' is no pattern of link names");
        }
        nft(rules(links));
        long fd = LibC.syscall(
                "socket",
                Numbers.SOCKET,
                "AF_NETLINK, NETLINK_NETFILTER",
                AF_NETLINK,
                SOCK_RAW | UnixSockets.SOCK_CLOEXEC,
                NETLINK_NETFILTER);
        return new PacketGate(new OwnedFd((int) fd, "netfilter socket"));
    }

    /** Its chains anew, but never its set: between two of a kind the gate must not flicker. */
    private static String rules(String links) {
        StringBuilder script = new StringBuilder("add table bridge " + TABLE + "\n");
        script.append("add set bridge " + TABLE + " " + SET + " { type ether_type; flags timeout; }\n");
        for (String hook : new String[] {"input", "forward", "output"}) {
            script.append("add chain bridge " + TABLE + " " + hook + " { type filter hook " + hook
                    + " priority 0; policy accept; }\n");
            script.append("flush chain bridge " + TABLE + " " + hook + "\n");
            if (!hook.equals("output")) {
                script.append(rule(hook, "iifname", links));
            }
            if (!hook.equals("input")) {
                script.append(rule(hook, "oifname", links));
            }
        }
        return script.toString();
    }

    private static String rule(String hook, String match, String links) {
        return "add rule bridge " + TABLE + " " + hook + " " + match + " \"" + links + "\" ether type != @" + SET
                + " drop\n";
    }

    /**
     * Frames pass for so long from now on, whatever was said before.
     *
     * @param nanos 0 or less shuts the gate; {@link #FOR_EVER} takes the limit away
     */
    public void openFor(long nanos) throws IOException {
        long millis = nanos == FOR_EVER ? 0 : nanos / 1_000_000; // rounded down: never longer than allowed
        NetfilterBatch batch = new NetfilterBatch(sequence).flush(TABLE, SET);
        if (nanos == FOR_EVER || millis > 0) {
            batch.add(TABLE, SET, millis, PROTOCOLS);
        }
        byte[] bytes = batch.finished();
        sequence += 16;
        MemorySegment.copy(bytes, 0, out, ValueLayout.JAVA_BYTE, 0, bytes.length);
        LibC.syscall("sendto", Numbers.SENDTO, "packet gate", fd.fd(), out.address(), bytes.length, 0, 0, 0);
        for (int left = batch.acknowledgements(); left > 0; ) {
            left -= receive(batch);
        }
    }

    /** The number of messages that were acknowledged. */
    private int receive(NetfilterBatch batch) throws IOException {
        if (!Poll.readable(fd, PATIENCE)) {
            throw LinuxException.of("recvfrom", Errno.ETIMEDOUT.code(), "packet gate");
        }
        long got = LibC.syscall(
                "recvfrom", Numbers.RECVFROM, "packet gate", fd.fd(), in.address(), ANSWER_BYTES_MAX, 0, 0, 0);
        ByteBuffer answer = in.asSlice(0, got).asByteBuffer().order(ByteOrder.nativeOrder());
        int acknowledged = 0;
        while (answer.remaining() >= NetfilterBatch.headerBytes() + 4) {
            int at = answer.position();
            int length = answer.getInt(at);
            if (length < NetfilterBatch.headerBytes() + 4 || length > answer.remaining()) {
                throw new IOException("the kernel's answer about the packet gate cannot be read: length " + length
                        + " of " + answer.remaining() + " bytes");
            }
            if (answer.getShort(at + 4) == NLMSG_ERROR && batch.has(answer.getInt(at + 8))) {
                int error = -answer.getInt(at + NetfilterBatch.headerBytes());
                if (error != 0) {
                    throw LinuxException.of("nf_tables", error, "packet gate, set " + SET + " of table " + TABLE);
                }
                acknowledged++;
            }
            answer.position(Math.min(answer.limit(), at + length + RouteMessage.padding(length)));
        }
        return acknowledged;
    }

    /** Takes the gate away: everything passes. */
    public static void remove() throws IOException {
        nft("add table bridge " + TABLE + "\ndelete table bridge " + TABLE + "\n");
    }

    private static void nft(String script) throws IOException {
        ProcessBuilder builder = new ProcessBuilder("nft", "-f", "-").redirectErrorStream(true);
        builder.environment().merge("PATH", "/usr/sbin:/sbin", (path, sbin) -> path + ":" + sbin);
        Process nft = builder.start();
        try {
            try (OutputStream input = nft.getOutputStream()) {
                input.write(script.getBytes(StandardCharsets.US_ASCII));
            }
            String said = new String(nft.getInputStream().readNBytes(8192), StandardCharsets.UTF_8).strip();
            if (!nft.waitFor(10, TimeUnit.SECONDS)) {
                throw new IOException("nft did not end within 10 s: " + said);
            }
            if (nft.exitValue() != 0) {
                throw new IOException("the packet gate cannot be set up, nft says: " + said.replace('\n', ' ')
                        + "; does the kernel have nf_tables for bridges?");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while nft ran", e);
        } finally {
            nft.destroyForcibly();
        }
    }

    @Override
    public void close() {
        fd.close();
        arena.close();
    }
}
