package norikae.agent.capsule;

import static norikae.agent.capsule.TestNode.BASE_PID;
import static norikae.agent.capsule.TestNode.EPOCH;
import static norikae.agent.capsule.TestNode.PATIENCE;
import static norikae.agent.capsule.TestNode.await;
import static norikae.agent.capsule.TestNode.log;
import static norikae.agent.capsule.TestNode.name;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import norikae.agent.monitor.Monitors;
import norikae.failover.model.MonitorSpec;
import norikae.failover.model.Probe;
import norikae.failover.model.Reaction;
import norikae.failover.model.ServiceName;
import norikae.failover.model.ServiceSpec;
import norikae.linux.PidFd;
import norikae.linux.Procfs;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Debian's resource agents, unchanged. */
@Tag("system")
@Timeout(120)
class OcfSystemTest {

    @RegisterExtension
    static final TestNetwork NETWORK = new TestNetwork();

    private final TestNode node = new TestNode();
    private final CapsuleManager manager = node.manager();
    private final ServiceName name = name("ocf");
    private final BlockingQueue<String> wanted = new LinkedBlockingQueue<>();
    private final Monitors monitors = new Monitors(
            manager, service -> false, (service, epoch, reaction, reason) -> wanted.add(reaction + ": " + reason));

    OcfSystemTest() throws IOException {}

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
        return manager.start(spec, EPOCH, BASE_PID);
    }

    private static MonitorSpec ocfMonitor(Reaction then) {
        return new MonitorSpec(new Probe.Ocf(), 200, null, 1, 0, then);
    }

    private boolean well() {
        return monitors.status(name).stream()
                .anyMatch(s -> s.probes() > 0 && s.last().healthy());
    }

    private String awaitWanted() throws InterruptedException {
        String reason = wanted.poll(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        assertThat(reason).as("a reaction; status %s", monitors.status(name)).isNotNull();
        return Objects.requireNonNull(reason);
    }

    @Test
    void theDummyIsStartedWatchedAndStopped() throws Exception {
        Path state = node.directory.resolve("dummy.state");
        Capsule capsule = start(node.ocf(
                name, "ocf:heartbeat:Dummy", Map.of("state", state.toString()), ocfMonitor(Reaction.FAILOVER)));
        assertThat(state).as("start has run when the service is said to run").exists();
        monitors.start();
        await(this::well, "the agent's monitor finds it well");

        Files.delete(state);
        assertThat(awaitWanted())
                .startsWith("FAILOVER: monitor ocf monitor failed 2 times in a row, at last: 7 (not running)");

        Files.createFile(state);
        await(this::well, "it is well again");
        StopResult stopped = capsule.stop(PATIENCE);
        assertThat(stopped.killed()).isFalse();
        assertThat(state).as("stop has run").doesNotExist();
    }

    @Test
    void whatAnAgentWritesDownAboutARunningServiceIsGoneWhenTheServiceIsKilled() throws Exception {
        Capsule capsule = start(node.ocf(name, "ocf:heartbeat:Dummy", Map.of()));
        monitors.start();
        await(this::well, "it is well, its state file where the agent puts it by default");
        assertThat(Path.of("/run/resource-agents/Dummy-" + name + ".state")).doesNotExist();
        capsule.destroy();

        Capsule again = start(node.ocf(name, "ocf:heartbeat:Dummy", Map.of()));
        await(() -> monitors.status(name).stream().anyMatch(s -> s.probes() > 0) && well(), "it is watched again");
        assertThat(log(again)).doesNotContain("No such file");
    }

    @Test
    void redisIsStartedWatchedAndStoppedAndItsDeathIsNoticed() throws Exception {
        Path config = node.directory.resolve("redis.conf");
        Files.writeString(config, """
                bind 0.0.0.0
                port 6379
                protected-mode no
                dir %s
                dbfilename dump.rdb
                """.formatted(node.directory));
        Map<String, String> parameters =
                Map.of("config", config.toString(), "user", "root", "rundir", node.directory.toString());
        Capsule capsule = start(node.ocf(
                name,
                "ocf:heartbeat:redis",
                parameters,
                ocfMonitor(Reaction.RESTART),
                new MonitorSpec(new Probe.Tcp(6379), 100, null, 1_000, 0, Reaction.RESTART)));
        monitors.start();
        await(
                () -> monitors.status(name).size() == 2
                        && monitors.status(name).stream()
                                .allMatch(s -> s.probes() > 0 && s.last().healthy()),
                "redis is well: ");

        int redis = pidOf(capsule, "redis-server");
        try (PidFd fd = PidFd.open(redis)) {
            fd.signal(PidFd.SIGKILL);
        }
        assertThat(awaitWanted())
                .contains("RESTART: monitor ocf monitor failed 2 times in a row")
                .contains("7 (not running)");
        assertThat(capsule.alive()).as("the shell that stands for it").isTrue();

        assertThat(capsule.stop(PATIENCE).killed()).isFalse();
        Capsule again = start(node.ocf(name, "ocf:heartbeat:redis", parameters));
        assertThat(pidOf(again, "redis-server")).isPositive();
        assertThat(again.stop(PATIENCE).killed()).isFalse();
    }

    private static int pidOf(Capsule capsule, String program) throws IOException {
        for (int pid : capsule.cgroup().procs()) {
            if (Procfs.status(pid).getOrDefault("Name", "").equals(program)) {
                return pid;
            }
        }
        throw new AssertionError("no " + program + " in " + capsule.service() + "; its log: " + log(capsule));
    }

    @Test
    void anAgentThatCannotStartTheServiceSaysWhy() throws Exception {
        ServiceSpec spec = node.ocf(
                name,
                "ocf:heartbeat:redis",
                Map.of("bin", "/no/such/redis-server", "rundir", node.directory.toString()));

        assertThatThrownBy(() -> start(spec))
                .isInstanceOf(CapsuleException.class)
                .hasMessageContaining("could not be started: ocf:heartbeat:redis start ended with ")
                .hasMessageContaining("/no/such/redis-server");
    }

    @Test
    void whatTheAgentDoesNotKnowIsRefusedWithWhatItDoes() {
        for (var wrong : List.of(
                Map.entry(
                        node.ocf(name, "ocf:heartbeat:redsi", Map.of()),
                        "this node has no resource agent ocf:heartbeat:redsi (/usr/lib/ocf/resource.d/heartbeat/redsi):"
                                + " do you mean ocf:heartbeat:redis?"),
                Map.entry(
                        node.ocf(name, "ocf:nobody:redis", Map.of()),
                        "install the package that brings it, such as resource-agents"),
                Map.entry(
                        node.ocf(name, "ocf:heartbeat:Dummy", Map.of("stat", "x")),
                        "it has no parameter 'stat': do you mean state?"),
                Map.entry(
                        node.ocf(name, "ocf:heartbeat:Filesystem", Map.of("device", "/dev/x")),
                        "it needs the parameter 'directory': write it under 'parameters'"))) {
            assertThatThrownBy(() -> start(wrong.getKey()))
                    .isInstanceOf(CapsuleException.class)
                    .hasMessageContaining(wrong.getValue());
        }
    }
}
