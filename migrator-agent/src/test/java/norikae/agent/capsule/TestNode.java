package norikae.agent.capsule;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import norikae.failover.model.Epoch;
import norikae.failover.model.Limits;
import norikae.failover.model.MonitorSpec;
import norikae.failover.model.OcfResource;
import norikae.failover.model.ServiceAddress;
import norikae.failover.model.ServiceName;
import norikae.failover.model.ServiceSpec;
import norikae.linux.Cgroup;
import norikae.linux.LegacyCgroup;
import norikae.linux.LinkLayer;
import norikae.linux.NetworkNamespace;
import norikae.linux.Procfs;

/** Directories and cgroups of a node that lives as long as one test, and what can be asked of it. */
final class TestNode implements AutoCloseable {

    static final Epoch EPOCH = Epoch.FIRST;
    static final int BASE_PID = 4000;
    static final Duration PATIENCE = Duration.ofSeconds(20);

    final Path directory;
    final CapsuleSettings settings;
    private final Cgroup above;

    TestNode() throws IOException {
        this(Files.createTempDirectory("norikae-capsule-test"));
    }

    /** The same node for another process. */
    TestNode(Path directory) throws IOException {
        this.directory = directory;
        this.above = Cgroup.root().child(directory.getFileName().toString());
        this.settings = new CapsuleSettings(
                directory.resolve("services"),
                directory.resolve("run"),
                directory.resolve("marks"),
                TestNetwork.BRIDGE,
                above.child("capsules"),
                Cgroup.own());
        // A service that is not root's must be able to enter its working directory.
        Files.setPosixFilePermissions(directory, java.nio.file.attribute.PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    CapsuleManager manager() throws IOException {
        return new CapsuleManager(settings, ServiceDisks.NONE);
    }

    /** A name that no other test on this machine uses. */
    static ServiceName name(String suffix) {
        return new ServiceName("t" + ProcessHandle.current().pid() + "-" + suffix);
    }

    ServiceSpec spec(ServiceName name, List<String> command) {
        return spec(name, command, "root", Limits.NONE);
    }

    ServiceSpec spec(ServiceName name, List<String> command, String user, Limits limits) {
        return new ServiceSpec(
                name,
                command,
                ServiceAddress.parse("10.213.78.50/24"),
                new TreeMap<>(),
                user,
                directory.toString(),
                limits,
                null);
    }

    /** The same service, watched. */
    static ServiceSpec watched(ServiceSpec spec, MonitorSpec... monitors) {
        return new ServiceSpec(
                spec.name(),
                spec.command(),
                spec.address(),
                spec.environment(),
                spec.user(),
                spec.workingDirectory(),
                spec.limits(),
                null,
                null,
                null,
                List.of(monitors),
                spec.ocf());
    }

    /** A service of a resource agent. */
    ServiceSpec ocf(ServiceName name, String agent, Map<String, String> parameters, MonitorSpec... monitors) {
        return new ServiceSpec(
                name,
                List.of(),
                ServiceAddress.parse("10.213.78.50/24"),
                new TreeMap<>(),
                "root",
                directory.toString(),
                Limits.NONE,
                null,
                null,
                null,
                List.of(monitors),
                OcfResource.parse(agent, parameters));
    }

    ServiceSpec shell(ServiceName name, String script) {
        return spec(name, List.of("sh", "-c", script));
    }

    static List<String> java(String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("surefire.real.class.path", System.getProperty("java.class.path"))));
        command.addAll(List.of(arguments));
        return command;
    }

    /** The process that has {@code inside} as its number in the capsule, as the test sees it. */
    static int pidOf(Capsule capsule, int inside) throws IOException {
        for (int pid : capsule.cgroup().procs()) {
            if (Procfs.namespacePids(pid).getLast() == inside) {
                return pid;
            }
        }
        throw new AssertionError("no process has the number " + inside + " in " + capsule.service());
    }

    static int servicePid(Capsule capsule) throws IOException {
        return pidOf(capsule, capsule.basePid());
    }

    static String log(Capsule capsule) throws IOException {
        return read(capsule.logPath());
    }

    static String read(Path file) throws IOException {
        try {
            return Files.readString(file);
        } catch (NoSuchFileException e) {
            return "";
        }
    }

    interface Condition {
        boolean holds() throws Exception;
    }

    static void await(Condition condition, String what) throws Exception {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.holds()) {
            if (System.nanoTime() - deadline > 0) {
                throw new AssertionError("not within " + PATIENCE + ": " + what);
            }
            Thread.sleep(5);
        }
    }

    /** No process, namespace, link, group or record of the service. */
    void assertNothingLeft(ServiceName service) throws IOException {
        CapsuleLink link = new CapsuleLink(service, ServiceAddress.parse("10.213.78.50/24"), TestNetwork.BRIDGE);
        assertThat(NetworkNamespace.exists(link.namespaceName()))
                .as("namespace")
                .isFalse();
        assertThat(LinkLayer.exists(link.hostEnd())).as("link").isFalse();
        assertThat(settings.cgroups().child(service.value()).exists())
                .as("cgroup")
                .isFalse();
        for (String controller : LimitFile.CONTROLLERS) {
            assertThat(legacy(controller, service)).doesNotExist();
        }
        assertThat(CapsuleRecord.find(settings.records(), service)).as("record").isEmpty();
    }

    private Path legacy(String controller, ServiceName service) throws IOException {
        return LegacyCgroup.controller(controller)
                .orElseThrow()
                .child(directory.getFileName().toString())
                .child("capsules")
                .child(service.value())
                .directory();
    }

    /** Removes what a failed test may have left, too. */
    @Override
    public void close() throws IOException {
        for (CapsuleRecord record : CapsuleRecord.load(settings.records())) {
            CapsuleManager manager = manager();
            manager.remove(record, manager.groups(record), manager.link(record));
        }
        settings.cgroups().remove(PATIENCE);
        above.child("commands").remove(PATIENCE);
        above.remove(PATIENCE);
        for (String controller : LimitFile.CONTROLLERS) {
            LegacyCgroup group = LegacyCgroup.controller(controller)
                    .orElseThrow()
                    .child(directory.getFileName().toString());
            group.child("capsules").remove();
            group.remove();
        }
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
