package norikae.lab;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/** Held by the one command that builds or removes a laboratory; the kernel lets it go when its holder dies. */
final class LabLock implements AutoCloseable {

    private final Path file;
    private final FileChannel channel;

    private LabLock(Path file, FileChannel channel) {
        this.file = file;
        this.channel = channel;
    }

    static LabLock take(String lab) {
        Path file = LabDirectories.RUN_ROOT.resolve(lab + ".lock");
        try {
            Files.createDirectories(LabDirectories.RUN_ROOT);
            FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            @Nullable FileLock lock = tryLock(channel);
            if (lock == null) {
                channel.close();
                throw new LabException("another command is building or removing laboratory " + lab + ": wait for it");
            }
            return new LabLock(file, channel);
        } catch (IOException e) {
            throw new LabException("cannot lock " + file + ": " + e, e);
        }
    }

    private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException e) {
            return null;
        }
    }

    @Override
    public void close() {
        try {
            Files.deleteIfExists(file);
            channel.close();
            Files.deleteIfExists(LabDirectories.RUN_ROOT);
        } catch (IOException e) {
            // The folder is in use by a laboratory.
        }
    }
}
