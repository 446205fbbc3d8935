package norikae.lab;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Held by the one command that builds or removes a laboratory; the kernel lets it go when its holder dies. */
final class LabLock implements AutoCloseable {

    private final Path file;
    private final FileChannel channel;

    private LabLock(Path file, FileChannel channel) {
        this.file = file;
        this.channel = channel;
    }

    /** Takes it, or fails at once if another has it. */
    static LabLock take(String lab) {
        @Nullable LabLock lock = tryTake(lab);
        if (lock == null) {
            throw new LabException("another command is building or removing laboratory " + lab + ": wait for it");
        }
        return lock;
    }

    /** Takes it as soon as it is free. */
    static LabLock await(String lab, Duration patience) {
        AtomicReference<@Nullable LabLock> taken = new AtomicReference<>();
        Waiting.until(patience, () -> "another command to finish its work on laboratory " + lab, () -> {
            taken.set(tryTake(lab));
            return taken.get() != null;
        });
        return Objects.requireNonNull(taken.get());
    }

    private static @Nullable LabLock tryTake(String lab) {
        Path file = LabDirectories.RUN_ROOT.resolve(lab + ".lock");
        try {
            Files.createDirectories(LabDirectories.RUN_ROOT);
            FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            @Nullable FileLock lock = tryLock(channel);
            if (lock == null) {
                channel.close();
                return null;
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
