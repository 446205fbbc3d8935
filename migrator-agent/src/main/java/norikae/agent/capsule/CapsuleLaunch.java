package norikae.agent.capsule;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import norikae.failover.model.ServiceSpec;
import norikae.linux.Cgroup;
import norikae.linux.ChildProcess;
import norikae.linux.OwnedFd;
import norikae.linux.Procfs;
import norikae.linux.Spawn;

/**
 * Starts a service inside its capsule, by a chain of standard programs that each replace themselves by the next:
 *
 * <pre>
 *   nsenter    into the capsule's network namespace (setns; no mount namespace, which would break a dump)
 *   unshare    new PID and time namespace; stays outside, as our child, to tell how the service ended
 *    └ setsid  a session inside the PID namespace: CRIU cannot rebuild one that leads outside
 *      sh      joins the cgroups, sets the next process id
 *      tini    PID 1: reaps orphans, passes signals on
 *       └ setpriv, prlimit, the service: under its base PID
 * </pre>
 */
final class CapsuleLaunch {

    private static final String ENTER = "n=$1; p=$2; shift 2;"
            + " while [ $n -gt 0 ]; do echo 0 > \"$1\" || exit 126; shift; n=$((n-1)); done;"
            + " echo $((p-1)) > /proc/sys/kernel/ns_last_pid || exit 126;"
            + " exec tini -- \"$@\"";

    /** Programs of the chain; the service runs once its process is none of them. */
    private static final Set<String> CHAIN = Set.of("tini", "sh", "dash", "bash", "setpriv", "prlimit", "setsid");

    private static final Duration START_PATIENCE = Duration.ofSeconds(15);
    private static final long POLL_NANOS = 2_000_000;
    private static final String PATH_DEFAULT = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    private static final int LOG_MODE = 0640;
    private static final int ERROR_LINES = 5;

    private final ServiceSpec spec;
    private final int basePid;
    private final List<String> command;
    private final Path log;

    CapsuleLaunch(ServiceSpec spec, int basePid, List<String> command, Path log) {
        this.spec = spec;
        this.basePid = basePid;
        this.command = command;
        this.log = log;
    }

    /** @param initPid PID 1 inside, as this node sees it */
    record Launched(ChildProcess wrapper, int initPid) {}

    /** What can be known to be wrong before anything is made. */
    void check() throws CapsuleException {
        if (!Files.isDirectory(Path.of(spec.workingDirectory()))) {
            throw new CapsuleException("workingDirectory " + spec.workingDirectory() + " of service " + spec.name()
                    + " is not a directory on this node: create it");
        }
        if (findProgram().isEmpty()) {
            throw new CapsuleException("program '" + command.getFirst() + "' of service " + spec.name()
                    + " is not on this node or not executable: give its absolute path, or install it");
        }
        try {
            if (Files.readAllLines(Path.of("/etc/passwd")).stream().noneMatch(l -> l.startsWith(spec.user() + ":"))) {
                throw new CapsuleException("user '" + spec.user() + "' of service " + spec.name()
                        + " has no account on this node: create it");
            }
        } catch (CapsuleException e) {
            throw e;
        } catch (IOException e) {
            throw new CapsuleException("/etc/passwd cannot be read", e);
        }
    }

    /** Returns when the service's own program runs. @throws CapsuleException with what it wrote, if it ended first */
    Launched start(Path namespace, Cgroup group, List<Path> procsFiles) throws IOException {
        List<String> argv = new ArrayList<>(List.of("nsenter", "--net=" + namespace, "--"));
        argv.addAll(List.of("unshare", "--pid", "--time", "--fork", "--", "setsid", "sh", "-c", ENTER, "capsule"));
        argv.add(Integer.toString(procsFiles.size()));
        argv.add(Integer.toString(basePid));
        procsFiles.forEach(f -> argv.add(f.toString()));
        if (!spec.user().equals("root")) {
            argv.addAll(List.of(
                    "setpriv", "--reuid=" + spec.user(), "--regid=" + groupOf(spec.user()), "--init-groups", "--"));
        }
        Integer openFiles = spec.limits().openFiles();
        if (openFiles != null) {
            argv.addAll(List.of("prlimit", "--nofile=" + openFiles + ":" + openFiles, "--"));
        }
        argv.addAll(command);
        int flags = OwnedFd.O_WRONLY | OwnedFd.O_APPEND | OwnedFd.O_CREAT;
        ChildProcess wrapper = Spawn.of(argv)
                .environment(environment())
                .directory(Path.of(spec.workingDirectory()))
                .newSession()
                .open(1, log, flags, LOG_MODE)
                .open(2, log, flags, LOG_MODE)
                .start();
        try {
            return new Launched(wrapper, awaitService(wrapper, group));
        } catch (IOException | RuntimeException e) {
            group.kill();
            wrapper.close();
            throw e;
        }
    }

