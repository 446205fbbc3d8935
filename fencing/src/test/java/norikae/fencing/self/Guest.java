package norikae.fencing.self;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;

/** A machine that QEMU emulates, with a watchdog card in it. Thread-safe. */
final class Guest implements AutoCloseable {

    /** What its console or QEMU's monitor said, and when. */
    record Line(long atNanos, String text) {}

    private static final long LOOK_NANOS = 20_000_000;

    private final List<Line> lines = new CopyOnWriteArrayList<>();
    private final Process qemu;
    private final SocketChannel monitor;

    private Guest(Process qemu, SocketChannel monitor) {
        this.qemu = qemu;
        this.monitor = monitor;
    }

    /**
     * Boots one.
     *
     * @param disk that it shares with this machine
     * @param work has room for a socket
     */
    static Guest boot(Path kernel, Path archive, Path disk, Path work) throws IOException {
        Path socket = work.resolve("qmp");
        Process qemu = new ProcessBuilder(List.of(
                        "qemu-system-x86_64",
                        "-machine",
                        "q35",
                        "-accel",
                        "tcg,thread=multi",
                        "-cpu",
                        "max",
                        "-smp",
                        "2",
                        "-m",
                        "768",
                        "-nodefaults",
                        "-no-user-config",
                        "-nographic",
                        "-serial",
                        "stdio",
                        "-kernel",
                        kernel.toString(),
                        "-initrd",
                        archive.toString(),
                        // A guest that panics shall end, not hang.
                        "-append",
                        "console=ttyS0 quiet panic=-1",
                        "-device",
                        "i6300esb",
                        "-action",
                        "watchdog=reset",
                        "-drive",
                        "if=virtio,format=raw,file=" + disk,
                        "-qmp",
                        "unix:" + socket + ",server=on,wait=off"))
                .redirectErrorStream(true)
                .start();
        try {
            Guest guest = new Guest(qemu, connect(qemu, socket));
            guest.follow("console", qemu.getInputStream());
            guest.follow("monitor", Channels.newInputStream(guest.monitor));
            guest.monitor.write(
                    ByteBuffer.wrap("{\"execute\":\"qmp_capabilities\"}\n".getBytes(StandardCharsets.UTF_8)));
            return guest;
        } catch (IOException | RuntimeException e) {
            qemu.destroyForcibly();
            throw e;
        }
    }

    private static SocketChannel connect(Process qemu, Path socket) throws IOException {
        while (true) {
            if (Files.exists(socket)) {
                try {
                    return SocketChannel.open(UnixDomainSocketAddress.of(socket));
                } catch (IOException e) {
                    LockSupport.parkNanos(LOOK_NANOS); // bound, and not listening yet
                }
            }
            if (!qemu.isAlive()) {
                throw new IOException("QEMU did not start: "
                        + new String(qemu.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
            }
            LockSupport.parkNanos(LOOK_NANOS);
        }
    }

    private void follow(String what, InputStream from) {
        Thread.ofPlatform().daemon().name("guest-" + what).start(() -> {
            try (BufferedReader reader = new BufferedReader(new InputStreamReader(from, StandardCharsets.UTF_8))) {
                for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                    lines.add(new Line(System.nanoTime(), line.strip()));
                }
            } catch (IOException e) {
                if (qemu.isAlive() && monitor.isOpen()) {
                    throw new UncheckedIOException(e);
                }
            }
        });
    }

    /** The first line that holds {@code text} and is at or after {@code from}; all lines are told if it does not come. */
    Line await(String text, Line from, Duration patience) {
        long deadline = System.nanoTime() + patience.toNanos();
        while (true) {
            boolean alive = qemu.isAlive();
            Predicate<Line> wanted =
                    line -> line.atNanos() - from.atNanos() >= 0 && line.text().contains(text);
            Line found = lines.stream().filter(wanted).findFirst().orElse(null);
            if (found != null) {
                return found;
            }
            if (!alive || System.nanoTime() - deadline > 0) {
                throw new AssertionError("'" + text + "' did not come within " + patience
                        + (alive ? "" : ", QEMU ended")
                        + "; the guest said:\n"
                        + String.join("\n", lines.stream().map(Line::text).toList()));
            }
            LockSupport.parkNanos(LOOK_NANOS);
        }
    }

    List<Line> lines() {
        return List.copyOf(lines);
    }

    @Override
    public void close() throws IOException {
        monitor.close();
        qemu.destroyForcibly();
        try {
            if (!qemu.waitFor(10, TimeUnit.SECONDS)) {
                throw new IOException("QEMU does not die");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
