package norikae.linux;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/** A UNIX stream socket that waits for connections at a path; unix(7). One thread accepts. */
public final class UnixListener implements AutoCloseable {

    /** Room for the path in struct sockaddr_un, with the zero at its end. */
    private static final int PATH_BYTES_MAX = 107;

    private final OwnedFd fd;
    private final Path path;

    private UnixListener(OwnedFd fd, Path path) {
        this.fd = fd;
        this.path = path;
    }

    /** Listens at {@code path}; what an earlier listener left there is removed. */
    public static UnixListener at(Path path) throws IOException {
        byte[] name = path.toString().getBytes(StandardCharsets.UTF_8);
        if (name.length > PATH_BYTES_MAX) {
            throw new IOException("socket path " + path + " is " + name.length + " bytes long, at most "
                    + PATH_BYTES_MAX + " are possible");
        }
        Files.deleteIfExists(path);
        OwnedFd fd = new OwnedFd(
                (int) LibC.syscall(
                        "socket",
                        Numbers.SOCKET,
                        "AF_UNIX",
                        UnixSockets.AF_UNIX,
                        UnixSockets.SOCK_STREAM | UnixSockets.SOCK_CLOEXEC,
                        0),
                "listener " + path);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment address = arena.allocate(2 + name.length + 1L, 2);
            address.set(ValueLayout.JAVA_SHORT, 0, (short) UnixSockets.AF_UNIX);
            MemorySegment.copy(name, 0, address, ValueLayout.JAVA_BYTE, 2, name.length);
            LibC.syscall("bind", Numbers.BIND, path.toString(), fd.fd(), address.address(), address.byteSize());
            LibC.syscall("listen", Numbers.LISTEN, path.toString(), fd.fd(), 1);
            return new UnixListener(fd, path);
        } catch (LinuxException e) {
            fd.close();
            throw e;
        }
    }

    /** The next connection; empty if none came in time. */
    public Optional<StreamSocket> accept(Duration patience) throws LinuxException {
        if (!Poll.readable(fd, patience)) {
            return Optional.empty();
        }
        long accepted =
                LibC.syscall("accept", Numbers.ACCEPT4, path.toString(), fd.fd(), 0, 0, UnixSockets.SOCK_CLOEXEC);
        return Optional.of(new StreamSocket(new OwnedFd((int) accepted, "connection to " + path)));
    }

    @Override
    public void close() {
        fd.close();
    }
}
