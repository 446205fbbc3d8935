package norikae.lab;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** One host of a running laboratory. Thread-safe, as long as one thread at a time switches its power. */
public final class LabNode {

    private static final String UPLINK = "up0";
    private static final Duration BOOT_PATIENCE = Duration.ofSeconds(20);
    private static final Duration POWER_OFF_PATIENCE = Duration.ofSeconds(10);
    private static final Duration AGENT_PATIENCE = Duration.ofSeconds(20);

    private final Lab lab;
    private final NodeOptions options;

    LabNode(Lab lab, NodeOptions options) {
        this.lab = lab;
        this.options = options;
    }

    public String name() {
        return options.name();
    }

    public NodeOptions options() {
        return options;
    }

    Distribution distribution() {
        return lab.distribution();
    }

    public String address() {
        return lab.options().subnet().address(options.number());
    }

    /** The disk that all nodes share, if they share one. */
    Optional<Path> sharedDisk() {
        return lab.options().failover().sharedDisk()
                ? Optional.of(lab.directories().sharedDisk())
                : Optional.empty();
    }

    /** What it reaches together with the others, as an option of the command that makes it a member. */
    List<String> sharedStorage() {
        return lab.options().failover().sharedStorage()
                ? List.of(
                        "--shared-storage",
                        LabOptions.SHARED_STORAGE + "=" + lab.directories().sharedStorage())
                : List.of();
    }

    /** Its address on the second network, if there is one. */
    public Optional<String> secondAddress() {
        return lab.options().failover().secondNetwork()
                ? Optional.of(lab.options().subnet().second().address(options.number()))
                : Optional.empty();
    }

    // ---- programs

    /** Starts a program on the node; close it, or wait for it. */
    public LabProcess exec(String... command) {
        return exec(ExecRequest.of(command));
    }

    /** Starts a program on the node, in all its namespaces and in its cgroup. */
    public LabProcess exec(ExecRequest request) {
        String cgroup = name() + "/exec-" + ProcessHandle.current().pid() + "-" + LabProcess.NUMBERS.incrementAndGet();
        List<String> command = new ArrayList<>(List.of(
                "nsenter",
                "-t",
                Long.toString(init()),
                "-m",
                "-u",
                "-i",
                "-n",
                "-p",
                "-T",
                "sh",
                "-c",
                "cd \"$1\" 2>/dev/null || cd /; shift; exec \"$@\"",
                "exec",
                request.workingDirectory().toString()));
        command.addAll(request.command());
        ProcessBuilder builder = new ProcessBuilder(Shell.joining(lab.cgroups().make(cgroup), command));
        if (request.inheritIo()) {
            builder.inheritIO();
        }
        builder.environment()
                .put("PATH", Shell.path() + ":" + lab.distribution().root().resolve("bin"));
        builder.environment().putAll(request.environment());
        try {
            return new LabProcess(
                    name() + ": " + String.join(" ", request.command()), builder.start(), lab.cgroups(), cgroup);
        } catch (IOException e) {
            throw new LabException("cannot start a program on node " + name() + ": " + e.getMessage(), e);
        }
    }

    /**
     * Runs a short program to its end and returns its standard output.
     *
     * @throws LabException with all that it said, if its exit code is not 0
     */
    public String run(String... command) {
        try (LabProcess process = exec(command)) {
            int code = process.await(Duration.ofMinutes(1));
            if (code != 0) {
                throw new LabException("`" + process + "` failed with exit code " + code + ": "
                        + process.output().strip() + " " + process.errors().strip());
            }
            return process.output();
        }
    }

    // ---- power

    public boolean isOn() {
        return findInit().isPresent();
    }

    /** The node's process 1, as numbered on this machine. */
    public long init() {
        return findInit()
                .orElseThrow(() -> new LabException("node " + name() + " is off: run norikae lab power-on " + name()));
    }

    private Optional<Long> findInit() {
        return lab.cgroups().processes(name() + "/init").stream()
                .filter(pid -> {
                    List<Long> numbers = Proc.numbers(pid);
                    return numbers.size() > 1 && numbers.getLast() == 1;
                })
                .findFirst();
    }

    /**
     * Stops every process of the node where it stands, agent and services alike, while its kernel goes on: a server that
     * hangs.
     */
    public void hang() {
        lab.cgroups().freeze(name(), true);
    }

    /** Lets everything go on as if nothing had been. */
    public void resume() {
        lab.cgroups().freeze(name(), false);
    }

