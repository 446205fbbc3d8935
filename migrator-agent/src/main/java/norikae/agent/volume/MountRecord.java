package norikae.agent.volume;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import norikae.agent.config.AtomicFile;

/**
 * What the next agent must know of a volume that is attached here; a JSON file on a tmpfs.
 *
 * @param pid of the program that makes it a file
 * @param startTime tells that process from a later one of the same number
 * @param loop the device, or empty while there is none
 * @param path where it is mounted, or empty
 */
record MountRecord(int pid, long startTime, String loop, String path) {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String FILE = "record.json";

    MountRecord withLoop(String device) {
        return new MountRecord(pid, startTime, device, path);
    }

    MountRecord withPath(Path at) {
        return new MountRecord(pid, startTime, loop, at.toString());
    }

    void save(Path directory) throws IOException {
        AtomicFile.write(directory.resolve(FILE), JSON.writeValueAsString(this));
    }

    static Optional<MountRecord> find(Path directory) throws IOException {
        Path file = directory.resolve(FILE);
        try {
            return Optional.of(JSON.readValue(Files.readString(file), MountRecord.class));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (JacksonException e) {
            throw new IOException(
                    "record " + file + " of a mounted volume cannot be read: unmount the volume, then" + " remove it: "
                            + e.getOriginalMessage(),
                    e);
        }
    }

    static void delete(Path directory) throws IOException {
        Files.deleteIfExists(directory.resolve(FILE));
    }
}
