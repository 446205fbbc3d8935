package norikae.lab;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The cgroups of one laboratory: {@code norikae-LAB/NODE/...} in the v2 tree and, where the kernel keeps controllers in
 * v1 trees, in those. The v2 tree is the truth about what the laboratory consists of.
 */
final class Cgroups {

    /** v1 controllers that capsules use for limits. */
    private static final Set<String> LIMITING_CONTROLLERS = Set.of("memory", "cpu", "pids");

    private static final String PREFIX = "norikae-";
    private static final Duration KILL_PATIENCE = Duration.ofSeconds(10);

    private final Path unified;
    private final List<Path> roots;

    private Cgroups(Path unified, List<Path> roots) {
        this.unified = unified;
        this.roots = roots;
    }

    static Cgroups ofLab(String lab) {
        Path unified = null;
        List<Path> roots = new ArrayList<>();
        for (String line : readLines(Path.of("/proc/mounts"))) {
            String[] fields = line.split(" ", -1);
            Path root = Path.of(fields[1], PREFIX + lab);
            if (fields[2].equals("cgroup2") && unified == null) {
                unified = root;
                roots.addFirst(root);
            } else if (fields[2].equals("cgroup")
                    && Stream.of(fields[3].split(",", -1)).anyMatch(LIMITING_CONTROLLERS::contains)) {
                roots.add(root);
            }
        }
        if (unified == null) {
            throw new LabException("no cgroup v2 is mounted here; bin/setup says how to mount it");
        }
        return new Cgroups(unified, List.copyOf(roots));
    }

    /** Makes a group (and those above it) in every tree, ready for processes; returns its directories. */
    List<Path> make(String path) {
        List<Path> made = new ArrayList<>();
        for (Path root : roots) {
            Path group = root.resolve(path);
            try {
                Files.createDirectories(group);
                if (root.equals(unified)) {
                    delegateControllers(group);
                }
            } catch (IOException e) {
                throw new LabException("cannot make cgroup " + group + ": " + e.getMessage(), e);
            }
            made.add(group);
        }
        return made;
    }

    /** A v2 controller works in a group only if all groups above pass it on. */
    private void delegateControllers(Path group) throws IOException {
        Path top = unified.getParent();
        for (Path above = top;
                above != null && !above.equals(group);
                above = above.resolve(above.relativize(group).getName(0))) {
            Path file = above.resolve("cgroup.controllers");
            for (String controller : Files.readString(file).strip().split(" ", -1)) {
                if (LIMITING_CONTROLLERS.contains(controller)) {
                    Files.writeString(above.resolve("cgroup.subtree_control"), "+" + controller);
                }
            }
        }
    }

    /** The group's directory in the v2 tree. */
    Path unified(String path) {
        return unified.resolve(path);
    }

    /** Process numbers, as seen here, of a group without those below it; none if there is no such group. */
    List<Long> processes(String path) {
        try (Stream<String> lines = Files.lines(unified.resolve(path).resolve("cgroup.procs"))) {
            // 0 stands for a process that cannot be seen from here.
            return lines.map(Long::valueOf).filter(pid -> pid != 0).toList();
        } catch (IOException | java.io.UncheckedIOException e) {
            return List.of();
        }
    }

    /** Processes of a group and of all groups below it. */
    List<Long> allProcesses(String path) {
        List<Long> all = new ArrayList<>();
        for (Path group : tree(unified.resolve(path))) {
            all.addAll(processes(unified.relativize(group).toString()));
        }
        return all;
    }

    /** Kills everything in a group at once, frozen or not, and waits until it is gone. */
    void kill(String path) {
        Path group = unified.resolve(path);
        if (!Files.exists(group)) {
            return;
        }
        Waiting.until(KILL_PATIENCE, () -> "the processes in " + group + " do not die: " + allProcesses(path), () -> {
            write(group.resolve("cgroup.kill"), "1");
            return isEmpty(group);
        });
    }

    /** Stops everything in a group where it stands, and returns when it does; or lets it go on. */
    void freeze(String path, boolean frozen) {
        Path group = unified.resolve(path);
        if (!Files.exists(group)) {
            throw new LabException("cgroup " + group + " is not there: is the node off?");
        }
        Waiting.until(KILL_PATIENCE, () -> "the processes in " + group + " do not freeze", () -> {
            write(group.resolve("cgroup.freeze"), frozen ? "1" : "0");
            return read(group.resolve("cgroup.events")).contains(frozen ? "frozen 1" : "frozen 0");
        });
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return "";
        }
    }

    private static boolean isEmpty(Path group) {
        try {
            return !Files.readString(group.resolve("cgroup.events")).contains("populated 1");
        } catch (IOException e) {
            return !Files.exists(group);
        }
    }

    /** Removes a group and all below it, in every tree; their processes must be gone. */
    void remove(String path) {
        for (Path root : roots) {
            Path group = root.resolve(path);
            Waiting.until(KILL_PATIENCE, () -> "cgroup " + group + " cannot be removed: it is still in use", () -> {
                for (Path each : tree(group)) {
                    // rmdir, which is all that a cgroup wants; its files go with it.
                    Shell.ask("", "rmdir", each.toString());
                }
                return !Files.exists(group);
            });
        }
    }

    /** Removes a group if nothing is in it; for groups that another may be using just now. */
    void removeIfUnused(String path) {
        for (Path root : roots) {
            try {
                Files.deleteIfExists(root.resolve(path));
            } catch (IOException e) {
                // It is in use.
            }
        }
    }

    /** All groups of the laboratory that exist, in every tree. */
    List<Path> existing() {
        List<Path> all = new ArrayList<>();
        roots.forEach(root -> all.addAll(tree(root)));
        return all;
    }

    /** A group and those below it, the lowest first. */
    private static List<Path> tree(Path group) {
        List<Path> found = new ArrayList<>();
        try (DirectoryStream<Path> below = Files.newDirectoryStream(group, Files::isDirectory)) {
            for (Path each : below) {
                found.addAll(tree(each));
            }
        } catch (NoSuchFileException e) {
            return found;
        } catch (IOException e) {
            if (Files.exists(group)) {
                throw new LabException("cannot list cgroup " + group + ": " + e.getMessage(), e);
            }
            return found;
        }
        found.add(group);
        return found;
    }

    /** Names of all laboratories that have cgroups here. */
    static Set<String> labs() {
        Set<String> names = new HashSet<>();
        Path top = Cgroups.ofLab("x").unified.getParent();
        try (DirectoryStream<Path> groups = Files.newDirectoryStream(top, PREFIX + "*")) {
            groups.forEach(group -> names.add(group.getFileName().toString().substring(PREFIX.length())));
        } catch (IOException e) {
            throw new LabException("cannot list " + top + ": " + e.getMessage(), e);
        }
        return names;
    }

    private static void write(Path file, String text) {
        try {
            Files.writeString(file, text);
        } catch (IOException e) {
            // The group has gone meanwhile, which is what was wanted.
        }
    }

    private static List<String> readLines(Path file) {
        try {
            return Files.readAllLines(file);
        } catch (IOException e) {
            throw new LabException("cannot read " + file + ": " + e.getMessage(), e);
        }
    }
}
