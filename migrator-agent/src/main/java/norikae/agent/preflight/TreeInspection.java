package norikae.agent.preflight;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import norikae.agent.preflight.Needs.FileNeed;
import norikae.agent.preflight.Needs.Use;
import norikae.linux.BuildId;
import norikae.linux.Errno;
import norikae.linux.IdleSocket;
import norikae.linux.LinuxException;
import norikae.linux.Procfs;

/**
 * Looks at every process of a running tree: which files it needs, and what of it cannot move at all. Reads /proc and
 * nothing else; the tree does not notice. Confined to one thread.
 */
final class TreeInspection {

    /** CRIU carries deleted files along up to this size (its default). */
    private static final long GHOST_BYTES_MAX = 1 << 20;

    private static final long CAP_SYS_RESOURCE = 1L << 24; // capabilities(7)

    private static final Set<String> PLAIN_DEVICES =
            Set.of("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom");

    /** Anonymous inodes that CRIU can rebuild. */
    private static final Set<String> KNOWN_ANONYMOUS =
            Set.of("[eventpoll]", "[eventfd]", "[timerfd]", "[signalfd]", "inotify", "[fanotify]", "[pidfd]");

    private final List<Integer> pids;
    private final Path logPath;
    private final Findings findings;
    private final Map<String, FileNeed> files = new TreeMap<>();
    private long residentBytes;

    TreeInspection(List<Integer> pids, Path logPath, Findings findings) {
        this.pids = pids;
        this.logPath = logPath;
        this.findings = findings;
    }

    void inspect() throws IOException {
        for (int pid : pids) {
            try {
                inspect(pid);
            } catch (NoSuchFileException e) {
                // ended while we looked: it needs nothing any more
            } catch (LinuxException e) {
                if (e.errno() != Errno.ESRCH) {
                    throw e;
                }
            }
        }
    }

    List<FileNeed> files() {
        return List.copyOf(files.values());
    }

    long residentBytes() {
        return residentBytes;
    }

    private void inspect(int pid) throws IOException {
        Map<String, String> status = Procfs.status(pid);
        String who = status.getOrDefault("Name", "?") + " (pid " + pid + ")";
        if (status.getOrDefault("State", "").startsWith("Z")) {
            return;
        }
        residentBytes += Procfs.residentBytes(pid);
        if (!status.getOrDefault("TracerPid", "0").equals("0")) {
            findings.blocker(
                    "traced",
                    who + " is traced by process " + status.get("TracerPid"),
                    "a process has one tracer, and a checkpoint needs to be it",
                    "detach the debugger or strace");
        }
        if (!status.getOrDefault("Uid", "0").startsWith("0") && !agentMayReadLimits()) {
            findings.blocker(
                    "capability-missing",
                    who + " runs as another user than root, and this node's agent lacks CAP_SYS_RESOURCE",
                    "CRIU cannot read the resource limits of another user's process without it",
                    "give norikaed that capability, or run the service as root");
        }
        if (Procfs.namespaceInode(pid, "time")
                == Procfs.namespaceInode((int) ProcessHandle.current().pid(), "time")) {
            findings.blocker(
                    "clock-namespace",
                    who + " has no time namespace of its own",
                    "its monotonic clock would jump by the difference of the two nodes' uptimes",
                    "stop the service and start it with 'norikae run'");
        }
        if (Procfs.namespaceInode(pid, "mnt")
                != Procfs.namespaceInode((int) ProcessHandle.current().pid(), "mnt")) {
            findings.blocker(
                    "mount-namespace",
                    who + " has a mount namespace of its own",
                    "what is mounted there is on no other node; so it is with every service that a resource agent starts",
                    "let the cluster stop it here and start it there, as it does when a node fails");
        }
        need(Procfs.executable(pid).toString(), Use.PROGRAM, who);
        need(Procfs.workingDirectory(pid).toString(), Use.WORKING_DIRECTORY, who);
        for (Procfs.Mapping mapping : Procfs.maps(pid)) {
            inspect(mapping, who);
        }
        Set<String> sockets = movableSockets(pid);
        for (Procfs.Descriptor descriptor : Procfs.descriptors(pid)) {
            inspect(pid, descriptor, who, sockets);
        }
    }

