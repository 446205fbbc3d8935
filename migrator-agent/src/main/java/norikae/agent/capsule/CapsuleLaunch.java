package norikae.agent.capsule;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import norikae.failover.model.ServiceSpec;
import norikae.linux.Cgroup;
import norikae.linux.ChildProcess;
import norikae.linux.ExitStatus;
import norikae.linux.OwnedFd;
import norikae.linux.Procfs;
import norikae.linux.Spawn;

/** Starts a service inside its capsule by a {@link LaunchChain}. Confined to the thread that starts it. */
final class CapsuleLaunch {

    private static final Duration START_PATIENCE = Duration.ofSeconds(15);
    private static final Duration POLL = Duration.ofMillis(2);
    private static final String PATH_DEFAULT = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    private static final int LOG_MODE = 0640;
    private static final int ERROR_LINES = 10;

    private final ServiceSpec spec;
    private final int basePid;
    private final List<String> command;
    private final Path log;
    private final Account account;
    private final LaunchChain chain;
    private final boolean logIsNew;

    /** @throws CapsuleException for what can be known to be wrong before anything is made */
    CapsuleLaunch(ServiceSpec spec, int basePid, List<String> command, Path log) throws CapsuleException {
        this.spec = spec;
        this.basePid = basePid;
        this.command = command;
        this.log = log;
        this.account = Account.of(spec.user());
        this.chain = new LaunchChain(spec, account, command);
        this.logIsNew = !Files.exists(log);
        requireDirectory();
        requireProgram();
    }

    /** @param initPid PID 1 inside, as this node sees it */
    record Launched(ChildProcess wrapper, int initPid, long initStartTime) {}

    /** Returns when the service's own program runs. @throws CapsuleException with what it wrote, if it ended first */
    Launched start(Path namespace, Cgroup group, List<Path> procsFiles) throws IOException {
        int flags = OwnedFd.O_WRONLY | OwnedFd.O_APPEND | OwnedFd.O_CREAT;
        ChildProcess wrapper = Spawn.of(chain.words(namespace, procsFiles, basePid))
                .environment(environment())
                .directory(Path.of(spec.workingDirectory()))
                .newSession()
                .open(1, log, flags, LOG_MODE)
                .open(2, log, flags, LOG_MODE)
                .start();
        try {
            return awaitService(wrapper, group);
        } catch (IOException | RuntimeException e) {
            group.kill();
            wrapper.close();
            throw e;
        }
    }

    /** Takes back the output of a service that never ran: the error has quoted it. */
    void removeNewLog() throws IOException {
        if (logIsNew) {
            Files.deleteIfExists(log);
        }
    }

    private Launched awaitService(ChildProcess wrapper, Cgroup group) throws IOException {
        long deadline = System.nanoTime() + START_PATIENCE.toNanos();
        do {
            Optional<Integer> service = insidePid(group, basePid);
            if (service.isPresent() && isPastChain(service.get())) {
                Optional<Integer> init = insidePid(group, 1);
                if (init.isPresent()) {
                    return new Launched(wrapper, init.get(), Procfs.startTime(init.get()));
                }
            }
            Optional<ExitStatus> ended = wrapper.awaitExit(POLL);
            if (ended.isPresent()) {
                throw new CapsuleException(
                        "service " + spec.name() + " " + ended.get() + " at once; it wrote: " + lastWords());
            }
        } while (System.nanoTime() - deadline < 0);
        throw new CapsuleException("service " + spec.name() + " did not start within " + START_PATIENCE.toSeconds()
                + " s; it wrote: " + lastWords());
    }

    private boolean isPastChain(int pid) throws IOException {
        try {
            return chain.past(Procfs.commandLine(pid));
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
        environment.put("HOME", account.home());
        environment.putAll(spec.environment());
        return environment;
    }

    private void requireDirectory() throws CapsuleException {
        if (!Files.isDirectory(Path.of(spec.workingDirectory()))) {
            throw new CapsuleException("workingDirectory " + spec.workingDirectory() + " of service " + spec.name()
                    + " is not a directory on this node: create it");
        }
    }

    private void requireProgram() throws CapsuleException {
        if (findProgram().isEmpty()) {
            throw new CapsuleException("program '" + command.getFirst() + "' of service " + spec.name()
                    + " is not on this node or not executable: give its absolute path, or install it");
        }
    }

    private Optional<Path> findProgram() {
        String program = command.getFirst();
        if (program.contains("/")) {
            return Optional.of(Path.of(spec.workingDirectory()).resolve(program))
                    .filter(CapsuleLaunch::isProgram);
        }
        for (String directory : environment().getOrDefault("PATH", PATH_DEFAULT).split(":")) {
            Path path = Path.of(spec.workingDirectory()).resolve(directory).resolve(program);
            if (isProgram(path)) {
                return Optional.of(path);
            }
        }
        return Optional.empty();
    }

    private static boolean isProgram(Path path) {
        return Files.isRegularFile(path) && Files.isExecutable(path);
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
