package norikae.lab;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;

/**
 * A running laboratory. It does not end with the program that started it; {@link #close} ends it.
 *
 * <p>Thread-safe, but changes of links and power are for one thread at a time.
 */
public final class Lab implements AutoCloseable {

    /** The bridge in every node that holds the node's address and into which the links of services are put. */
    public static final String NODE_BRIDGE = "nbr0";

    private static final Duration END_PATIENCE = Duration.ofSeconds(40);

    private final LabOptions options;
    private final LabDirectories directories;
    private final Cgroups cgroups;
    private final LabSwitch theSwitch;
    private final Distribution distribution;
    private final Map<String, LabNode> nodes = new LinkedHashMap<>();

    private Lab(LabOptions options, Distribution distribution) {
        this.options = options;
        this.directories = LabDirectories.of(options.name());
        this.cgroups = Cgroups.ofLab(options.name());
        this.theSwitch = new LabSwitch(options.name(), cgroups);
        this.distribution = distribution;
        options.nodes().forEach(node -> nodes.put(node.name(), new LabNode(this, node)));
    }

    // ---- life

    /** Boots a laboratory and returns when its nodes, and with agents its cluster, are ready. */
    public static Lab up(LabOptions options) {
        return up(options, line -> {});
    }

    /**
     * Boots a laboratory. Remains of an earlier one of that name that came to grief are removed first.
     *
     * @param progress is told line by line what happens
     * @throws LabException if it is up already or cannot be booted; then nothing of it is left
     */
    public static Lab up(LabOptions options, Consumer<String> progress) {
        return up(options, Distribution.ofThisProcess(), progress);
    }

    static Lab up(LabOptions options, Distribution distribution, Consumer<String> progress) {
        try (LabLock _ = LabLock.take(options.name())) {
            if (find(options.name()).isPresent()) {
                throw new LabIsUpException(options.name());
            }
            if (!LabRemains.of(options.name()).isEmpty()) {
                progress.accept("removing what an interrupted laboratory " + options.name() + " left behind");
                LabRemains.remove(options.name());
            }
            Lab lab = new Lab(options, distribution);
            try {
                lab.build(progress);
            } catch (RuntimeException | Error e) {
                boolean interrupted = Thread.interrupted();
                LabRemains.remove(options.name());
                if (interrupted) {
                    Thread.currentThread().interrupt();
                }
                throw e;
            }
            return lab;
        }
    }

    /** The running laboratory of that name. */
    public static Optional<Lab> find(String name) {
        LabOptions.checkName(name);
        LabDirectories directories = LabDirectories.of(name);
        if (!Files.exists(directories.state())) {
            return Optional.empty();
        }
        Lab lab = new Lab(StateFiles.readOptions(directories.state()), Distribution.ofThisProcess());
        return lab.theSwitch.isUp() ? Optional.of(lab) : Optional.empty();
    }

    /**
     * The running laboratory of that name.
     *
     * @throws LabException if there is none
     */
    public static Lab get(String name) {
        return find(name)
                .orElseThrow(() -> new LabException("laboratory " + name + " is not up: run norikae lab up"
                        + (name.equals(LabOptions.NAME_DEFAULT) ? "" : " --name " + name)));
    }

    /** Ends a laboratory, whatever state it is in; does nothing if there is none. */
    public static void down(String name) {
        LabOptions.checkName(name);
        try (LabLock _ = LabLock.take(name)) {
            LabRemains.remove(name);
        }
    }

    /**
     * Makes sure that a laboratory ends when this program does, by Ctrl-C too, and even while it is being built.
     *
     * @return what ends it now, and makes the end of the program forget about it
     */
    public static AutoCloseable endingWithThisProgram(String name) {
        LabOptions.checkName(name);
        Thread builder = Thread.currentThread();
        Thread end = new Thread(
                () -> {
                    // Whoever builds it stops, cleans up, and lets go of the lock.
                    builder.interrupt();
                    endNow(name);
                },
                "the end of laboratory " + name);
        Runtime.getRuntime().addShutdownHook(end);
        return () -> {
            endNow(name);
            Runtime.getRuntime().removeShutdownHook(end);
        };
    }

    /** Returns when no command builds or removes a laboratory of that name. */
    public static void awaitQuiet(String name) {
        LabLock.await(name, END_PATIENCE).close();
    }

    private static void endNow(String name) {
        try (LabLock _ = LabLock.await(name, END_PATIENCE)) {
            LabRemains.remove(name);
        }
    }

    /** Everything on this machine that belongs to a laboratory of that name; empty after {@link #down}. */
    public static List<Trace> remains(String name) {
        return LabRemains.of(name);
    }

    /** Ends this laboratory. */
    @Override
    public void close() {
        down(options.name());
    }

    private void build(Consumer<String> progress) {
        progress.accept("laboratory " + options.name() + ": network " + options.subnet());
        try {
            Files.createDirectories(directories.run());
            Files.createDirectories(directories.faults());
            Files.writeString(directories.hosts(), hostsFile());
        } catch (IOException e) {
            throw new LabException("cannot prepare " + directories.run() + ": " + e, e);
        }
        checkSubnetIsFree();
        theSwitch.up(options.subnet(), directories.console(LabSwitch.CGROUP));
        progress.accept("booting " + String.join(", ", nodes.keySet()));
        inParallel(nodes.values(), LabNode::boot);
        // From here on it can be found.
        StateFiles.write(directories.state(), options);
        if (options.agents() == LabOptions.Agents.CLUSTER) {
            new ClusterBootstrap(this, progress).run();
        }
        progress.accept("laboratory " + options.name() + " is up");
    }

