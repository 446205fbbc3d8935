package norikae.agent.capsule;

import static norikae.agent.capsule.TestNode.BASE_PID;
import static norikae.agent.capsule.TestNode.EPOCH;
import static norikae.agent.capsule.TestNode.PATIENCE;
import static norikae.agent.capsule.TestNode.await;
import static norikae.agent.capsule.TestNode.log;
import static norikae.agent.capsule.TestNode.name;
import static norikae.agent.capsule.TestNode.read;
import static norikae.agent.capsule.TestNode.servicePid;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import norikae.agent.capsule.CapsuleRecord.Role;
import norikae.failover.model.Limits;
import norikae.failover.model.ServiceAddress;
import norikae.failover.model.ServiceName;
import norikae.failover.model.ServiceSpec;
import norikae.failover.move.TargetEnding.Copy;
import norikae.linux.ExitStatus;
import norikae.linux.PidFd;
import norikae.linux.Procfs;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

@Tag("system")
@Timeout(120)
class CapsuleSystemTest {

    @RegisterExtension
    static final TestNetwork NETWORK = new TestNetwork();

    private static final String FOREVER = "while true; do sleep 1; done";

    private final TestNode node = new TestNode();
    private final CapsuleManager manager = node.manager();
    private final BlockingQueue<ExitInfo> exits = new LinkedBlockingQueue<>();
    private final ServiceName name = name("svc");

    CapsuleSystemTest() throws IOException {
        manager.onExit((_, exit) -> exits.add(exit));
    }

    @AfterEach
    void nothingIsLeft() throws Exception {
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

    private void assertStartFails(ServiceSpec spec, String... words) throws IOException {
        assertThatThrownBy(() -> start(spec))
                .isInstanceOf(CapsuleException.class)
                .hasMessageContainingAll(words);
        assertThat(manager.find(spec.name())).isEmpty();
        node.assertNothingLeft(spec.name());
        assertThat(node.directory.resolve("services/" + spec.name() + "/log-" + EPOCH))
                .doesNotExist();
    }

    @Test
    void aServiceRunsUnderItsBasePidInNamespacesOfItsOwn() throws Exception {
        Capsule capsule = start(node.shell(name, "echo I am $$; " + FOREVER));

        int service = servicePid(capsule);
        int own = (int) ProcessHandle.current().pid();
        await(() -> log(capsule).contains("I am " + BASE_PID), "it said who it is");
        for (String namespace : List.of("pid", "net", "time")) {
            assertThat(Procfs.namespaceInode(service, namespace))
                    .as(namespace)
                    .isNotEqualTo(Procfs.namespaceInode(own, namespace));
        }
        assertThat(Procfs.namespaceInode(service, "mnt")).isEqualTo(Procfs.namespaceInode(own, "mnt"));
        assertThat(Procfs.namespaceInode(service, "net")).isEqualTo(capsule.netnsInode());
        assertThat(Procfs.namespacePids(capsule.initPid()).getLast()).isEqualTo(1);
        // A session of which the namespace knows the number: CRIU refuses others.
        assertThat(Procfs.status(service).getOrDefault("NSsid", "").split("\\s+"))
                .endsWith("1");
        assertThat(Procfs.workingDirectory(service)).isEqualTo(node.directory.toRealPath());
        assertThat(capsule.linkAttached()).isTrue();
        assertThat(capsule.alive()).isTrue();
        assertThat(manager.find(name)).contains(capsule);
    }

    @Test
    void aServiceHasNoDescriptorsAndNoVariablesButItsOwn() throws Exception {
        ServiceSpec plain = node.spec(name, List.of("sleep", "1000"));
        ServiceSpec spec = new ServiceSpec(
                name,
                plain.command(),
                plain.address(),
                new TreeMap<>(Map.of("GREETING", "hello world", "PATH", "/usr/bin:/nowhere")),
                "root",
                plain.workingDirectory(),
                Limits.NONE,
                null);
        Capsule capsule = start(spec);

        int service = servicePid(capsule);
        assertThat(Procfs.descriptors(service))
                .extracting(Procfs.Descriptor::number, Procfs.Descriptor::target)
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple(0, "/dev/null"),
                        org.assertj.core.groups.Tuple.tuple(1, capsule.logPath().toString()),
                        org.assertj.core.groups.Tuple.tuple(2, capsule.logPath().toString()));
        assertThat(Procfs.descriptors(service).get(1).flags() & 02000)
                .as("O_APPEND")
                .isNotZero();
        assertThat(Files.readString(Path.of("/proc/" + service + "/environ")).split("\0"))
                .containsExactlyInAnyOrder(
                        "PATH=/usr/bin:/nowhere", "LANG=C.UTF-8", "HOME=/root", "GREETING=hello world");
    }

