package norikae.agent.capsule;

import static norikae.agent.capsule.TestNode.BASE_PID;
import static norikae.agent.capsule.TestNode.EPOCH;
import static norikae.agent.capsule.TestNode.PATIENCE;
import static norikae.agent.capsule.TestNode.await;
import static norikae.agent.capsule.TestNode.log;
import static norikae.agent.capsule.TestNode.name;
import static norikae.agent.capsule.TestNode.servicePid;
import static norikae.agent.capsule.TestNode.watched;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import norikae.agent.monitor.Monitors;
import norikae.failover.model.Epoch;
import norikae.failover.model.Limits;
import norikae.failover.model.MonitorSpec;
import norikae.failover.model.Probe;
import norikae.failover.model.Reaction;
import norikae.failover.model.ServiceName;
import norikae.failover.model.ServiceSpec;
import norikae.failover.monitor.MonitorState.Phase;
import norikae.failover.monitor.MonitorStatus;
import norikae.linux.PidFd;
import norikae.linux.Procfs;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

@Tag("system")
@Timeout(120)
class MonitorsSystemTest {

    @RegisterExtension
    static final TestNetwork NETWORK = new TestNetwork();

    private static final int SIGSTOP = 19;
    private static final int HTTP_PORT = 8080;
    private static final List<String> WEB_SERVER =
            List.of("python3", "-m", "http.server", Integer.toString(HTTP_PORT), "--bind", "0.0.0.0");
    private static final int NEVER = 1_000; // retries

    private record Wanted(ServiceName service, Epoch epoch, Reaction reaction, String reason) {}

    private final TestNode node = new TestNode();
    private final CapsuleManager manager = node.manager();
    private final ServiceName name = name("mon");
    private final BlockingQueue<Wanted> wanted = new LinkedBlockingQueue<>();
    private volatile boolean busy;
    private final Monitors monitors = new Monitors(
            manager,
            service -> busy,
            (service, epoch, reaction, reason) -> wanted.add(new Wanted(service, epoch, reaction, reason)));

    MonitorsSystemTest() throws IOException {}

