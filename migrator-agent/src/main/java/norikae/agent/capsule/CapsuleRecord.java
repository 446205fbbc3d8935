package norikae.agent.capsule;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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
                records.add(JSON.readValue(file.toFile(), CapsuleRecord.class));
            }
        }
        return records;
    }

    private static Path file(Path directory, ServiceName service) {
        return directory.resolve(service.value() + ".json");
    }
}