    @Test
    void aServiceRunsAsItsUserWithItsLimitOfOpenFiles() throws Exception {
        Limits limits = new Limits(null, null, null, 77);
        Capsule capsule =
                start(node.spec(name, List.of("sh", "-c", "id -un; ulimit -n; " + FOREVER), "nobody", limits));

        await(() -> log(capsule).equals("nobody\n77\n"), "it runs as nobody and may open 77 files");
        assertThat(Procfs.typedStatus(servicePid(capsule)).realUid()).isNotZero();
    }

    @Test
    void aScriptCountsAsStartedAlthoughItsProcessIsAShell() throws Exception {
        Path script = script("#!/bin/sh\necho arguments: \"$@\"\n" + FOREVER + "\n");
        Capsule capsule = start(node.spec(name, List.of(script.toString(), "a b", "ä", "")));
        await(() -> log(capsule).equals("arguments: a b ä \n"), "it got its arguments");
    }

    @Test
    void whatCannotStartIsNamedAndLeavesNothing() throws Exception {
        assertStartFails(node.spec(name, List.of("/no/such/program")), "/no/such/program", name.value());
        assertStartFails(node.spec(name, List.of("no-such-program")), "no-such-program");
        assertStartFails(
                node.spec(name, List.of("sleep", "1"), "no-such-user", Limits.NONE), "no-such-user", "create it");
        ServiceSpec spec = node.shell(name, FOREVER);
        assertStartFails(
                new ServiceSpec(
                        name,
                        spec.command(),
                        spec.address(),
                        spec.environment(),
                        "root",
                        "/no/such/directory",
                        Limits.NONE,
                        null),
                "/no/such/directory");
    }

    @Test
    void aProgramThatTheKernelRefusesIsNamedWithTheReason() throws Exception {
        Path script = script("#!/no/such/interpreter\n");
        assertStartFails(node.spec(name, List.of(script.toString())), script.toString(), "No such file or directory");
    }

    @Test
    void aServiceThatEndsAtOnceIsQuoted() throws Exception {
        // What it says depends on who is faster: it has either failed to start, or ended by itself later.
        try {
            Capsule _ = start(node.shell(name, "echo no database here >&2; exit 3"));
            assertThat(exits.poll(20, TimeUnit.SECONDS)).isEqualTo(new ExitInfo(new ExitStatus(3, 0), false));
        } catch (CapsuleException e) {
            assertThat(e).hasMessageContainingAll("exited with 3", "no database here");
        }
        assertThat(manager.find(name)).isEmpty();
    }

    @Test
    void anAddressThatSomebodyHasIsRefused() throws Exception {
        Capsule first = start(node.shell(name, FOREVER));
        ServiceName second = name("second");
        assertStartFails(node.shell(second, FOREVER), "10.213.78.50", "in use", second.value());
        assertThat(reached()).isTrue();

        first.detachLink(); // as a copy on its way out is
        manager.start(node.shell(second, FOREVER), EPOCH, BASE_PID + 1000).destroy();
        node.assertNothingLeft(second);

        ServiceName third = name("third");
        ServiceSpec spec = node.shell(third, FOREVER);
        assertStartFails(
                new ServiceSpec(
                        third,
                        spec.command(),
                        ServiceAddress.parse(TestNetwork.BRIDGE_ADDRESS + "/24"),
                        spec.environment(),
                        "root",
                        spec.workingDirectory(),
                        Limits.NONE,
                        null),
                "in use");
    }