    /** The directory of the control group that the whole node is in: killing it is cutting the power. */
    public Path powerSwitch() {
        return lab.cgroups().unified(name());
    }

    /** Cuts the power: nothing of the node runs any more when this returns; its disk stays. */
    public void powerOff() {
        lab.cgroups().kill(name());
        Waiting.until(
                POWER_OFF_PATIENCE,
                () -> "node " + name() + " does not die: " + lab.cgroups().allProcesses(name()),
                () -> lab.cgroups().allProcesses(name()).isEmpty());
        lab.cgroups().remove(name());
        awaitPortsGone();
    }

    private void awaitPortsGone() {
        lab.theSwitch().awaitPortGone(options.switchPort());
        lab.theSwitch().awaitPortGone(options.secondSwitchPort());
    }

    /** Starts the node again, with the disk that it had; returns when it could start its agent. */
    public void powerOn() {
        if (isOn()) {
            throw new LabException("node " + name() + " is on already");
        }
        // What a boot that was interrupted left behind, or somebody else who cut the power: the groups may be frozen.
        lab.cgroups().kill(name());
        lab.cgroups().remove(name());
        awaitPortsGone();
        boot();
    }

    void boot() {
        LabDirectories directories = lab.directories();
        Path desk = directories.nodeDesk(name());
        try {
            Files.createDirectories(desk);
            Files.createDirectories(directories.disk(name()));
            Files.createDirectories(directories.stage(name()));
            for (String flag : List.of("ready", "go", "agent.pid")) {
                Files.deleteIfExists(desk.resolve(flag));
            }
            Resources.copy("node-init.sh", desk.resolve("node-init.sh"));
            Resources.copy("supervise.sh", desk.resolve("supervise.sh"));
            if (lab.options().failover().on() && hasAgent()) {
                FencingFile.write(lab, directories.disk(name()));
            }
        } catch (IOException e) {
            throw new LabException("cannot prepare node " + name() + ": " + e, e);
        }
        String ahead = Long.toString(options.uptimeAhead().toSeconds());
        Path console = directories.console(name());
        Shell.startDetached(
                lab.cgroups().make(name() + "/init"),
                bootEnvironment(),
                console,
                List.of(
                        "unshare",
                        "--fork",
                        "--pid",
                        "--mount",
                        "--net",
                        "--uts",
                        "--ipc",
                        "--time",
                        "--monotonic",
                        ahead,
                        "--boottime",
                        ahead,
                        "--propagation",
                        "private",
                        "--mount-proc",
                        "sh",
                        desk.resolve("node-init.sh").toString()));
        Waiting.until(
                BOOT_PATIENCE,
                () -> "node " + name() + " does not boot; its console says: " + String.join("\n", Proc.lines(console)),
                () -> Files.exists(desk.resolve("ready")));
        connect();
        touch("go");
    }

    private void connect() {
        long init = init();
        lab.theSwitch().connect(options.switchPort(), init);
        String bridge = """
                link set lo up
                link add %1$s address %2$s type bridge forward_delay 0 mcast_snooping 0
                link set %3$s master %1$s
                link set %3$s up
                link set %1$s up
                address add %4$s brd + dev %1$s
                """.formatted(
                        Lab.NODE_BRIDGE,
                        lab.options().subnet().mac(options.number()),
                        UPLINK,
                        lab.options().subnet().addressWithPrefix(options.number()));
        Shell.inNetworkOf(init, bridge, "ip", "-batch", "-");
        if (lab.options().failover().secondNetwork()) {
            lab.theSwitch().connectSecond(options.secondSwitchPort(), init);
            Shell.inNetworkOf(
                    init,
                    "link set up1 up\naddress add "
                            + lab.options().subnet().second().addressWithPrefix(options.number()) + " brd + dev up1\n",
                    "ip",
                    "-batch",
                    "-");
        }
        String rate = lab.linkRules().rates().get(name());
        if (rate != null) {
            shape(rate);
        }
    }

    void shape(@org.jspecify.annotations.Nullable String rate) {
        lab.theSwitch().shape(options.switchPort(), rate);
        LabSwitch.shapeIn(init(), UPLINK, rate);
    }

