package norikae.linux;

import java.lang.foreign.Arena;
import java.lang.ref.Cleaner;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A file descriptor that belongs to this object and is closed with it. Thread-safe; yet whoever closes it must know that
 * nobody is inside a call on it, because the number may be another file's a moment later.
 */
public final class OwnedFd implements AutoCloseable {

    public static final int O_RDONLY = 0;
    public static final int O_WRONLY = 1;
    public static final int O_RDWR = 2;
    public static final int O_CREAT = 0100;
    public static final int O_EXCL = 0200;
    public static final int O_TRUNC = 01000;
    public static final int O_APPEND = 02000;
    public static final int O_DIRECTORY = 0200000;

    private static final int O_CLOEXEC = 02000000;
    private static final long AT_FDCWD = -100;
    private static final int F_DUPFD_CLOEXEC = 1030;
    private static final Logger LOG = LoggerFactory.getLogger(OwnedFd.class);
    private static final Cleaner CLEANER = Cleaner.create();

    private final State state;
    private final Cleaner.Cleanable cleanable;

    private record State(int fd, String what, AtomicBoolean closed) implements Runnable {
        @Override
        public void run() {
            if (!closed.getAndSet(true)) {
                LOG.error("descriptor {} ({}) was never closed; closing it now", fd, what);
                close0(fd);
            }
        }
    }

    OwnedFd(int fd, String what) {
        this.state = new State(fd, what, new AtomicBoolean());
        this.cleanable = CLEANER.register(this, state);
    }

    /** Opens a file, close-on-exec. */
    public static OwnedFd open(Path path, int flags, int mode) throws LinuxException {
        try (Arena arena = Arena.ofConfined()) {
            long name = arena.allocateFrom(path.toString()).address();
            long fd = LibC.syscall("open", Numbers.OPENAT, path.toString(), AT_FDCWD, name, flags | O_CLOEXEC, mode);
            return new OwnedFd((int) fd, path.toString());
        }
    }

    public int fd() {
        if (state.closed().get()) {
            throw new IllegalStateException("descriptor " + state.fd() + " (" + state.what() + ") is closed");
        }
        return state.fd();
    }

    /** Another descriptor of the same open file, with a number of at least {@code lowest}. */
    public OwnedFd duplicate(int lowest) throws LinuxException {
        long fd = LibC.syscall("fcntl", Numbers.FCNTL, "F_DUPFD_CLOEXEC " + fd(), fd(), F_DUPFD_CLOEXEC, lowest);
        return new OwnedFd((int) fd, state.what());
    }

    @Override
    public void close() {
        if (!state.closed().getAndSet(true)) {
            close0(state.fd());
        }
        cleanable.clean();
    }

    private static void close0(int fd) {
        // Never repeated, not even after EINTR: the number is free by then, and another thread may have got it.
        long result = LibC.syscallOnce(Numbers.CLOSE, fd);
        if (result < 0 && result != -Errno.EINTR.code()) {
            LOG.error(
                    "{}", LinuxException.of("close", (int) -result, "fd=" + fd).getMessage());
        }
    }

    @Override
    public String toString() {
        return state.what() + " (fd " + state.fd() + ")";
    }
}