    private static boolean agentMayReadLimits() throws IOException {
        Map<String, String> own = Procfs.status((int) ProcessHandle.current().pid());
        return (Long.parseUnsignedLong(own.getOrDefault("CapEff", "0"), 16) & CAP_SYS_RESOURCE) != 0;
    }

    private void inspect(Procfs.Mapping mapping, String who) {
        String path = mapping.path();
        if (path.contains("io_uring")) {
            ioUring(who);
            return;
        }
        if (!path.startsWith("/")) {
            return;
        }
        if (path.startsWith("/dev/") && !path.startsWith("/dev/shm/") && !PLAIN_DEVICES.contains(path)) {
            findings.blocker(
                    "device-mapped",
                    who + " has mapped the device " + path,
                    "the memory of a device cannot be moved",
                    "stop using it, or keep the service on its node");
            return;
        }
        if (path.startsWith("/memfd:") || path.startsWith("/SYSV") || path.startsWith("/dev/zero")) {
            return; // anonymous memory by another name; travels with the pages
        }
        need(path, mapping.shared() && mapping.writable() ? Use.WRITTEN : Use.MAPPED, who);
    }

    private void inspect(int pid, Procfs.Descriptor descriptor, String who, Set<String> sockets) throws IOException {
        String target = descriptor.target();
        if (target.startsWith("anon_inode:")) {
            anonymous(target.substring("anon_inode:".length()), who);
        } else if (target.startsWith("socket:[")) {
            String inode = target.substring(8, target.length() - 1);
            if (!sockets.contains(inode) && !movesThoughUnlisted(pid, descriptor.number(), inode)) {
                findings.blocker(
                        "socket-family",
                        who + " has a socket (fd " + descriptor.number()
                                + ") that is neither TCP, UDP, UNIX nor netlink" + " of its own network namespace",
                        "raw, packet, vsock and the like, and sockets brought in from outside, cannot be rebuilt elsewhere",
                        "close it, or keep the service on its node");
            }
        } else if (target.startsWith("/dev/")) {
            device(descriptor, who);
        } else if (target.startsWith("/proc/")) {
            findings.info("proc-file", who + " has " + target + " open");
        } else if (target.startsWith("/") && !target.startsWith("/memfd:")) {
            need(target, descriptor.writable() ? Use.WRITTEN : Use.READ, descriptor.locked(), who);
        }
    }

    private void anonymous(String kind, String who) {
        if (kind.equals("[io_uring]")) {
            ioUring(who);
        } else if (kind.equals("[userfaultfd]")) {
            findings.blocker(
                    "userfaultfd",
                    who + " handles its own page faults (userfaultfd)",
                    "CRIU cannot rebuild that descriptor",
                    "turn that feature of the program off");
        } else if (!KNOWN_ANONYMOUS.contains(kind)) {
            findings.blocker(
                    "descriptor-kind",
                    who + " has a descriptor of kind " + kind,
                    "CRIU is not known to rebuild it",
                    "close it, or keep the service on its node");
        }
    }

    private void ioUring(String who) {
        findings.blocker(
                "io-uring",
                who + " uses io_uring",
                "requests in the kernel's ring cannot be saved by any CRIU so far",
                "start the program without it (PostgreSQL: io_method=worker; Netty: epoll transport; node.js: UV_USE_IO_URING=0)");
    }

    private void device(Procfs.Descriptor descriptor, String who) {
        String target = descriptor.target();
        if (PLAIN_DEVICES.contains(target) || target.startsWith("/dev/shm/")) {
            return;
        }
        boolean terminal = target.startsWith("/dev/pts/") || target.equals("/dev/tty");
        findings.blocker(
                terminal ? "terminal" : "device-open",
                who + " has " + target + " open (fd " + descriptor.number() + ")",
                terminal
                        ? "a terminal belongs to somebody who sits at this node"
                        : "the state of a device stays in this node's kernel",
                "close it, or keep the service on its node");
    }

