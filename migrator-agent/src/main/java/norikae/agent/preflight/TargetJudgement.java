package norikae.agent.preflight;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import norikae.agent.api.v1.Finding;
import norikae.agent.preflight.Needs.FileNeed;
import norikae.linux.BuildId;

/** Compares what a service needs with what this node has. Stateless but for the facts given to it; thread-safe. */
final class TargetJudgement {

    /** What the kernel and the agent need besides the service's own pages while a move goes on. */
    private static final long MEMORY_SLACK_BYTES = 128L << 20;

    /** The difference that a file system's time stamps may have between two nodes that share it. */
    private static final long CLOCK_SLACK_MILLIS = 2_000;

    /**
     * This node, as far as it matters.
     *
     */
    record Node(
            String name,
            SortedSet<String> cpuFlags,
            String cpuModel,
            String kernelRelease,
            List<String> missingKernelFeatures,
            String criuVersion,
            long memoryAvailableBytes,
            boolean userExists,
            String bootId) {}

    private static final Set<String> SHARED_FILE_SYSTEMS = Set.of(
            "nfs",
            "nfs4",
            "cifs",
            "smb3",
            "ceph",
            "fuse.glusterfs",
            "fuse.sshfs",
            "gfs2",
            "ocfs2",
            "lustre",
            "beegfs",
            "9p",
            "virtiofs",
            "afs");

    private TargetJudgement() {}

    static List<Finding> of(Needs needs, Node node) {
        Findings findings = new Findings();
        cpu(needs, node, findings);
        kernel(needs, node, findings);
        criu(needs, node, findings);
        memory(needs, node, findings);
        if (!node.userExists()) {
            findings.blocker(
                    "user-missing",
                    "node " + node.name() + " has no account '" + needs.user() + "'",
                    "the service's processes keep their numeric user id, which must mean the same account",
                    "create the account with the same uid on " + node.name());
        }
        for (FileNeed file : needs.files()) {
            file(file, node, findings);
            if (file.locked()) {
                lock(file, needs.bootId(), node, findings);
            }
        }
        return findings.list();
    }

    private static void cpu(Needs needs, Node node, Findings findings) {
        SortedSet<String> missing = new TreeSet<>(needs.cpuFlags());
        missing.removeAll(node.cpuFlags());
        if (!missing.isEmpty()) {
            findings.blocker(
                    "cpu-features-missing",
                    "the processor of " + node.name() + " (" + node.cpuModel() + ") lacks " + String.join(" ", missing),
                    "code that was compiled on " + needs.cpuModel() + " may use them and would die with SIGILL",
                    "move to a node with the same processor features, or start the service where fewer are present");
        }
    }

    private static void kernel(Needs needs, Node node, Findings findings) {
        for (String feature : node.missingKernelFeatures()) {
            findings.blocker(
                    "kernel-feature-missing",
                    "the kernel of " + node.name() + " (" + node.kernelRelease() + ") lacks " + feature,
                    "a capsule cannot be rebuilt without it",
                    "boot a kernel that has it");
        }
        if (!needs.kernelRelease().equals(node.kernelRelease())) {
            findings.warning(
                    "kernel-differs",
                    "the kernels differ: " + needs.kernelRelease() + " here, " + node.kernelRelease() + " on "
                            + node.name(),
                    "most moves between kernels work; what a process has learnt about its kernel stays as it was",
                    "run the same kernel on all nodes");
        }
    }

    private static void criu(Needs needs, Node node, Findings findings) {
        if (!needs.criuVersion().equals(node.criuVersion())) {
            findings.warning(
                    "criu-differs",
                    "CRIU is " + needs.criuVersion() + " here and " + node.criuVersion() + " on " + node.name(),
                    "an older CRIU cannot read every image of a newer one",
                    "run bin/setup on both nodes so that they have the same CRIU");
        }
    }

    private static void memory(Needs needs, Node node, Findings findings) {
        long wanted = needs.memoryBytes() + MEMORY_SLACK_BYTES;
        if (node.memoryAvailableBytes() < wanted) {
            findings.blocker(
                    "memory-short",
                    "node " + node.name() + " has " + mebibytes(node.memoryAvailableBytes()) + " of memory available",
                    "the service needs " + mebibytes(wanted) + " there",
                    "free memory on " + node.name() + ", or move to another node");
        }
    }

