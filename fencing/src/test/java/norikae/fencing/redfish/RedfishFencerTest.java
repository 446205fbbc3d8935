package norikae.fencing.redfish;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
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
import norikae.fencing.redfish.TestRedfish.Fault;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RedfishFencerTest extends FencerContract {

    private static final String PASSWORD = "correct-horse-battery";

    @TempDir
    static Path files = Path.of("/nowhere");

    private static @Nullable TestCertificate certificate;
    private static @Nullable TestCertificate ofAnotherName;

    private final List<TestRedfish> services = new ArrayList<>();

    @BeforeAll
    static void makeCertificates() throws Exception {
        certificate = TestCertificate.make(files, "bmc", "ip:127.0.0.1");
        ofAnotherName = TestCertificate.make(files, "other", "ip:192.0.2.7");
    }

    @AfterEach
    void closeTheServices() {
        services.forEach(TestRedfish::close);
    }

    @Override
    protected String secret() {
        return PASSWORD;
    }

    @Override
    protected Fencer fencerOfARunningServer() throws IOException {
        return fencer(service(Fault.NONE));
    }

    @Override
    protected boolean serverRuns() {
        return services.getFirst().serverRuns();
    }

    @Override
    protected Fencer fencerThatNeverSucceeds() throws IOException {
        return fencer(service(Fault.NEVER_SWITCHES_OFF));
    }

    @Override
    protected Map<String, Fencer> badDevices() throws IOException {
        Map<String, Fencer> bad = new LinkedHashMap<>();
        for (Fault fault : EnumSet.range(Fault.CONFLICTS_ALWAYS, Fault.NAMES_ANOTHER_HOST)) {
            bad.put(fault.name(), fencer(service(fault)));
        }
        bad.put(
                "has another password",
                settings(service(Fault.NONE), "wrong", "bmc.pem", null).open(files));
        bad.put(
                "has no such system",
                settings(service(Fault.NONE), PASSWORD, "bmc.pem", "2").open(files));
        bad.put(
                "has a certificate of nobody we know",
                settings(service(Fault.NONE), PASSWORD, null, null).open(files));
        bad.put(
                "has another certificate",
                settings(service(Fault.NONE), PASSWORD, "other.pem", null).open(files));
        TestRedfish misnamed = service(ofAnotherName, Fault.NONE);
        bad.put(
                "has a certificate for another address",
                settings(misnamed, PASSWORD, "other.pem", null).open(files));
        TestRedfish closed = service(Fault.NONE);
        bad.put("is not there", fencer(closed));
        closed.close();
        return bad;
    }

    @ParameterizedTest
    @EnumSource(
            value = Fault.class,
            names = {
                "TELLS_VALUES_BY_ACTION_INFO",
                "TELLS_NO_VALUES",
                "ANSWERS_200",
                "ANSWERS_202",
                "CONFLICTS_AT_FIRST",
                "TAKES_A_WHILE",
                "FAILS_AT_FIRST"
            })
    void servicesDifferAndAllAreStopped(Fault kind) throws Exception {
        TestRedfish service = service(kind);
        assertThat(heard(fencer(service).stop(PATIENCE))).isInstanceOf(Confirmed.class);
        assertThat(service.serverRuns()).isFalse();
        assertThat(service.orders()).containsOnly("{\"ResetType\":\"ForceOff\"}");
    }

    @Test
    void aSystemCanBeNamed() throws Exception {
        Fencer fencer = settings(service(Fault.NONE), PASSWORD, "bmc.pem", "437XR1138R2")
                .open(files);
        assertThat(heard(fencer.check(PATIENCE)).detail()).contains("system 437XR1138R2: PowerState On");
        assertThat(heard(fencer.stop(PATIENCE))).isInstanceOf(Confirmed.class);
    }

    @Test
    void thePasswordIsNotShownToAServiceWhoseCertificateIsNotKnown() throws Exception {
        TestRedfish service = service(Fault.NONE);
        assertThat(why(settings(service, PASSWORD, null, null).open(files))).contains("TLS", "write 'authority'");
        assertThat(service.requests()).isZero();
    }

    @Test
    void whyAServiceRefusesIsTold() throws Exception {
        assertThat(why(settings(service(Fault.NONE), "wrong", "bmc.pem", null).open(files)))
                .contains("401", "correct them");
        assertThat(why(fencer(service(Fault.REFUSES_ORDERS)))).contains("403", "role");
        assertThat(why(fencer(service(Fault.ALLOWS_NO_FORCE_OFF)))).contains("only GracefulShutdown, On");
        assertThat(why(fencer(service(Fault.NEVER_SWITCHES_OFF)))).contains("PowerState was still On");
    }

    @Test
    void settingsThatCannotWorkAreRefused() throws Exception {
        for (String url :
                List.of("http://10.0.0.9", "10.0.0.9", "https://", "https://u:p@10.0.0.9", "https://h/x", "a b")) {
            assertThatThrownBy(() -> new RedfishSettings(url, null, "admin", Secret.of("x"), null, null))
                    .as(url)
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("url");
        }
        assertThatThrownBy(() -> new RedfishSettings("https://h", "../x", "admin", Secret.of("x"), null, null))
                .hasMessageContaining("system");
        Path empty = Files.writeString(files.resolve("empty.pem"), "");
        assertThatThrownBy(
                        () -> new RedfishSettings("https://h", null, "admin", Secret.of("x"), null, empty).open(files))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("empty.pem");
    }

    private String why(Fencer fencer) throws InterruptedException {
        FencingResult result = heard(fencer.stop(Duration.ofMillis(1500)));
        assertThat(result).isInstanceOf(Unproven.class);
        return ((Unproven) result).why();
    }

    private TestRedfish service(Fault fault) throws IOException {
        return service(certificate, fault);
    }

    private TestRedfish service(@Nullable TestCertificate shown, Fault fault) throws IOException {
        if (shown == null) {
            throw new IllegalStateException("no certificate was made");
        }
        TestRedfish service = new TestRedfish(shown, "admin", PASSWORD, fault);
        services.add(service);
        return service;
    }

    private static Fencer fencer(TestRedfish service) throws IOException {
        return settings(service, PASSWORD, "bmc.pem", null).open(files);
    }

    private static RedfishSettings settings(
            TestRedfish service, String password, @Nullable String authority, @Nullable String system) {
        return new RedfishSettings(
                service.url(),
                system,
                "admin",
                Secret.of(password),
                null,
                authority == null ? null : Path.of(authority));
    }
}
