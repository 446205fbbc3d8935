package norikae.fencing.ipmi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import norikae.failover.fencing.Fencer;
import norikae.failover.fencing.FencingResult.Confirmed;
import norikae.failover.model.NodeId;
import norikae.fencing.FencerContract;
import norikae.fencing.FencingPlan;
import norikae.fencing.agent.AgentSettings;
import norikae.fencing.device.Secret;
import norikae.fencing.ipmi.IpmiSettings.Method;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Against software that others wrote: OpenIPMI's BMC simulator, {@code fence_ipmilan}, {@code ipmitool}. */
@Tag("system")
class IpmiSimSystemTest extends FencerContract {

    @TempDir
    Path files = Path.of("/nowhere");

    private @Nullable IpmiSim started;
    private @Nullable TestBmc ours;

    @AfterEach
    void stopTheSimulator() throws Exception {
        if (started != null) {
            started.close();
        }
        if (ours != null) {
            ours.close();
        }
    }

    @Override
    protected String secret() {
        return IpmiSim.PASSWORD;
    }

    @Override
    protected Fencer fencerOfARunningServer() throws Exception {
        return settings(Method.OFF, IpmiSim.PASSWORD, 0).open(files);
    }

    @Override
    protected boolean serverRuns() throws Exception {
        return sim().server().isPresent();
    }

    @Override
    protected Map<String, Fencer> badDevices() throws Exception {
        Map<String, Fencer> bad = new LinkedHashMap<>();
        bad.put("refuses the password", settings(Method.OFF, "wrong", 0).open(files));
        IpmiSettings good = settings(Method.OFF, IpmiSim.PASSWORD, 0);
        bad.put("does not know the user", with(good, "nobody", 3).open(files));
        bad.put("does not support cipher suite 17", with(good, IpmiSim.USER, 17).open(files));
        return bad;
    }

    /** The simulator cannot be made to disobey, so this one is ours. */
    @Override
    protected Fencer fencerThatNeverSucceeds() throws Exception {
        TestBmc bmc = new TestBmc(CipherSuite.SHA1, IpmiSim.PASSWORD, TestBmc.Fault.NEVER_SWITCHES_OFF);
        ours = bmc;
        return settings(bmc.port(), Method.OFF, IpmiSim.PASSWORD, 0).open(files);
    }

    @Test
    void aCycleEndsTheServerAndStartsItAgain() throws Exception {
        ProcessHandle before = sim().server().orElseThrow();
        // The simulator counts seconds from its start; ordered amid one, the server is off long enough to be seen off.
        Instant born = before.info().startInstant().orElseThrow();
        while (Instant.now().isBefore(born.plusMillis(1500))) {
            assertThat(before.isAlive()).isTrue();
        }
        assertThat(heard(settings(Method.CYCLE, IpmiSim.PASSWORD, 0).open(files).stop(PATIENCE)))
                .isInstanceOf(Confirmed.class);
        assertThat(before.onExit().get(10, TimeUnit.SECONDS)).isNotNull();
        Optional<ProcessHandle> after = sim().server();
        while (after.isEmpty()) {
            after = sim().server(); // JUnit's time-out ends this
        }
        assertThat(after.orElseThrow().pid()).isNotEqualTo(before.pid());
    }

    /** The simulator has no diagnostic interrupt; that the right number is sent is shown in {@link IpmiFencerTest}. */
    @Test
    void aRefusedDiagnosticInterruptIsToldAndTheServerIsStoppedAllTheSame() throws Exception {
        IpmiSettings settings = settings(Method.OFF, IpmiSim.PASSWORD, 600);
        try (IpmiChassis chassis = IpmiChassis.open(settings, files, PATIENCE)) {
            assertThatThrownBy(() -> chassis.control(ChassisControl.DIAGNOSTIC_INTERRUPT, PATIENCE))
                    .isInstanceOf(IpmiRefusedException.class)
                    .hasMessageContaining("invalid data field in request");
        }
        assertThat(heard(settings.open(files).stop(PATIENCE)))
                .isInstanceOfSatisfying(
                        Confirmed.class, yes -> assertThat(yes.how()).contains("no crash dump"));
        assertThat(serverRuns()).isFalse();
    }

    @Test
    void theServerCanBeSwitchedOnAgain() throws Exception {
        try (IpmiChassis chassis = IpmiChassis.open(settings(Method.OFF, IpmiSim.PASSWORD, 0), files, PATIENCE)) {
            chassis.control(ChassisControl.POWER_DOWN, PATIENCE);
            while (chassis.status(PATIENCE).powerOn()) {
                Thread.onSpinWait();
            }
            chassis.control(ChassisControl.POWER_UP, PATIENCE);
            while (!chassis.status(PATIENCE).powerOn()) {
                Thread.onSpinWait();
            }
        }
    }

