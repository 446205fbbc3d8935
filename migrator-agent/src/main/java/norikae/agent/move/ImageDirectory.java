package norikae.agent.move;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import norikae.failover.model.MoveId;
import norikae.linux.Mounts;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The images of one move, on a tmpfs of their own: nothing of a service's memory ever rests on a disk, its size has a
 * limit that the kernel enforces, and removing it is one unmount. Thread-safe.
 */
public final class ImageDirectory {

    private static final Logger LOG = LoggerFactory.getLogger(ImageDirectory.class);

    /** For everything but memory pages: a tree of processes needs 100 KiB to some MiB. */
    static final long METADATA_BYTES_MAX = 64L << 20;

    private static final int OWNER_ONLY = 0700;

    private final Path directory;

    private ImageDirectory(Path directory) {
        this.directory = directory;
    }

    /** Mounts the directory; what an earlier attempt left there is removed first. */
    static ImageDirectory create(Path root, MoveId id, long bytesMax) throws IOException {
        Path directory = root.resolve(id.value());
        ImageDirectory images = new ImageDirectory(directory);
        images.remove();
        Files.createDirectories(directory);
        Mounts.mountTmpfs(directory, bytesMax, OWNER_ONLY);
        return images;
    }

    /** After the agent's start: an image is of no use to anybody but the agent that received or sent it. */
    public static void removeAll(Path root) throws IOException {
        if (Files.isDirectory(root)) {
            try (Stream<Path> directories = Files.list(root)) {
                directories.forEach(directory -> new ImageDirectory(directory).remove());
            }
        }
    }

    /** The directory that a move would have, whether or not it is there. */
    static ImageDirectory of(Path root, MoveId id) {
        return new ImageDirectory(root.resolve(id.value()));
    }

    Path directory() {
        return directory;
    }

    /** Idempotent. */
    void remove() {
        if (!Files.exists(directory)) {
            return;
        }
        try {
            if (Mounts.isMountPoint(directory)) {
                Mounts.unmount(directory, true);
            }
            Files.deleteIfExists(directory);
        } catch (IOException e) {
            LOG.error("image directory {} could not be removed; unmount it by hand: {}", directory, e.getMessage());
        }
    }
}
