package norikae.agent.capsule;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import norikae.failover.model.Limits;
import norikae.failover.model.ServiceName;
import norikae.linux.Cgroup;
import norikae.linux.LegacyCgroup;

/**
 * The control groups of one capsule: one of v2, for the freezer and for killing, and one of each v1 controller that its
 * limits need. Thread-safe.
 */
final class CapsuleGroups {

    private static final Duration DEATH = Duration.ofSeconds(10);
    private static final List<String> CONTROLLERS = List.of("memory", "cpu", "pids");
    private static final long CPU_PERIOD_MICROS = 100_000;

    private final Cgroup unified;
    private final Cgroup agent;
    private final String legacyName;

    CapsuleGroups(ServiceName service, CapsuleSettings settings) throws IOException {
        this.unified = settings.cgroups().child(service.value());
        this.agent = settings.agentCgroup();
        this.legacyName =
                Cgroup.root().directory().relativize(unified.directory()).toString();
    }

    Cgroup unified() {
        return unified;
    }

    void create(ServiceName service, Limits limits) throws IOException {
        unified.create();
        Map<String, Map<String, String>> wanted = new LinkedHashMap<>();
        if (limits.memoryBytes() != null) {
            wanted.put("memory", Map.of("memory.limit_in_bytes", Long.toString(limits.memoryBytes())));
        }
        if (limits.cpus() != null) {
            wanted.put("cpu", Map.of("cpu.cfs_quota_us", Long.toString((long) (limits.cpus() * CPU_PERIOD_MICROS))));
        }
        if (limits.processes() != null) {
            wanted.put("pids", Map.of("pids.max", Integer.toString(limits.processes())));
        }
        for (Map.Entry<String, Map<String, String>> controller : wanted.entrySet()) {
            LegacyCgroup group = legacy(controller.getKey())
                    .orElseThrow(
                            () -> new CapsuleException("service " + service + " has a limit of " + controller.getKey()
                                    + ", but this kernel's cgroup v1 controller of that name is not mounted: mount it, or remove"
                                    + " the limit"));
            group.create();
            for (Map.Entry<String, String> file : controller.getValue().entrySet()) {
                group.set(file.getKey(), file.getValue());
            }
        }
    }

    /** What a process writes itself into to be in the capsule. */
    List<Path> procsFiles() throws IOException {
        List<Path> files = new ArrayList<>(List.of(unified.procsFile()));
        for (LegacyCgroup group : existingLegacy()) {
            files.add(group.procsFile());
        }
        return files;
    }

    /** What a process writes itself into to be out of the capsule again. */
    List<Path> outsideProcsFiles() throws IOException {
        List<Path> files = new ArrayList<>(List.of(agent.procsFile()));
        for (String controller : CONTROLLERS) {
            Optional<LegacyCgroup> group = legacy(controller);
            if (group.isPresent() && Files.isDirectory(group.get().directory())) {
                files.add(LegacyCgroup.controller(controller).orElseThrow().procsFile());
            }
        }
        return files;
    }

    void killAll() throws IOException {
        unified.kill();
        if (!unified.awaitEmpty(DEATH)) {
            throw new CapsuleException("processes " + unified.procs() + " of " + unified
                    + " do not die: one may hang in the" + " kernel (state D); only a restart of the node helps");
        }
    }

    void remove() throws IOException {
        killAll();
        unified.remove(DEATH);
        for (LegacyCgroup group : existingLegacy()) {
            group.remove();
        }
    }

    private List<LegacyCgroup> existingLegacy() throws IOException {
        List<LegacyCgroup> groups = new ArrayList<>();
        for (String controller : CONTROLLERS) {
            legacy(controller).filter(g -> Files.isDirectory(g.directory())).ifPresent(groups::add);
        }
        return groups;
    }

    private Optional<LegacyCgroup> legacy(String controller) throws IOException {
        return LegacyCgroup.controller(controller).map(root -> root.child(legacyName));
    }
}