    @Test
    void fenceIpmilanStopsTheSameServer() throws Exception {
        AgentSettings settings = new AgentSettings(
                "fence_ipmilan",
                Map.of(
                        "ip",
                        "127.0.0.1",
                        "ipport",
                        String.valueOf(sim().port()),
                        "lanplus",
                        "1",
                        "cipher",
                        "3",
                        "username",
                        IpmiSim.USER,
                        "power_timeout",
                        "10",
                        "power_wait",
                        "0"),
                null,
                Secret.of(IpmiSim.PASSWORD),
                null);
        Fencer fencer = settings.open(files);
        assertThat(heard(fencer.check(PATIENCE)).detail()).endsWith(": on");
        assertThat(heard(fencer.stop(PATIENCE))).isInstanceOf(Confirmed.class);
        assertThat(serverRuns()).isFalse();
    }

    @Test
    void aPlanStopsTheServerByItsSecondLevelIfTheFirstIsDead() throws Exception {
        Files.writeString(files.resolve("bmc.password"), IpmiSim.PASSWORD);
        Files.setPosixFilePermissions(files.resolve("bmc.password"), PosixFilePermissions.fromString("rw-------"));
        Path plan = Files.writeString(files.resolve("fencing.json"), """
                {"nodes": {"node-a": {"levels": [
                  [{"type": "cgroup", "directory": "/sys/fs/cgroup/there/is/none"}],
                  [{"type": "ipmi", "host": "127.0.0.1", "port": %d, "username": "admin", "cipherSuite": 3,
                    "privilege": "operator", "method": "off", "passwordFile": "bmc.password"}]]}}}
                """.formatted(sim().port()));
        Fencer fencer = FencingPlan.load(plan).fencerOf(new NodeId("node-a")).orElseThrow();
        assertThat(heard(fencer.check(PATIENCE)).detail())
                .contains("level 1 NOT ready", "level 2 ready: ipmi admin@127.0.0.1", "power on");
        assertThat(heard(fencer.stop(PATIENCE))).isInstanceOfSatisfying(Confirmed.class, yes -> assertThat(yes.how())
                .startsWith("level 2: ipmi"));
        assertThat(serverRuns()).isFalse();
    }

    /** Another client takes our BMC for a real one, so both sides of our cipher suites are what others speak. */
    @ParameterizedTest
    @EnumSource(CipherSuite.class)
    void ipmitoolUnderstandsOurSideOfEachCipherSuite(CipherSuite suite) throws Exception {
        try (TestBmc bmc = new TestBmc(suite, IpmiSim.PASSWORD, TestBmc.Fault.NONE)) {
            assertThat(ipmitool(bmc, suite, "chassis", "power", "status")).contains("Chassis Power is on");
            assertThat(ipmitool(bmc, suite, "chassis", "power", "diag")).contains("Diag");
            assertThat(ipmitool(bmc, suite, "chassis", "power", "off")).contains("Down/Off");
            assertThat(bmc.orders()).containsExactly(4, 0);
        }
    }

    private String ipmitool(TestBmc bmc, CipherSuite suite, String... command) throws Exception {
        ProcessBuilder builder = new ProcessBuilder(
                "ipmitool",
                "-I",
                "lanplus",
                "-C",
                String.valueOf(suite.number),
                "-H",
                "127.0.0.1",
                "-p",
                String.valueOf(bmc.port()),
                "-U",
                IpmiSim.USER,
                "-E");
        builder.environment().put("IPMI_PASSWORD", IpmiSim.PASSWORD);
        builder.command().addAll(List.of(command));
        Process process = builder.redirectErrorStream(true).start();
        try {
            return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        } finally {
            process.destroyForcibly();
        }
    }

    private IpmiSim sim() throws IOException, InterruptedException {
        if (started == null) {
            started = IpmiSim.start(files);
        }
        return started;
    }

    private IpmiSettings settings(Method method, String password, int crashDumpSeconds) throws Exception {
        return settings(sim().port(), method, password, crashDumpSeconds);
    }

    private static IpmiSettings settings(int port, Method method, String password, int crashDumpSeconds) {
        return new IpmiSettings(
                "127.0.0.1",
                port,
                IpmiSim.USER,
                Secret.of(password),
                null,
                CipherSuite.SHA1.number,
                Privilege.ADMINISTRATOR,
                method,
                crashDumpSeconds);
    }

    private static IpmiSettings with(IpmiSettings settings, String user, int suite) {
        return new IpmiSettings(
                settings.host(),
                settings.port(),
                user,
                settings.password(),
                null,
                suite,
                settings.privilege(),
                Method.OFF,
                0);
    }
}
