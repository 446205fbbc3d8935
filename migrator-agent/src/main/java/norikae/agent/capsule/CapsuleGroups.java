package norikae.agent.capsule;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import norikae.failover.model.Limits;
import norikae.failover.model.ServiceName;
import norikae.linux.Cgroup;
import norikae.linux.LegacyCgroup;

/**
 * The control groups of one capsule: one of v2, for the freezer and for killing, and one of each v1 controller that its
 * limits need and v2 does not have. Thread-safe.
 */
final class CapsuleGroups {

    private static final Duration DEATH = Duration.ofSeconds(10);

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
        UnifiedControllers controllers = new UnifiedControllers(Cgroup.root());
        for (LimitFile limit : LimitFile.of(limits)) {
            if (controllers.has(limit.controller())) {
                controllers.enable(limit.controller(), unified);
                controllers.set(unified, limit.unifiedFile(), limit.unifiedValue());
            } else {
                legacy(limit.controller())
                        .orElseThrow(() -> new CapsuleException("service " + service + " has a limit of "
                                + limit.controller() + ", but this node's kernel has that controller neither in"
                                + " cgroup v2 nor mounted as v1: enable it, or remove the limit"))
                        .create()
                        .set(limit.legacyFile(), limit.legacyValue());
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

    /** What a process writes itself into to be out of the capsule again, and where the agent is. */
    List<Path> outsideProcsFiles() throws IOException {
        List<Path> files = new ArrayList<>(List.of(agent.procsFile()));
        for (String controller : LimitFile.CONTROLLERS) {
            Optional<LegacyCgroup> group = legacy(controller);
            if (group.isPresent() && Files.isDirectory(group.get().directory())) {
                files.add(ownLegacy(controller).procsFile());
            }
        }
        return files;
    }

    /** Whether the kernel has killed a process of it for want of memory below its limit. */
    boolean memoryLimitKilled() throws IOException {
        if (Files.exists(unified.directory().resolve("memory.events"))) {
            return killed(unified.directory().resolve("memory.events"));
        }
        Optional<LegacyCgroup> group = legacy("memory");
        return group.isPresent() && killed(group.get().directory().resolve("memory.oom_control"));
    }

    void killAll() throws IOException {
        unified.kill();
        if (!unified.awaitEmpty(DEATH)) {
            throw new CapsuleException("processes " + unified.procs() + " of " + unified
                    + " do not die: one may hang in the kernel (state D); only a restart of the node helps");
        }
    }

    void remove() throws IOException {
        killAll();
        unified.remove(DEATH);
        for (LegacyCgroup group : existingLegacy()) {
            group.remove();
        }
    }

    private static boolean killed(Path file) throws IOException {
        return Files.exists(file)
                && Files.readAllLines(file).stream()
                        .anyMatch(line -> line.startsWith("oom_kill ") && !line.equals("oom_kill 0"));
    }

    private List<LegacyCgroup> existingLegacy() throws IOException {
        List<LegacyCgroup> groups = new ArrayList<>();
        for (String controller : LimitFile.CONTROLLERS) {
            legacy(controller).filter(g -> Files.isDirectory(g.directory())).ifPresent(groups::add);
        }
        return groups;
    }

    private Optional<LegacyCgroup> legacy(String controller) throws IOException {
        return LegacyCgroup.controller(controller).map(root -> root.child(legacyName));
    }

    /** The agent's own group; the top one if it cannot be seen from here. */
    private static LegacyCgroup ownLegacy(String controller) throws IOException {
        LegacyCgroup root = LegacyCgroup.controller(controller).orElseThrow();
        for (String line : Files.readAllLines(Path.of("/proc/self/cgroup"))) {
            String[] f = line.split(":", 3); // number:controllers:/path
            if (f.length == 3 && Arrays.asList(f[1].split(",")).contains(controller) && f[2].length() > 1) {
                LegacyCgroup own = root.child(f[2].substring(1));
                return Files.isDirectory(own.directory()) ? own : root;
            }
        }
        return root;
    }
}
