package norikae.agent.capsule;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import norikae.agent.ocf.OcfAgent;
import norikae.agent.ocf.OcfException;
import norikae.agent.ocf.OcfExit;
import norikae.failover.model.OcfResource;
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
    private static final int LOG_MODE = 0640;
    private static final int ERROR_LINES = 10;

    private final ServiceSpec spec;
    private final int basePid;
    private final List<String> command;
    private final Path log;
    private final Account account;
    private final LaunchChain chain;
    private final boolean logIsNew;
    private final Duration patience;

    /** @throws CapsuleException for what can be known to be wrong before anything is made */
    CapsuleLaunch(ServiceSpec spec, int basePid, List<String> command, Path log) throws CapsuleException {
        this.spec = spec;
        this.basePid = basePid;
        this.command = command;
        this.log = log;
        this.account = Account.of(spec.user());
        this.chain = new LaunchChain(spec, account, command);
        this.logIsNew = !Files.exists(log);
        this.patience = patience(spec);
        requireDirectory();
        requireProgram();
    }

    /** @param initPid PID 1 inside, as this node sees it */
    record Launched(ChildProcess wrapper, int initPid, long initStartTime) {}

    /** Returns when the service's own program runs. @throws CapsuleException with what it wrote, if it ended first */
    Launched start(Path namespace, Cgroup group, List<Path> procsFiles) throws IOException {
        int flags = OwnedFd.O_WRONLY | OwnedFd.O_APPEND | OwnedFd.O_CREAT;
        ChildProcess wrapper = Spawn.of(chain.words(namespace, procsFiles, basePid))
                .environment(ServiceEnvironment.of(spec, account))
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

    /** A resource agent may take as long as it says that it does. @throws CapsuleException if it cannot be used */
    private static Duration patience(ServiceSpec spec) throws CapsuleException {
        OcfResource ocf = spec.ocf();
        if (ocf == null) {
            return START_PATIENCE;
        }
        try {
            Duration advised = Duration.ofMillis(OcfAgent.of(ocf).startTimeoutMillis());
            return advised.compareTo(START_PATIENCE) > 0 ? advised : START_PATIENCE;
        } catch (OcfException e) {
            throw new CapsuleException("service " + spec.name() + ": " + e.getMessage(), e);
        }
    }

    private Launched awaitService(ChildProcess wrapper, Cgroup group) throws IOException {
        long deadline = System.nanoTime() + patience.toNanos();
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
                throw new CapsuleException("service " + spec.name() + " " + inWords(ended.get()) + lastWords());
            }
        } while (System.nanoTime() - deadline < 0);
        throw new CapsuleException("service " + spec.name() + " did not start within " + patience.toSeconds()
                + " s; it wrote: " + lastWords());
    }

    private String inWords(ExitStatus ended) {
        OcfResource ocf = spec.ocf();
        if (ocf == null || ended.signal() != 0) {
            return ended + " at once; it wrote: ";
        }
        return "could not be started: " + ocf.fullName() + " start ended with " + OcfExit.inWords(ended.code())
                + "; it wrote: ";
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
        String searched = ServiceEnvironment.of(spec, account).getOrDefault("PATH", ServiceEnvironment.PATH_DEFAULT);
        for (String directory : searched.split(":")) {
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
