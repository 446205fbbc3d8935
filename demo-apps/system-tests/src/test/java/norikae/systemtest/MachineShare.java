package norikae.systemtest;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Test classes run two at a time, each in a JVM of its own. A large laboratory would leave nothing of the machine for another one, and
 * both would be judged by it; so whoever boots one waits until it is alone, and others wait for it. Confined to one thread.
 */
final class MachineShare implements AutoCloseable {

    private static final Path FILE = Path.of(System.getProperty("java.io.tmpdir"), "norikae-system-tests.lock");

    private final FileChannel channel;

    private MachineShare(FileChannel channel) {
        this.channel = channel;
    }

    static MachineShare take(boolean alone) {
        try {
            FileChannel channel = FileChannel.open(
                    FILE, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
            FileLock held = channel.lock(0, Long.MAX_VALUE, !alone);
            assert held.isValid();
            return new MachineShare(channel);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