    /** Idle ones, and those that came or went since the tables were read: a server gets new connections all the time. */
    private static boolean movesThoughUnlisted(int pid, int number, String inode) throws IOException {
        try {
            return IdleSocket.is(pid, number) || movableSockets(pid).contains(inode);
        } catch (LinuxException e) {
            if (e.errno() == Errno.EBADF || e.errno() == Errno.ESRCH) {
                return true;
            }
            throw e;
        }
    }

    /** The inodes of all sockets of the process's network namespace that can be rebuilt elsewhere. */
    private static Set<String> movableSockets(int pid) throws IOException {
        Set<String> inodes = new HashSet<>();
        for (String table : List.of("tcp", "tcp6", "udp", "udp6", "udplite", "udplite6")) {
            column(pid, table, 9, inodes);
        }
        column(pid, "unix", 6, inodes);
        column(pid, "netlink", 9, inodes);
        return inodes;
    }

    private static void column(int pid, String table, int index, Set<String> into) throws IOException {
        for (String line : Procfs.netTable(pid, table)) {
            String[] fields = line.strip().split("\\s+");
            if (fields.length > index) {
                into.add(fields[index]);
            }
        }
    }

    private void need(String path, Use use, String who) {
        need(path, use, false, who);
    }

    private void need(String path, Use use, boolean locked, String who) {
        if (path.equals(logPath.toString())) {
            return; // its output; the target gives it a file of its own
        }
        if (path.endsWith(" (deleted)")) {
            deleted(path, use, who);
            return;
        }
        FileNeed known = files.get(path);
        if (known != null && known.use().compareTo(use) >= 0 && (known.locked() || !locked)) {
            return;
        }
        try {
            BasicFileAttributes attributes = Files.readAttributes(Path.of(path), BasicFileAttributes.class);
            boolean elf = attributes.isRegularFile() && (use == Use.PROGRAM || use == Use.MAPPED);
            files.put(
                    path,
                    new FileNeed(
                            path,
                            use,
                            attributes.isRegularFile() ? attributes.size() : -1,
                            elf ? BuildId.of(Path.of(path)).orElse(null) : null,
                            attributes.lastModifiedTime().toMillis(),
                            number(path, "unix:ino"),
                            number(path, "unix:dev"),
                            locked || (known != null && known.locked())));
        } catch (IOException e) {
            findings.blocker(
                    "file-unreadable",
                    who + " uses " + path + ", which cannot be read here: " + e.getMessage(),
                    "what cannot be compared cannot be relied upon",
                    "make it readable for the agent");
        }
    }

    private static long number(String path, String attribute) throws IOException {
        return ((Number) Objects.requireNonNull(Files.getAttribute(Path.of(path), attribute))).longValue();
    }

    private void deleted(String path, Use use, String who) {
        String name = path.substring(0, path.length() - " (deleted)".length());
        switch (use) {
            case PROGRAM, MAPPED ->
                findings.blocker(
                        "program-replaced",
                        who + " runs " + name + ", which has been deleted or replaced since",
                        "the old version is on no node's disk, so it cannot be mapped again",
                        "restart the service, for instance after an upgrade of its packages");
            case WORKING_DIRECTORY ->
                findings.blocker(
                        "directory-deleted",
                        who + " works in " + name + ", which has been deleted",
                        "a deleted directory cannot be entered elsewhere",
                        "restart the service in a directory that exists on all nodes");
            case READ, WRITTEN ->
                findings.info(
                        "deleted-file",
                        who + " has the deleted file " + name + " open; it is carried along up to "
                                + (GHOST_BYTES_MAX >> 20) + " MiB");
        }
    }
}