    private Map<String, String> bootEnvironment() {
        LabDirectories directories = lab.directories();
        Map<String, String> environment = new HashMap<>();
        environment.put("PATH", Shell.path());
        environment.put("HOME", System.getProperty("user.home", "/root"));
        environment.put("LANG", "C.UTF-8");
        environment.put("JAVA_HOME", lab.distribution().javaHome().toString());
        environment.put("NODE", name());
        environment.put("DESK", directories.nodeDesk(name()).toString());
        environment.put("FAULTS", directories.faults().toString());
        environment.put("FAULTS_AT", directories.faults().toString());
        environment.put("HOSTS", directories.hosts().toString());
        environment.put("DISK", directories.disk(name()).toString());
        environment.put("STAGE", directories.stage(name()).toString());
        environment.put("SHARES", String.join("\n", lab.sharesOutOfSight()));
        boolean agent = hasAgent();
        environment.put("AGENT", agent ? lab.distribution().program("norikaed").toString() : "");
        List<String> groups = lab.cgroups().make(name() + "/agent").stream()
                .map(Path::toString)
                .toList();
        environment.put("AGENT_CGROUPS", String.join("\n", groups));
        List<String> javaOptions = new ArrayList<>(lab.options().agentJavaOptions());
        javaOptions.add("-Dnorikae.faults=" + directories.faults());
        environment.put("NORIKAED_JAVA_OPTS", String.join(" ", javaOptions));
        String criu = System.getenv("NORIKAE_CRIU");
        if (criu != null) {
            environment.put("NORIKAE_CRIU", criu);
        }
        environment.putAll(lab.options().environment());
        return environment;
    }

    // ---- the agent

    /** Whether an agent belongs on this node. */
    public boolean hasAgent() {
        return lab.options().agents() != LabOptions.Agents.NONE
                && options.role().hasAgent();
    }

    /** The agent's process as numbered on this machine; empty if none runs. */
    public Optional<Long> agentPid() {
        List<String> lines = Proc.lines(lab.directories().nodeDesk(name()).resolve("agent.pid"));
        if (lines.isEmpty()) {
            return Optional.empty();
        }
        long inside = Long.parseLong(lines.getFirst().strip());
        return lab.cgroups().processes(name() + "/agent").stream()
                .filter(pid -> {
                    List<Long> numbers = Proc.numbers(pid);
                    return numbers.size() == 2 && numbers.getLast() == inside;
                })
                .findFirst();
    }

    /** Kills the agent with SIGKILL and returns when it is gone. Unless it is held, the node starts it again at once. */
    public void killAgent() {
        long pid = agentPid().orElseThrow(() -> new LabException("no agent runs on node " + name()));
        Proc.kill(pid);
        Waiting.until(AGENT_PATIENCE, () -> "agent " + pid + " of node " + name() + " does not die", () -> agentPid()
                .filter(now -> now == pid)
                .isEmpty());
    }

    /** Tells the node not to start its agent again when it dies, or to do so again. */
    public void holdAgent(boolean hold) {
        if (hold) {
            touch("hold");
        } else {
            try {
                Files.deleteIfExists(lab.directories().nodeDesk(name()).resolve("hold"));
            } catch (IOException e) {
                throw new LabException("cannot let the agent of node " + name() + " go: " + e, e);
            }
        }
    }

    /** Lets a held agent start, and returns when its process runs; it may not be ready for calls yet. */
    public long startAgent() {
        holdAgent(false);
        Waiting.until(
                AGENT_PATIENCE,
                () -> "the agent of node " + name() + " does not start; see " + agentLog(),
                () -> agentPid().isPresent());
        return agentPid().orElseThrow();
    }

    /** What the agent wrote to its standard output and error, over all its lives. */
    public Path agentLog() {
        return lab.directories().nodeDesk(name()).resolve("norikaed.log");
    }

    /** A file of the node, as reached from this machine: sees the node's own {@code /run} and {@code /tmp}. */
    public Path file(String path) {
        return Path.of("/proc", Long.toString(init()), "root").resolve(path.replaceFirst("^/+", ""));
    }

    /** How long the node believes to be up. */
    public Duration uptime() {
        String seconds = run("cat", "/proc/uptime").split(" ", -1)[0];
        return Duration.ofMillis((long) (Double.parseDouble(seconds) * 1000));
    }

    private void touch(String flag) {
        try {
            Files.writeString(lab.directories().nodeDesk(name()).resolve(flag), "");
        } catch (IOException e) {
            throw new LabException("cannot reach node " + name() + ": " + e, e);
        }
    }
}