    @AfterEach
    void nothingIsLeft() throws Exception {
        monitors.close();
        manager.find(name).ifPresent(capsule -> {
            try {
                capsule.destroy();
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        });
        node.assertNothingLeft(name);
        node.close();
    }

    private Capsule start(ServiceSpec spec) throws IOException {
        Capsule capsule = manager.start(spec, EPOCH, BASE_PID);
        monitors.start();
        return capsule;
    }

    private static MonitorSpec often(Probe probe, int retries) {
        return new MonitorSpec(probe, 100, null, retries, 0, Reaction.FAILOVER);
    }

    private MonitorStatus status(int index) {
        List<MonitorStatus> all = monitors.status(name);
        return all.get(index);
    }

    private boolean well(int index) {
        return monitors.status(name).size() > index
                && status(index).probes() > 0
                && status(index).last().healthy();
    }

    private boolean sick(int index) {
        return monitors.status(name).size() > index && !status(index).last().healthy();
    }

    private Wanted awaitWanted() throws InterruptedException {
        Wanted reaction = wanted.poll(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        assertThat(reaction).as("a reaction; status %s", monitors.status(name)).isNotNull();
        return java.util.Objects.requireNonNull(reaction);
    }

    @Test
    void aHealthyServiceIsFoundHealthyByEveryKindOfProbeAndThoughItsLinkIsCut() throws Exception {
        String inside = "test \"$(id -un)\" = nobody && test \"$(cat /proc/1/comm)\" = tini && test \"$PWD\" = "
                + node.directory;
        ServiceSpec spec = watched(
                node.spec(name, WEB_SERVER, "nobody", Limits.NONE),
                often(new Probe.Tcp(HTTP_PORT), NEVER),
                often(new Probe.Http(HTTP_PORT, "/", 200, "Directory listing"), NEVER),
                often(new Probe.Command(List.of("sh", "-c", inside)), NEVER),
                often(new Probe.Disk(node.directory.toString()), NEVER),
                often(new Probe.Link(TestNetwork.BRIDGE, null), NEVER),
                often(new Probe.Link("lo", "127.0.0.1"), NEVER));
        Capsule capsule = start(spec);

        await(() -> well(0) && well(1) && well(2) && well(3) && well(5), "all are well: " + monitors.status(name));
        capsule.detachLink();
        long probes = status(1).probes();
        await(() -> status(1).probes() > probes + 1, "it is probed on");
        assertThat(monitors.status(name).subList(0, 2)).allMatch(s -> s.last().healthy());
        assertThat(status(0).lastAtMillis())
                .isCloseTo(System.currentTimeMillis(), org.assertj.core.data.Offset.offset(60_000L));
    }

    @Test
    void whatIsWrongIsSaidInWords() throws Exception {
        ServiceSpec spec = watched(
                node.spec(name, WEB_SERVER, "nobody", Limits.NONE),
                often(new Probe.Tcp(9), NEVER),
                often(new Probe.Http(HTTP_PORT, "/missing", null, null), NEVER),
                often(new Probe.Http(HTTP_PORT, "/", null, "a text that it has not"), NEVER),
                often(new Probe.Command(List.of("sh", "-c", "echo no luck; exit 3")), NEVER),
                often(new Probe.Command(List.of("/no/such/program")), NEVER),
                often(new Probe.Disk("/proc/norikae"), NEVER),
                often(new Probe.Link("nosuch0", null), NEVER),
                often(new Probe.Link(null, "203.0.113.7"), NEVER),
                often(new Probe.Jvm(true, 90, 1_000), NEVER));
        Capsule _ = start(spec);

        List<String> texts = List.of(
                "no connection to port 9: Connection refused",
                "status 404",
                "does not contain the expected text",
                "exit code 3: no luck",
                "/no/such/program",
                "cannot be written",
                "there is no interface nosuch0",
                "no interface has the address 203.0.113.7",
                "no process that is a HotSpot JVM");
        for (int i = 0; i < texts.size(); i++) {
            int index = i;
            await(
                    () -> sick(index) && status(index).last().text().contains(texts.get(index)),
                    texts.get(i) + ": " + monitors.status(name));
        }
        assertThat(wanted).isEmpty();
    }

    @Test
    void aReactionIsWantedWhenRetriesAreUsedUpAndAgainAsLongAsNothingIsDone() throws Exception {
        Path flag = Files.createFile(node.directory.resolve("flag"));
        Capsule capsule = start(watched(
                node.shell(name, "while true; do sleep 1; done"),
                often(new Probe.Command(List.of("test", "-e", flag.toString())), 2)));
        await(() -> well(0), "it is well");

        Files.delete(flag);
        Wanted first = awaitWanted();
        assertThat(first.service()).isEqualTo(name);
        assertThat(first.epoch()).isEqualTo(EPOCH);
        assertThat(first.reaction()).isEqualTo(Reaction.FAILOVER);
        assertThat(first.reason()).contains("monitor command test failed 3 times in a row, at last: exit code 1");
        assertThat(awaitWanted().reason()).contains("4 times");

        capsule.stop(PATIENCE);
        await(() -> monitors.status(name).isEmpty(), "nobody watches it any more");
    }

    @Test
    void aCommandThatTakesTooLongIsKilledWithItsChildren() throws Exception {
        Path marks = node.directory.resolve("marks-of-children");
        String script = "(setsid sleep 1001; echo survived >> " + marks + ") & echo $! >> " + marks + "; sleep 1002";
        start(watched(
                node.shell(name, "while true; do sleep 1; done"),
                new MonitorSpec(new Probe.Command(List.of("sh", "-c", script)), 100, 1_000, 0, 0, Reaction.RESTART)));

        assertThat(awaitWanted().reason()).containsAnyOf("no answer within 1000 ms", "did not end within 1000 ms");
        assertThat(Files.readString(marks)).isNotEmpty();
        monitors.close();
        await(() -> commandsRunning().isEmpty(), "its children are dead");
    }

    private List<Integer> commandsRunning() throws IOException {
        List<Integer> pids = new ArrayList<>();
        Path commands = node.settings.cgroups().parent().child("commands").directory();
        try (var groups = Files.list(commands)) {
            for (Path group : groups.filter(Files::isDirectory).toList()) {
                pids.addAll(norikae.linux.Cgroup.at(group).procs());
            }
        }
        return pids;
    }

    @Test
    void aServiceThatIsFrozenOrBusyIsNotProbed() throws Exception {
        Capsule capsule = start(watched(
                node.spec(name, WEB_SERVER, "nobody", Limits.NONE),
                new MonitorSpec(new Probe.Http(HTTP_PORT, "/", 200, null), 100, 300, 0, 30_000, Reaction.RESTART)));
        await(() -> well(0), "it is well");

        busy = true;
        await(() -> status(0).phase() == Phase.SUSPENDED, "busy");
        capsule.freeze(PATIENCE);
        busy = false;
        long probes = status(0).probes();
        TimeUnit.MILLISECONDS.sleep(600); // two time-outs in which nothing may happen
        assertThat(status(0).phase()).isEqualTo(Phase.SUSPENDED);
        assertThat(status(0).probes()).isEqualTo(probes);
        capsule.thaw();
        await(() -> status(0).probes() > probes + 2, "it is probed again");
        assertThat(wanted).isEmpty();
    }

    @Test
    void aDeadlockIsFoundAndItsThreadsAreNamed() throws Exception {
        Capsule _ = start(watched(
                node.spec(name, TestNode.java(TestService.class.getName(), "deadlock")),
                often(new Probe.Jvm(true, 0, 10_000), 1)));

        String reason = reasonWith("deadlock");
        assertThat(reason)
                .contains("a deadlock of its threads")
                .contains("\"lefty\"")
                .contains("\"righty\"");
    }

    @Test
    void aJvmThatDoesNothingButCollectGarbageIsFound() throws Exception {
        List<String> command = new ArrayList<>(TestNode.java(TestService.class.getName(), "thrash"));
        command.add(1, "-Xmx32m");
        Capsule _ = start(watched(
                node.spec(name, command),
                new MonitorSpec(new Probe.Jvm(false, 80, 0), 1_000, null, 1, 0, Reaction.RESTART)));

        assertThat(reasonWith("garbage")).contains("% of its processor time collecting garbage");
    }

    @Test
    void aJvmThatStandsStillIsFoundAndAHealthyOneIsNot() throws Exception {
        Capsule capsule = start(watched(
                node.spec(name, TestNode.java(TestService.class.getName(), "echo")),
                new MonitorSpec(new Probe.Jvm(true, 50, 2_000), 200, null, 1, 30_000, Reaction.RESTART)));
        await(() -> log(capsule).contains(TestService.READY) && well(0), "it is well");
        long probes = status(0).probes();
        await(() -> status(0).probes() > probes + 3, "it is probed often");
        assertThat(wanted).isEmpty();

        try (PidFd jvm = PidFd.open(servicePid(capsule))) {
            jvm.signal(SIGSTOP);
        }
        String reason = reasonWith("failed");
        assertThat(reason)
                .containsAnyOf("has not come to a safepoint and answered within 2000 ms", "still owes an answer");
        assertThat(Procfs.exists(servicePid(capsule))).isTrue();
    }

    private String reasonWith(String word) throws InterruptedException {
        String reason = awaitWanted().reason();
        while (!reason.contains(word)) { // while the JVM starts, it says that it cannot be attached to yet
            reason = awaitWanted().reason();
        }
        return reason;
    }
}