    private static void file(FileNeed need, Node node, Findings findings) {
        Path path = Path.of(need.path());
        BasicFileAttributes here;
        try {
            here = Files.readAttributes(path, BasicFileAttributes.class);
        } catch (IOException e) {
            missing(need, node, findings);
            return;
        }
        switch (need.use()) {
            case WORKING_DIRECTORY -> {
                if (!here.isDirectory()) {
                    missing(need, node, findings);
                }
            }
            case PROGRAM, MAPPED, READ -> {
                if (here.isRegularFile() && here.size() != need.size()) {
                    differs(need, node, need.size() + " bytes here, " + here.size() + " bytes there", findings);
                } else if (need.buildId() != null && !need.buildId().equals(buildId(path))) {
                    differs(need, node, "build-id " + need.buildId() + " here, " + buildId(path) + " there", findings);
                }
            }
            case WRITTEN -> written(need, path, here, node, findings);
        }
    }

    private static void written(FileNeed need, Path path, BasicFileAttributes here, Node node, Findings findings) {
        if (need.size() < 0 || !here.isRegularFile()) {
            return;
        }
        boolean same = inode(path) == need.inode()
                && here.lastModifiedTime().toMillis() >= need.modifiedMillis() - CLOCK_SLACK_MILLIS;
        if (same) {
            findings.info("file-shared", need.path() + " is open for writing and is the same file on " + node.name());
        } else {
            findings.blocker(
                    "written-file-not-shared",
                    need.path() + " is open for writing, and " + node.name() + " has another file of that name",
                    "what the service wrote would be missing there, and what it writes there would be missing here",
                    "keep it on a mirrored or shared volume");
        }
    }

    /**
     * The frozen source keeps its locks until the move has committed, and the copy needs them before. On a mirrored volume
     * each node has locks of its own; on a file system that both have mounted they are the same.
     */
    private static void lock(FileNeed need, String sourceBootId, Node node, Findings findings) {
        Path path = Path.of(need.path());
        try {
            boolean sameKernel = sourceBootId.equals(node.bootId()) && number(path, "unix:dev") == need.device();
            String type = Files.getFileStore(path).type();
            if (number(path, "unix:ino") == need.inode() && (sameKernel || SHARED_FILE_SYSTEMS.contains(type))) {
                findings.blocker(
                        "lock-shared",
                        "the service holds a lock on " + need.path() + ", and the same file (" + type + ") is on "
                                + node.name(),
                        "the copy there could not take the lock while the original here still has it",
                        "keep the file on a mirrored volume, or configure the service not to lock it");
            }
        } catch (IOException e) {
            // It is missing there, which has its own finding.
        }
    }

    private static void missing(FileNeed need, Node node, Findings findings) {
        if (need.path().contains("/hsperfdata_")) {
            findings.blocker(
                    "jvm-perf-data",
                    need.path() + " is mapped by the JVM and is not on " + node.name(),
                    "a JVM without -XX:+PerfDisableSharedMem keeps its counters in a file of this node",
                    "stop the service and start it with 'norikae run', which adds the flag");
            return;
        }
        findings.blocker(
                "file-missing",
                need.path() + " (" + describe(need.use()) + ") is not on " + node.name(),
                "a process comes back with the files that it had, or not at all",
                "install the same package there, or keep it on a mirrored or shared volume");
    }

    private static void differs(FileNeed need, Node node, String how, Findings findings) {
        findings.blocker(
                "file-differs",
                need.path() + " (" + describe(need.use()) + ") is another file on " + node.name() + ": " + how,
                "the process has the old content in memory, and the new one would not fit it",
                "install the same version of its package on both nodes");
    }

    private static String describe(Needs.Use use) {
        return switch (use) {
            case PROGRAM -> "the program";
            case MAPPED -> "mapped into memory";
            case READ -> "open for reading";
            case WRITTEN -> "open for writing";
            case WORKING_DIRECTORY -> "a working directory";
        };
    }

    private static String buildId(Path path) {
        try {
            return BuildId.of(path).orElse("none");
        } catch (IOException e) {
            return "unreadable";
        }
    }

    private static long inode(Path path) {
        try {
            return number(path, "unix:ino");
        } catch (IOException e) {
            return -1;
        }
    }

    private static long number(Path path, String attribute) throws IOException {
        return ((Number) Objects.requireNonNull(Files.getAttribute(path, attribute, LinkOption.NOFOLLOW_LINKS)))
                .longValue();
    }

    private static String mebibytes(long bytes) {
        return (bytes >> 20) + " MiB";
    }
}
