package norikae.agent.capsule;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import norikae.agent.config.AtomicFile;
import norikae.failover.model.Epoch;
import norikae.failover.model.ServiceName;
import norikae.failover.model.ServiceSpec;

/**
 * What the next agent must know of a capsule that it finds; a JSON file on a tmpfs.
 *
 * @param initPid PID 1 inside, as this node sees it; 0 while there is none
 * @param initStartTime tells that process from a later one of the same number
 * @param moveId of the move that it takes part in; empty if none
 * @param released of a copy that came in: CRIU has let it go, so it is whole
 */
record CapsuleRecord(
        ServiceSpec spec,
        Epoch epoch,
        int basePid,
        Role role,
        String moveId,
        int initPid,
        long initStartTime,
        boolean released,
        Path logPath,
        List<String> effectiveCommand) {

    private static final ObjectMapper JSON = new ObjectMapper();

    /** What the capsule is here for. */
    enum Role {
        /** Its agent is starting it; whoever finds this after that agent's death finds a start that never ended. */
        STARTING,
        RUNNING,
        MOVING_OUT,
        MOVING_IN
    }

    ServiceName service() {
        return spec.name();
    }

    CapsuleRecord with(Role newRole, String newMoveId) {
        return new CapsuleRecord(
                spec, epoch, basePid, newRole, newMoveId, initPid, initStartTime, released, logPath, effectiveCommand);
    }

    CapsuleRecord startedAs(int pid, long startTime) {
        return new CapsuleRecord(
                spec, epoch, basePid, Role.RUNNING, "", pid, startTime, true, logPath, effectiveCommand);
    }

    CapsuleRecord with(Epoch newEpoch) {
        return new CapsuleRecord(
                spec, newEpoch, basePid, role, moveId, initPid, initStartTime, released, logPath, effectiveCommand);
    }

    CapsuleRecord releasedAs(int pid, long startTime) {
        return new CapsuleRecord(spec, epoch, basePid, role, moveId, pid, startTime, true, logPath, effectiveCommand);
    }

    void save(Path directory) throws IOException {
        AtomicFile.write(file(directory, service()), JSON.writeValueAsString(this));
    }

    static void delete(Path directory, ServiceName service) throws IOException {
        Files.deleteIfExists(file(directory, service));
    }

    /** All records of this node. */
    static List<CapsuleRecord> load(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        List<CapsuleRecord> records = new ArrayList<>();
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.filter(f -> f.toString().endsWith(".json")).toList()) {
                read(file).ifPresent(records::add);
            }
        } catch (UncheckedIOException e) {
            throw e.getCause(); // of the directory stream
        }
        return records;
    }

    static Optional<CapsuleRecord> find(Path directory, ServiceName service) throws IOException {
        return read(file(directory, service));
    }

    private static Optional<CapsuleRecord> read(Path file) throws IOException {
        try {
            return Optional.of(JSON.readValue(Files.readString(file), CapsuleRecord.class));
        } catch (NoSuchFileException e) {
            return Optional.empty(); // removed meanwhile
        } catch (JacksonException e) {
            throw new IOException(
                    "record " + file + " of a capsule cannot be read: was it written by another version of Norikae?"
                            + " Stop the processes of its cgroup, then remove it: " + e.getOriginalMessage(),
                    e);
        }
    }

    private static Path file(Path directory, ServiceName service) {
        return directory.resolve(service.value() + ".json");
    }
}
