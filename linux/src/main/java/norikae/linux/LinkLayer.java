package norikae.linux;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Network links of the calling thread's network namespace. Thread-safe.
 *
 * <p>What stands in the pause of a move (a link in or out of its bridge) is one ioctl of netdevice(7); what is set up
 * before or after it goes through ip-batch(8), one process for all of it.
 */
public final class LinkLayer {

    private static final int AF_INET = 2;
    private static final int SOCK_DGRAM = 2;
    private static final long SIOCGIFINDEX = 0x8933;
    private static final long SIOCBRADDIF = 0x89a2;
    private static final long SIOCBRDELIF = 0x89a3;
    private static final int NAME_BYTES = 16;
    private static final int IFREQ_BYTES = 40;
    private static final Duration IP_PATIENCE = Duration.ofSeconds(10);

    private LinkLayer() {}

    /** The kernel's number of a link; empty if there is none of this name. */
    public static Optional<Integer> index(String link) throws LinuxException {
        try (Arena arena = Arena.ofConfined();
                OwnedFd socket = socket()) {
            MemorySegment request = request(arena, link);
            LibC.syscall("ioctl", Numbers.IOCTL, "SIOCGIFINDEX " + link, socket.fd(), SIOCGIFINDEX, request.address());
            return Optional.of(request.get(ValueLayout.JAVA_INT, NAME_BYTES));
        } catch (LinuxException e) {
            if (e.errno() == Errno.ENODEV) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /** Puts {@code link} into {@code bridge}; does nothing if it is in there. */
    public static void join(String link, String bridge) throws LinuxException {
        try {
            bridgeIoctl("SIOCBRADDIF", SIOCBRADDIF, link, bridge);
        } catch (LinuxException e) {
            if (e.errno() != Errno.EBUSY) {
                throw e;
            }
        }
    }

    /** Takes {@code link} out of {@code bridge}; its carrier stays. Does nothing if it is not in there. */
    public static void leave(String link, String bridge) throws LinuxException {
        try {
            bridgeIoctl("SIOCBRDELIF", SIOCBRDELIF, link, bridge);
        } catch (LinuxException e) {
            if (e.errno() != Errno.EINVAL) {
                throw e;
            }
        }
    }

    private static void bridgeIoctl(String name, long number, String link, String bridge) throws LinuxException {
        int index = index(link).orElseThrow(() -> new LinuxException(name, "link " + link, Errno.ENODEV));
        try (Arena arena = Arena.ofConfined();
                OwnedFd socket = socket()) {
            MemorySegment request = request(arena, bridge);
            request.set(ValueLayout.JAVA_INT, NAME_BYTES, index);
            LibC.syscall(
                    "ioctl",
                    Numbers.IOCTL,
                    name + " bridge=" + bridge + ", link=" + link,
                    socket.fd(),
                    number,
                    request.address());
        }
    }

    /** Runs lines of ip(8), such as {@code link set lo up}, all or up to the first that fails. */
    public static void ip(List<String> lines) throws IOException {
        ip(List.of(), lines);
    }

    /** The same inside a named network namespace. */
    public static void ipIn(String namespace, List<String> lines) throws IOException {
        ip(List.of("-n", namespace), lines);
    }

    private static void ip(List<String> options, List<String> lines) throws IOException {
        List<String> command = new ArrayList<>(List.of("ip"));
        command.addAll(options);
        command.addAll(List.of("-batch", "-"));
        UnixSockets.StreamPair in = UnixSockets.streamPair();
        UnixSockets.StreamPair err = UnixSockets.streamPair();
        try (StreamSocket input = in.ours();
                StreamSocket errors = err.ours();
                ChildProcess ip = start(command, in.theirs(), err.theirs())) {
            byte[] text = (String.join("\n", lines) + "\n").getBytes(StandardCharsets.UTF_8);
            input.write(
                    java.nio.ByteBuffer.allocateDirect(text.length).put(text).flip());
            input.shutdownOutput();
            String message = readText(errors);
            ExitStatus status = ip.awaitExit(IP_PATIENCE)
                    .orElseThrow(() -> new IOException("ip did not end within " + IP_PATIENCE + ": " + lines));
            if (!status.success()) {
                throw new IOException("ip " + status + ": " + message.strip().replace('\n', ' ') + " in " + lines);
            }
        }
    }

    private static ChildProcess start(List<String> command, OwnedFd in, OwnedFd err) throws IOException {
        try (in;
                err) {
            return Spawn.of(command)
                    .environment(Map.of("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL", "C"))
                    .inherit(in, 0)
                    .inherit(err, 2)
                    .start();
        }
    }

    private static String readText(StreamSocket from) throws LinuxException {
        java.nio.ByteBuffer buffer = java.nio.ByteBuffer.allocateDirect(8192);
        while (buffer.hasRemaining() && from.read(buffer) >= 0) {
            // until the end, or until there is enough to say what is wrong
        }
        return StandardCharsets.UTF_8.decode(buffer.flip()).toString();
    }

    private static OwnedFd socket() throws LinuxException {
        long fd = LibC.syscall("socket", Numbers.SOCKET, "AF_INET", AF_INET, SOCK_DGRAM | UnixSockets.SOCK_CLOEXEC, 0);
        return new OwnedFd((int) fd, "socket for ioctl");
    }

    private static MemorySegment request(Arena arena, String name) {
        byte[] bytes = name.getBytes(StandardCharsets.US_ASCII);
        if (bytes.length == 0 || bytes.length >= NAME_BYTES) {
            throw new IllegalArgumentException(
                    "link name '" + name + "' has " + bytes.length + " characters: use 1 to " + (NAME_BYTES - 1));
        }
        MemorySegment request = arena.allocate(IFREQ_BYTES, 8);
        MemorySegment.copy(MemorySegment.ofArray(Arrays.copyOf(bytes, NAME_BYTES)), 0, request, 0, NAME_BYTES);
        return request;
    }
}
