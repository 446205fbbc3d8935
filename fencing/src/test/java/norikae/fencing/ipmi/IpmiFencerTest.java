package norikae.fencing.ipmi;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import norikae.failover.fencing.Fencer;
import norikae.failover.fencing.FencingResult;
import norikae.failover.fencing.FencingResult.Confirmed;
import norikae.failover.fencing.FencingResult.Unproven;
import norikae.fencing.FencerContract;
import norikae.fencing.device.Secret;
import norikae.fencing.ipmi.IpmiSettings.Method;
import norikae.fencing.ipmi.TestBmc.Fault;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class IpmiFencerTest extends FencerContract {

    private static final String PASSWORD = "correct-horse";

    private final List<TestBmc> bmcs = new ArrayList<>();

    @AfterEach
    void closeTheBmcs() {
        bmcs.forEach(TestBmc::close);
    }

    @Override
    protected String secret() {
        return PASSWORD;
    }

    @Override
    protected Fencer fencerOfARunningServer() throws IOException {
        return fencer(bmc(CipherSuite.SHA256, Fault.NONE), Method.OFF, 0);
    }

    @Override
    protected boolean serverRuns() {
        return bmcs.getFirst().powerOn();
    }

    @Override
    protected Fencer fencerThatNeverSucceeds() throws IOException {
        return fencer(bmc(CipherSuite.SHA256, Fault.NEVER_SWITCHES_OFF), Method.OFF, 0);
    }

    @Override
    protected Map<String, Fencer> badDevices() throws IOException {
        Map<String, Fencer> bad = new LinkedHashMap<>();
        for (Fault fault : EnumSet.complementOf(
                EnumSet.of(Fault.NONE, Fault.LOSES_EVERY_OTHER_DATAGRAM, Fault.HAS_NO_DIAGNOSTIC_INTERRUPT))) {
            bad.put(fault.name(), fencer(bmc(CipherSuite.SHA256, fault), Method.OFF, 0));
        }
        bad.put("cycle that never comes", fencer(bmc(CipherSuite.SHA256, Fault.NEVER_SWITCHES_OFF), Method.CYCLE, 0));
        TestBmc other = new TestBmc(CipherSuite.SHA256, "another-password", Fault.NONE);
        bmcs.add(other);
        bad.put("has another password", fencer(other, Method.OFF, 0));
        bad.put("does not support the suite", fencer(bmc(CipherSuite.SHA1, Fault.NONE), Method.OFF, 0));
        TestBmc closed = bmc(CipherSuite.SHA256, Fault.NONE);
        closed.close();
        bad.put("is not there", fencer(closed, Method.OFF, 0));
        return bad;
    }

    @ParameterizedTest
    @EnumSource(CipherSuite.class)
    void switchesOffOverALineThatLosesEveryOtherDatagram(CipherSuite suite) throws Exception {
        TestBmc bmc = bmc(suite, Fault.LOSES_EVERY_OTHER_DATAGRAM);
        Fencer fencer = settings(bmc, suite, Method.OFF, 0).open(Path.of("/"));
        assertThat(heard(fencer.stop(PATIENCE))).isInstanceOf(Confirmed.class);
        assertThat(bmc.powerOn()).isFalse();
    }

    @Test
    void aCycleIsProvedWhenTheServerWasSeenOffInBetween() throws Exception {
        TestBmc bmc = bmc(CipherSuite.SHA256, Fault.NONE);
        assertThat(heard(fencer(bmc, Method.CYCLE, 0).stop(PATIENCE)))
                .isInstanceOfSatisfying(
                        Confirmed.class, yes -> assertThat(yes.how()).endsWith("power off seen during the cycle"));
        assertThat(bmc.powerOn()).isTrue();
        assertThat(bmc.orders()).containsExactly(2);
    }

    @Test
    void theDiagnosticInterruptComesBeforeThePowerIsCut() throws Exception {
        TestBmc bmc = bmc(CipherSuite.SHA256, Fault.NONE);
        assertThat(heard(fencer(bmc, Method.OFF, 1).stop(PATIENCE))).isInstanceOf(Confirmed.class);
        assertThat(bmc.orders()).containsExactly(4, 0);
    }

    @Test
    void aBmcWithoutDiagnosticInterruptSwitchesOffAllTheSameAndItIsTold() throws Exception {
        TestBmc bmc = bmc(CipherSuite.SHA256, Fault.HAS_NO_DIAGNOSTIC_INTERRUPT);
        assertThat(heard(fencer(bmc, Method.OFF, 3600).stop(PATIENCE)))
                .isInstanceOfSatisfying(
                        Confirmed.class,
                        yes -> assertThat(yes.how()).contains("no crash dump").contains("invalid data field"));
        assertThat(bmc.orders()).containsExactly(4, 0);
    }

    @Test
    void aCrashDumpLeavesTimeToSwitchOff() throws Exception {
        TestBmc bmc = bmc(CipherSuite.SHA256, Fault.NONE);
        assertThat(heard(fencer(bmc, Method.OFF, 3600).stop(Duration.ofSeconds(4))))
                .isInstanceOf(Confirmed.class);
    }

    @Test
    void whyABmcRefusesIsTold() throws Exception {
        assertThat(why(fencer(bmc(CipherSuite.SHA256, Fault.REFUSES_ORDERS), Method.OFF, 0)))
                .contains("privilege is too low");
        assertThat(why(fencer(bmc(CipherSuite.SHA256, Fault.DOES_NOT_KNOW_THE_PASSWORD), Method.OFF, 0)))
                .contains("the password of user admin is not the one");
        assertThat(why(fencer(bmc(CipherSuite.SHA1, Fault.NONE), Method.OFF, 0)))
                .contains("does not support cipher suite 17: write another cipherSuite");
        TestBmc closed = bmc(CipherSuite.SHA256, Fault.NONE);
        closed.close();
        assertThat(why(fencer(closed, Method.OFF, 0))).contains("nobody listens at that port");
    }

    @Test
    void everyOrderIsItsOwnNumber() throws Exception {
        TestBmc bmc = bmc(CipherSuite.SHA1, Fault.NONE);
        try (IpmiChassis chassis =
                IpmiChassis.open(settings(bmc, CipherSuite.SHA1, Method.OFF, 0), Path.of("/"), PATIENCE)) {
            assertThat(chassis.status(PATIENCE)).hasToString("power on");
            for (ChassisControl order : ChassisControl.values()) {
                chassis.control(order, PATIENCE);
            }
        }
        assertThat(bmc.orders()).containsExactly(0, 1, 2, 3, 4);
    }

    private String why(Fencer fencer) throws InterruptedException {
        FencingResult result = heard(fencer.stop(Duration.ofMillis(1500)));
        assertThat(result).isInstanceOf(Unproven.class);
        return ((Unproven) result).why();
    }

    private TestBmc bmc(CipherSuite suite, Fault fault) throws IOException {
        TestBmc bmc = new TestBmc(suite, PASSWORD, fault);
        bmcs.add(bmc);
        return bmc;
    }

    private Fencer fencer(TestBmc bmc, Method method, int crashDumpSeconds) throws IOException {
        return settings(bmc, CipherSuite.SHA256, method, crashDumpSeconds).open(Path.of("/"));
    }

    private static IpmiSettings settings(TestBmc bmc, CipherSuite suite, Method method, int crashDumpSeconds) {
        return new IpmiSettings(
                "127.0.0.1",
                bmc.port(),
                "admin",
                Secret.of(PASSWORD),
                null,
                suite.number,
                Privilege.ADMINISTRATOR,
                method,
                crashDumpSeconds);
    }
}
