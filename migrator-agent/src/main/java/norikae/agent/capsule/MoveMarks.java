package norikae.agent.capsule;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Two durable marks per move that comes in: that it was prepared here, and that it may have run here. Only a node that
 * finds the first and not the second may say that it never let the service run. Thread-safe.
 */
final class MoveMarks {

    private final Path directory;

    MoveMarks(Path directory) {
        this.directory = directory;
    }

    void prepared(String moveId) throws IOException {
        set(moveId + ".prepared");
    }

    void mayHaveRun(String moveId) throws IOException {
        set(moveId + ".may-have-run");
    }

    boolean hasPrepared(String moveId) {
        return Files.exists(directory.resolve(moveId + ".prepared"));
    }

    boolean hasMayHaveRun(String moveId) {
        return Files.exists(directory.resolve(moveId + ".may-have-run"));
    }

    /** Once the log knows how the move ended. */
    void forget(String moveId) throws IOException {
        Files.deleteIfExists(directory.resolve(moveId + ".prepared"));
        Files.deleteIfExists(directory.resolve(moveId + ".may-have-run"));
    }

    private void set(String name) throws IOException {
        Files.createDirectories(directory);
        try (FileChannel file =
                FileChannel.open(directory.resolve(name), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            file.force(true);
        }
        try (FileChannel parent = FileChannel.open(directory, StandardOpenOption.READ)) {
            parent.force(true); // a file whose name is lost is lost
        }
    }
}