    /** Nothing listens, so the kernel inside answers with a refusal; what is no answer takes longer. */
    private static boolean reached() throws IOException {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress("10.213.78.50", 1), 5_000);
            return true;
        } catch (java.net.ConnectException e) {
            return String.valueOf(e.getMessage()).contains("refused");
        }
    }

    @Test
    void aBridgeThatIsNotThereIsNamed() throws Exception {
        CapsuleSettings s = node.settings;
        CapsuleManager elsewhere = new CapsuleManager(
                new CapsuleSettings(s.services(), s.records(), s.marks(), "br-none", s.cgroups(), s.agentCgroup()),
                ServiceDisks.NONE);
        assertThatThrownBy(() -> elsewhere.start(node.shell(name, FOREVER), EPOCH, BASE_PID))
                .isInstanceOf(CapsuleException.class)
                .hasMessageContaining("br-none");
    }

    @Test
    void aSecondCapsuleOfAServiceIsRefusedAndTheFirstGoesOn() throws Exception {
        Capsule capsule = start(node.shell(name, FOREVER));
        assertThatThrownBy(() -> start(node.shell(name, FOREVER)))
                .isInstanceOf(CapsuleException.class)
                .hasMessageContainingAll(name.value(), "already");
        assertThatThrownBy(() -> manager.prepare(node.shell(name, FOREVER), EPOCH.next(), BASE_PID, "m1"))
                .isInstanceOf(CapsuleException.class);
        assertThat(capsule.alive()).isTrue();
    }

    @Test
    void theEndOfAServiceIsToldOnceAndTidiedUp() throws Exception {
        Path door = node.directory.resolve("door");
        Capsule _ = start(node.shell(name, "while [ ! -e " + door + " ]; do sleep 0.01; done; exit 5"));
        Files.createFile(door);

        assertThat(exits.poll(20, TimeUnit.SECONDS)).isEqualTo(new ExitInfo(new ExitStatus(5, 0), false));
        assertThat(manager.find(name)).isEmpty();
        node.assertNothingLeft(name);
        assertThat(exits).isEmpty();
    }

    @Test
    void stoppingLetsAServiceTidyUp() throws Exception {
        Path trapped = node.directory.resolve("trapped");
        Capsule capsule = start(node.shell(
                name, "trap 'echo bye; exit 0' TERM; touch " + trapped + "; while true; do sleep 0.01; done"));
        await(() -> Files.exists(trapped), "it minds the signal");

        assertThat(capsule.stop(PATIENCE).killed()).isFalse();
        assertThat(log(capsule)).isEqualTo("bye\n");
        node.assertNothingLeft(name);
        assertThat(capsule.alive()).isFalse();
        assertThat(exits).isEmpty();
    }

    @Test
    void stoppingKillsAServiceThatWillNot() throws Exception {
        Path trapped = node.directory.resolve("trapped");
        Capsule capsule = start(node.shell(name, "trap '' TERM; touch " + trapped + "; " + FOREVER));
        await(() -> Files.exists(trapped), "it ignores the signal");

        assertThat(capsule.stop(Duration.ofMillis(100)).killed()).isTrue();
        node.assertNothingLeft(name);
        assertThat(exits).isEmpty();
    }

    @Test
    void aFrozenServiceStandsStillAndGoesOn() throws Exception {
        Path counter = node.directory.resolve("counter");
        Capsule capsule =
                start(node.shell(name, "i=0; while true; do i=$((i+1)); echo $i > " + counter + "; sleep 0.01; done"));
        await(() -> !read(counter).isBlank(), "it counts");

        capsule.freeze(PATIENCE);
        assertThat(capsule.frozen()).isTrue();
        String frozenAt = read(counter);
        await(() -> frozenFor(capsule, 50), "time passes");
        assertThat(read(counter)).isEqualTo(frozenAt);

        capsule.thaw();
        assertThat(capsule.frozen()).isFalse();
        await(() -> !read(counter).equals(frozenAt), "it goes on");
    }

    private int looks;

    /** Lets some time pass without guessing how much a count takes: so many looks that find it frozen. */
    private boolean frozenFor(Capsule capsule, int looksWanted) throws IOException {
        assertThat(capsule.frozen()).isTrue();
        return ++looks >= looksWanted;
    }

    @Test
    void aFrozenServiceCanBeStoppedAndDestroyed() throws Exception {
        Capsule stopped = start(node.spec(name, List.of("sleep", "1000")));
        stopped.freeze(PATIENCE);
        assertThat(stopped.stop(PATIENCE).killed()).isFalse();
        node.assertNothingLeft(name);

        Capsule destroyed = start(node.shell(name, FOREVER));
        destroyed.freeze(PATIENCE);
        destroyed.detachLink();
        destroyed.destroy();
        destroyed.destroy();
        node.assertNothingLeft(name);
    }

    @Test
    void aLateOrderToAnOldCapsuleLeavesItsSuccessorAlone() throws Exception {
        Capsule old = start(node.shell(name, FOREVER));
        old.destroy();
        Capsule successor = start(node.shell(name, FOREVER));
        old.destroy();
        old.stop(PATIENCE);
        assertThat(successor.alive()).isTrue();
        assertThat(manager.find(name)).contains(successor);
        assertThat(reached()).isTrue();
    }

    @Test
    void aClientReachesTheServiceAsLongAsItsLinkIsAttached() throws Exception {
        Capsule capsule = start(node.spec(name, TestNode.java(TestService.class.getName(), "echo")));
        assertThat(capsule.effectiveCommand()).contains("-XX:+PerfDisableSharedMem");
        await(() -> log(capsule).contains(TestService.READY), "the service listens");
        try (Socket client = new Socket()) {
            client.connect(new InetSocketAddress("10.213.78.50", TestService.PORT), 10_000);
            client.setSoTimeout(300);
            assertThat(echoed(client, "one")).isTrue();

            capsule.detachLink();
            assertThat(capsule.linkAttached()).isFalse();
            assertThat(echoed(client, "two")).isFalse();

            capsule.attachLink();
            capsule.announce();
            assertThat(capsule.linkAttached()).isTrue();
            client.setSoTimeout(20_000);
            assertThat(new String(client.getInputStream().readNBytes(3), StandardCharsets.UTF_8))
                    .isEqualTo("two");
            assertThat(echoed(client, "three")).isTrue();
        }
    }

    private static boolean echoed(Socket client, String word) throws IOException {
        client.getOutputStream().write(word.getBytes(StandardCharsets.UTF_8));
        try {
            return new String(client.getInputStream().readNBytes(word.length()), StandardCharsets.UTF_8).equals(word);
        } catch (java.net.SocketTimeoutException e) {
            return false;
        }
    }

    @Test
    void aServiceThatExceedsItsMemoryIsKilledAndTheReasonTold() throws Exception {
        Limits limits = new Limits(160L << 20, null, null, null);
        List<String> command = TestNode.java("-Xmx1g", TestService.class.getName(), "hog");
        Capsule _ = start(node.spec(name, command, "root", limits));
        assertThat(exits.poll(60, TimeUnit.SECONDS)).isEqualTo(new ExitInfo(new ExitStatus(128 + 9, 0), true));
        node.assertNothingLeft(name);
    }

    @Test
    void aServiceCannotHaveMoreProcessesThanItsLimit() throws Exception {
        Limits limits = new Limits(null, 0.5, 8, null);
        Path door = node.directory.resolve("door");
        String script = "while [ ! -e " + door + " ]; do sleep 0.01; done;"
                + " for i in 1 2 3 4 5 6 7 8 9; do sleep 1000 & done; " + FOREVER;
        Capsule capsule = start(node.spec(name, List.of("sh", "-c", script), "root", limits));
        assertThat(capsule.cgroupProcsFiles()).hasSize(3).allMatch(Files::exists);

        Files.createFile(door);
        assertThat(exits.poll(20, TimeUnit.SECONDS)).isEqualTo(new ExitInfo(new ExitStatus(2, 0), false));
        assertThat(log(capsule)).contains("fork");
        node.assertNothingLeft(name);
    }

    @Test
    void aServiceOutlivesItsAgentAndTheNextOneTakesItOver() throws Exception {
        Path door = node.directory.resolve("door");
        Process agent = agent("while [ ! -e " + door + " ]; do sleep 0.01; done; exit 6");
        agent.destroyForcibly();
        assertThat(agent.waitFor(20, TimeUnit.SECONDS)).isTrue();

        List<Capsule> adopted = manager.adopt();
        assertThat(adopted).hasSize(1);
        Capsule capsule = adopted.getFirst();
        assertThat(capsule.service()).isEqualTo(name);
        assertThat(capsule.alive()).isTrue();
        assertThat(capsule.basePid()).isEqualTo(BASE_PID);
        assertThat(Procfs.namespacePids(servicePid(capsule)).getLast()).isEqualTo(BASE_PID);
        assertThat(capsule.linkAttached()).isTrue();
        assertThat(reached()).isTrue();

        Files.createFile(door);
        assertThat(exits.poll(20, TimeUnit.SECONDS)).isEqualTo(new ExitInfo(null, false));
    }

    @Test
    void aTakenOverServiceIsStoppedLikeAnyOther() throws Exception {
        Process agent = agent(FOREVER);
        agent.destroyForcibly();
        assertThat(agent.waitFor(20, TimeUnit.SECONDS)).isTrue();
        assertThat(manager.adopt().getFirst().stop(PATIENCE).killed()).isFalse();
        node.assertNothingLeft(name);
        assertThat(exits).isEmpty();
    }

    private Process agent(String script) throws Exception {
        Path output = node.directory.resolve("agent.out");
        Process agent = new ProcessBuilder(TestNode.java(
                        TestStarter.class.getName(), node.directory.toString(), name.value(), "sh", "-c", script))
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        await(
                () -> {
                    assertThat(agent.isAlive()).as(read(output)).isTrue();
                    return read(output).contains("started");
                },
                "the agent has started the service");
        return agent;
    }

    @Test
    void aServiceThatEndedWhileNoAgentWatchedIsTidiedUp() throws Exception {
        Process agent = agent(FOREVER);
        agent.destroyForcibly();
        assertThat(agent.waitFor(20, TimeUnit.SECONDS)).isTrue();
        CapsuleRecord record = CapsuleRecord.find(node.settings.records(), name).orElseThrow();
        try (PidFd init = PidFd.open(record.initPid())) {
            init.signal(PidFd.SIGKILL);
            assertThat(init.awaitExit(PATIENCE)).isTrue();
        }
        assertThat(manager.adopt()).isEmpty();
        node.assertNothingLeft(name);
    }

    @Test
    void aStartThatItsAgentDidNotLiveToFinishIsUndone() throws Exception {
        Capsule running = start(node.shell(name, FOREVER));
        CapsuleRecord record = running.record();
        // As the file stood while the chain was starting.
        CapsuleRecord unfinished = new CapsuleRecord(
                record.spec(),
                EPOCH,
                BASE_PID,
                Role.STARTING,
                "",
                0,
                0,
                false,
                record.logPath(),
                record.effectiveCommand());
        unfinished.save(node.settings.records());

        CapsuleManager next = node.manager();
        assertThat(next.residues()).isEmpty();
        assertThat(next.adopt()).isEmpty();
        node.assertNothingLeft(name);
        assertThat(running.alive()).isFalse();
    }

    @Test
    void aPreparedCapsuleWaitsDetachedAndIsFoundByTheNextAgent() throws Exception {
        EmptyCapsule empty = manager.prepare(node.shell(name, FOREVER), EPOCH.next(), BASE_PID, "move-1");
        assertThat(empty.netnsPath()).exists();
        assertThat(empty.cgroupProcsFiles()).allMatch(Files::exists);
        assertThat(empty.agentProcsFiles()).allMatch(Files::exists);
        assertThat(new CapsuleLink(name, ServiceAddress.parse("10.213.78.50/24"), TestNetwork.BRIDGE).attached())
                .isFalse();
        assertThat(manager.find(name)).isEmpty();

        CapsuleManager next = node.manager();
        assertThat(next.adopt()).isEmpty();
        assertThat(next.provesNeverResumed("move-1")).isTrue();
        assertThat(next.residues()).singleElement().satisfies(residue -> {
            assertThat(residue.moveId()).isEqualTo("move-1");
            assertThat(residue.role()).isEqualTo(Residue.Role.MOVING_IN);
            assertThat(residue.copy()).isEqualTo(Copy.NONE);
            residue.emptyCapsule().discard();
        });
        node.assertNothingLeft(name);
        empty.discard();
    }

    @Test
    void onlyATargetThatNeverLetAServiceRunCanProveIt() throws Exception {
        assertThat(manager.provesNeverResumed("move-1")).isFalse();
        EmptyCapsule empty = manager.prepare(node.shell(name, FOREVER), EPOCH.next(), BASE_PID, "move-1");
        assertThat(manager.provesNeverResumed("move-1")).isTrue();
        manager.markMayHaveResumed("move-1");
        CapsuleManager next = node.manager();
        assertThat(next.mayHaveResumed("move-1")).isTrue();
        assertThat(next.provesNeverResumed("move-1")).isFalse();
        empty.discard();
        next.forgetMove("move-1");
        assertThat(next.mayHaveResumed("move-1")).isFalse();
        assertThat(next.provesNeverResumed("move-1")).isFalse();
    }

    @Test
    void theEndOfAServiceOnItsWayOutIsToldOnlyIfItStays() throws Exception {
        Capsule capsule = start(node.shell(name, FOREVER));
        capsule.markMovingOut("move-1");
        assertThat(manager.residues()).singleElement().satisfies(residue -> {
            assertThat(residue.role()).isEqualTo(Residue.Role.MOVING_OUT);
            assertThat(residue.capsule()).contains(capsule);
        });
        capsule.cgroup().kill();
        await(() -> !capsule.alive(), "it is dead");
        assertThat(capsule.cgroup().awaitEmpty(PATIENCE)).isTrue();
        assertThat(exits).isEmpty();

        capsule.markRunning(EPOCH.next());
        assertThat(exits.poll(20, TimeUnit.SECONDS)).isNotNull();
        assertThat(manager.find(name)).isEmpty();
    }

    @Test
    void aFrozenServiceOnItsWayOutIsFoundFrozenByTheNextAgent() throws Exception {
        Capsule capsule = start(node.shell(name, FOREVER));
        capsule.markMovingOut("move-1");
        capsule.detachLink();
        capsule.freeze(PATIENCE);

        CapsuleManager next = node.manager();
        assertThat(next.adopt()).isEmpty();
        Capsule found = next.residues().getFirst().capsule().orElseThrow();
        assertThat(found.frozen()).isTrue();
        assertThat(found.linkAttached()).isFalse();
        found.attachLink();
        found.thaw();
        found.markRunning(EPOCH.next());
        assertThat(next.residues()).isEmpty();
        assertThat(found.epoch()).isEqualTo(EPOCH.next());
        assertThat(CapsuleRecord.find(node.settings.records(), name)
                        .orElseThrow()
                        .epoch())
                .isEqualTo(EPOCH.next());
        assertThat(reached()).isTrue();
        found.destroy();
    }

    private Path script(String text) throws IOException {
        Path script = node.directory.resolve("script");
        Files.writeString(script, text);
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
        return script;
    }
}