    private void checkSubnetIsFree() {
        String prefix = " " + options.subnet().base() + ".";
        String taken = Shell.run("ip", "-4", "-o", "address", "show")
                .lines()
                .filter(line -> line.contains("inet" + prefix))
                .findFirst()
                .orElse("");
        if (!taken.isEmpty()) {
            throw new LabException("network " + options.subnet() + " is in use on this machine (" + taken.strip()
                    + "): choose another with --subnet");
        }
    }

    private String hostsFile() {
        StringBuilder text = new StringBuilder("127.0.0.1 localhost\n::1 localhost\n");
        text.append(options.subnet().address(Subnet.HOST_NUMBER)).append(" host\n");
        nodes.values().forEach(node -> text.append(node.address())
                .append(' ')
                .append(node.name())
                .append('\n'));
        return text.toString();
    }

    static <T> void inParallel(Collection<T> items, Consumer<T> work) {
        List<Future<?>> running = new ArrayList<>();
        try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
            for (T item : items) {
                Callable<?> task = () -> {
                    work.accept(item);
                    return item;
                };
                running.add(executor.submit(task));
            }
        }
        for (Future<?> future : running) {
            try {
                future.get();
            } catch (ExecutionException e) {
                throw e.getCause() instanceof LabException known ? known : new LabException("a node failed", e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new LabException("interrupted while nodes were booting", e);
            }
        }
    }

    // ---- what is in it

    public LabOptions options() {
        return options;
    }

    /** All hosts, in the order of the options. */
    public List<LabNode> nodes() {
        return List.copyOf(nodes.values());
    }

    /**
     * A host by its name.
     *
     * @throws LabException if there is none of that name
     */
    public LabNode node(String name) {
        LabNode node = nodes.get(name);
        if (node == null) {
            throw new LabException("laboratory " + options.name() + " has no host '" + name + "': it has "
                    + String.join(", ", nodes.keySet()));
        }
        return node;
    }

    /** The operator's configuration; give it to {@code norikae --config}, or as {@code NORIKAE_CONFIG}. */
    public Path clientConfig() {
        return directories.clientConfig();
    }

    /** The directory that fault points of the agents share with tests. */
    public Path faults() {
        return directories.faults();
    }

    public Distribution distribution() {
        return distribution;
    }

    /** What belongs to capsules and moves on the nodes that are on, also to services that run as they should. */
    public List<Trace> leftovers() {
        List<Trace> all = new ArrayList<>();
        nodes.values().stream().filter(LabNode::isOn).forEach(node -> all.addAll(NodeTraces.of(this, node)));
        return all;
    }

    // ---- its links

    /** Cuts a link, both ways; the ends are hosts of the laboratory or {@code host}, this machine. */
    public void partition(String a, String b) {
        cut(a, b, false);
    }

    /** Cuts one direction of a link: what {@code from} sends does not arrive at {@code to}. */
    public void partitionOneWay(String from, String to) {
        cut(from, to, true);
    }

    private void cut(String a, String b, boolean oneWay) {
        checkEnd(a);
        checkEnd(b);
        if (a.equals(b)) {
            throw new LabException("'" + a + "' cannot be cut off from itself: name two hosts");
        }
        change(linkRules().cut(a, b, oneWay));
    }

    /** Cuts a link of the second network, both ways. */
    public void partitionSecond(String a, String b) {
        checkEnd(a);
        checkEnd(b);
        change(linkRules().cutSecond(a, b));
    }

    /** Cuts a host off from everything, this machine included. */
    public void isolate(String name) {
        checkEnd(name);
        change(linkRules().isolate(name));
    }

    /** Mends every cut. */
    public void heal() {
        change(linkRules().healed());
    }

    /**
     * Limits the speed of a host's link in both directions.
     *
     * @param rate in words of {@code tc}, such as {@code 100mbit}; {@code none} for no limit
     */
    public void shape(String name, String rate) {
        LabNode node = node(name);
        @org.jspecify.annotations.Nullable String limit = rate.equals("none") ? null : rate;
        if (node.isOn()) {
            node.shape(limit);
        }
        StateFiles.write(directories.linkRules(), linkRules().shape(name, limit));
    }

    private void checkEnd(String name) {
        if (!name.equals(LinkRules.HOST)) {
            node(name);
        }
    }

    private void change(LinkRules rules) {
        theSwitch.cut(rules);
        StateFiles.write(directories.linkRules(), rules);
    }

    LinkRules linkRules() {
        return StateFiles.readLinkRules(directories.linkRules());
    }

    // ---- for the nodes

    LabDirectories directories() {
        return directories;
    }

    Cgroups cgroups() {
        return cgroups;
    }

    LabSwitch theSwitch() {
        return theSwitch;
    }

    /** Paths that a node's own {@code /run} and {@code /tmp} would hide although it needs them. */
    List<String> sharesOutOfSight() {
        List<Path> wanted = new ArrayList<>(options.shares());
        wanted.add(distribution.root());
        wanted.add(distribution.javaHome());
        String criu = System.getenv("NORIKAE_CRIU");
        if (criu != null) {
            wanted.add(Path.of(criu));
        }
        return wanted.stream()
                .map(path -> path.toAbsolutePath().normalize())
                .filter(path -> path.startsWith("/tmp") || path.startsWith("/run"))
                .filter(Files::exists)
                .map(Path::toString)
                .distinct()
                .toList();
    }
}