    private int awaitService(ChildProcess wrapper, Cgroup group) throws IOException {
        long deadline = System.nanoTime() + START_PATIENCE.toNanos();
        while (System.nanoTime() < deadline) {
            Optional<Integer> service = insidePid(group, basePid);
            if (service.isPresent() && runsItself(service.get())) {
                return insidePid(group, 1)
                        .orElseThrow(() -> new CapsuleException("service " + spec.name() + " has no PID 1"));
            }
            var ended = wrapper.awaitExit(Duration.ofNanos(POLL_NANOS));
            if (ended.isPresent()) {
                throw new CapsuleException(
                        "service " + spec.name() + " " + ended.get() + " at once; it wrote: " + lastWords());
            }
            LockSupport.parkNanos(POLL_NANOS);
        }
        throw new CapsuleException(
                "service " + spec.name() + " did not start within " + START_PATIENCE.toSeconds() + " s");
    }

    private boolean runsItself(int pid) throws IOException {
        try {
            String exe = Procfs.executable(pid).getFileName().toString();
            String wanted = Path.of(command.getFirst()).getFileName().toString();
            return exe.equals(wanted) || !CHAIN.contains(exe);
        } catch (NoSuchFileException e) {
            return false; // gone again
        }
    }

    /** The process that has {@code inside} as its number in the innermost PID namespace. */
    private static Optional<Integer> insidePid(Cgroup group, int inside) throws IOException {
        for (int pid : group.procs()) {
            try {
                List<Integer> numbers = Procfs.namespacePids(pid);
                if (numbers.size() > 1 && numbers.getLast() == inside) {
                    return Optional.of(pid);
                }
            } catch (NoSuchFileException e) {
                // gone again
            }
        }
        return Optional.empty();
    }

    private Map<String, String> environment() {
        Map<String, String> environment = new TreeMap<>();
        environment.put("PATH", PATH_DEFAULT);
        environment.put("LANG", "C.UTF-8");
        environment.put("HOME", spec.user().equals("root") ? "/root" : spec.workingDirectory());
        environment.putAll(spec.environment());
        return environment;
    }

    private Optional<Path> findProgram() {
        String program = command.getFirst();
        if (program.contains("/")) {
            Path path = Path.of(spec.workingDirectory()).resolve(program);
            return Files.isExecutable(path) && !Files.isDirectory(path) ? Optional.of(path) : Optional.empty();
        }
        for (String directory : environment().getOrDefault("PATH", PATH_DEFAULT).split(":")) {
            Path path = Path.of(directory, program);
            if (Files.isExecutable(path) && !Files.isDirectory(path)) {
                return Optional.of(path);
            }
        }
        return Optional.empty();
    }

    private static String groupOf(String user) throws IOException {
        for (String line : Files.readAllLines(Path.of("/etc/passwd"))) {
            if (line.startsWith(user + ":")) {
                return line.split(":")[3];
            }
        }
        throw new CapsuleException("user '" + user + "' has no account on this node: create it");
    }

    private String lastWords() {
        try {
            List<String> lines = Files.readAllLines(log, StandardCharsets.ISO_8859_1);
            return String.join(" | ", lines.subList(Math.max(0, lines.size() - ERROR_LINES), lines.size()));
        } catch (IOException e) {
            return "(nothing readable)";
        }
    }
}
