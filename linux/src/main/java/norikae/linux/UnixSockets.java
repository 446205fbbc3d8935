package norikae.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Pairs of connected UNIX sockets, close-on-exec; socketpair(2). */
public final class UnixSockets {

    static final int AF_UNIX = 1;
    static final int SOCK_STREAM = 1;
    static final int SOCK_SEQPACKET = 5;
    static final int SOCK_CLOEXEC = 02000000;

    private UnixSockets() {}

    public record SeqPacketPair(SeqPacketSocket ours, OwnedFd theirs) {}

    public record StreamPair(StreamSocket ours, OwnedFd theirs) {}

    public static SeqPacketPair seqPacketPair() throws LinuxException {
        OwnedFd[] ends = pair(SOCK_SEQPACKET);
        return new SeqPacketPair(new SeqPacketSocket(ends[0]), ends[1]);
    }

    public static StreamPair streamPair() throws LinuxException {
        OwnedFd[] ends = pair(SOCK_STREAM);
        return new StreamPair(new StreamSocket(ends[0]), ends[1]);
    }

    static OwnedFd[] pair(int type) throws LinuxException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment fds = arena.allocate(8, 4);
            LibC.syscall(
                    "socketpair",
                    Numbers.SOCKETPAIR,
                    "AF_UNIX, type=" + type,
                    AF_UNIX,
                    type | SOCK_CLOEXEC,
                    0,
                    fds.address());
            return new OwnedFd[] {
                new OwnedFd(fds.get(ValueLayout.JAVA_INT, 0), "socketpair"),
                new OwnedFd(fds.get(ValueLayout.JAVA_INT, 4), "socketpair")
            };
        }
    }
}
