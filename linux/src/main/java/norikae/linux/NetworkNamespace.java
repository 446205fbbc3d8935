package norikae.linux;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * A network namespace that something keeps alive: a file under /run/netns or a process. Thread-safe.
 *
 * <p>Named namespaces are made as ip-netns(8) makes them, so {@code ip -n NAME} works with ours.
 */
public final class NetworkNamespace {

    private static final Path NAMED = Path.of("/run/netns");
    private static final long CLONE_NEWNET = 0x40000000L;
    private static final int MS_BIND = 4096;
    private static final int MS_REC = 16384;
    private static final int MS_SHARED = 1 << 20;

    private final Path path;

    private NetworkNamespace(Path path) {
        this.path = path;
    }

    public static NetworkNamespace of(Path path) {
        return new NetworkNamespace(path);
    }

    /** The namespace in which a process is. */
    public static NetworkNamespace ofProcess(int pid) {
        return new NetworkNamespace(Path.of("/proc/" + pid + "/ns/net"));
    }

    /** The namespace of this name, whether or not it is there. */
    public static NetworkNamespace named(String name) {
        return new NetworkNamespace(file(name));
    }

    public static boolean exists(String name) {
        return Files.exists(file(name));
    }

    /** Makes a new, empty namespace. @throws IOException if the name is taken */
    public static NetworkNamespace create(String name) throws IOException {
        Path file = file(name);
        shareDirectory();
        Files.createFile(file);
        boolean made = false;
        try {
            onOwnThread("netns-" + name, () -> {
                LibC.syscall("unshare", Numbers.UNSHARE, "CLONE_NEWNET", CLONE_NEWNET);
                Mounts.mount("/proc/thread-self/ns/net", file, "none", MS_BIND, "");
                return null;
            });
            made = true;
        } finally {
            if (!made) {
                Files.deleteIfExists(file);
            }
        }
        return new NetworkNamespace(file);
    }

    /** What is mounted below must be seen from mount namespaces that were made before it. One thread at a time. */
    private static synchronized void shareDirectory() throws IOException {
        Files.createDirectories(NAMED);
        if (!Mounts.isMountPoint(NAMED)) {
            Mounts.mount(NAMED.toString(), NAMED, "none", MS_BIND | MS_REC, "");
            Mounts.mount("none", NAMED, "none", MS_SHARED | MS_REC, "");
        }
    }

    private static Path file(String name) {
        if (name.isEmpty() || name.equals(".") || name.equals("..") || name.indexOf('/') >= 0) {
            throw new IllegalArgumentException("network namespace name '" + name + "': use a plain file name");
        }
        return NAMED.resolve(name);
    }

    /** Removes a named namespace; its links vanish when the last process has left it. Does nothing if it is not there. */
    public static void delete(String name) throws IOException {
        Path file = file(name);
        if (!Files.exists(file)) {
            return;
        }
        if (Mounts.isMountPoint(file)) {
            Mounts.unmount(file, true);
        }
        Files.deleteIfExists(file);
    }

    public Path path() {
        return path;
    }

    /** The number by which the kernel, and CRIU, knows it. */
    public long inode() throws IOException {
        return ((Number) Objects.requireNonNull(Files.getAttribute(path, "unix:ino"))).longValue();
    }

    /** A descriptor of it, for whoever is to enter it. */
    public OwnedFd open() throws LinuxException {
        return OwnedFd.open(path, OwnedFd.O_RDONLY, 0);
    }

    /**
     * Runs {@code work} inside, on a thread that does nothing else and then dies: namespaces belong to threads. An
     * interrupt of the caller is handed on to {@code work}, whose end is waited for all the same.
     */
    public <T> T call(Callable<T> work) throws IOException {
        return onOwnThread("in-" + path.getFileName(), () -> {
            try (OwnedFd fd = open()) {
                LibC.syscall("setns", Numbers.SETNS, path.toString(), fd.fd(), CLONE_NEWNET);
            }
            return work.call();
        });
    }

    private static <T> T onOwnThread(String name, Callable<T> work) throws IOException {
        FutureTask<T> task = new FutureTask<>(work);
        Thread thread = Thread.ofPlatform().name(name).daemon().start(task);
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return task.get();
                } catch (InterruptedException e) {
                    // Handed on, and waited for: work half done behind the caller's back could not be undone.
                    interrupted = true;
                    thread.interrupt();
                }
            }
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case IOException io -> throw io;
                case RuntimeException runtime -> throw runtime;
                case Error error -> throw error;
                case null, default -> throw new IOException(name + " failed", e.getCause());
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
