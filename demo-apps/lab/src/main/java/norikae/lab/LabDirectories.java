package norikae.lab;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;

/**
 * Where a laboratory keeps its files on this machine.
 *
 * @param run what a power cut of this machine may take: {@code /run/norikae-lab/LAB}
 * @param disks the nodes' {@code /var/lib/norikae}: {@code /var/lib/norikae-lab/LAB}
 */
record LabDirectories(Path run, Path disks) {

    static final Path RUN_ROOT = Path.of("/run/norikae-lab");
    static final Path DISKS_ROOT = Path.of("/var/lib/norikae-lab");

    static LabDirectories of(String lab) {
        return new LabDirectories(RUN_ROOT.resolve(lab), DISKS_ROOT.resolve(lab));
    }

    Path state() {
        return run.resolve("lab.json");
    }

    Path linkRules() {
        return run.resolve("links.json");
    }

    /** Held by a command that is changing the laboratory. */
    Path lock() {
        return run.resolve("lock");
    }

    /** The operator's way to the cluster; the command {@code norikae} finds it here. */
    Path clientConfig() {
        return run.resolve("client.json");
    }

    /** Seen by tests and agents alike, at this very path. */
    Path faults() {
        return run.resolve("faults");
    }

    Path hosts() {
        return run.resolve("hosts");
    }

    /** What node and laboratory say to each other: seen in the node as {@code /run/norikae-lab/node}. */
    Path nodeDesk(String node) {
        return run.resolve("nodes").resolve(node);
    }

    Path console(String node) {
        return run.resolve(node + ".console");
    }

    /** The node's {@code /var/lib/norikae}. */
    Path disk(String node) {
        return disks.resolve(node).resolve("norikae");
    }

    /**
     * A disk that all nodes see, at this very path; in memory, because each heartbeat is forced to it, and so many forced writes
     * would hold up the nodes' own disks.
     */
    Path sharedDisk() {
        return faults().resolve("shared-disk");
    }

    /** Stands for a storage that all nodes reach, at this very path. */
    Path sharedStorage() {
        return disks.resolve(LabOptions.SHARED_STORAGE);
    }

    /** Where a booting node gathers its mounts before its old {@code /run} goes out of sight. */
    Path stage(String node) {
        return disks.resolve(node).resolve("stage");
    }

    boolean exist() {
        return Files.exists(run) || Files.exists(disks);
    }

    /** Removes all of it; what is mounted below is left alone. */
    void delete() {
        deleteTree(run);
        deleteTree(disks);
        deleteIfEmpty(RUN_ROOT);
        deleteIfEmpty(DISKS_ROOT);
    }

    private static void deleteIfEmpty(Path directory) {
        try {
            Files.deleteIfExists(directory);
        } catch (IOException e) {
            // Another laboratory lives there.
        }
    }

    static void deleteTree(Path top) {
        try {
            Files.walkFileTree(top, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                    Files.deleteIfExists(file);
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult postVisitDirectory(
                        Path directory, @org.jspecify.annotations.Nullable IOException problem) throws IOException {
                    Files.deleteIfExists(directory);
                    return FileVisitResult.CONTINUE;
                }
            });
        } catch (NoSuchFileException e) {
            // Nothing to do.
        } catch (IOException e) {
            throw new LabException("cannot delete " + top + ": " + e, e);
        }
    }
}
