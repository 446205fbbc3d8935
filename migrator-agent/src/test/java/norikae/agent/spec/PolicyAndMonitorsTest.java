package norikae.agent.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.util.List;
import java.util.Map;
import norikae.agent.document.DocumentText;
import norikae.agent.document.InvalidDocumentException;
import norikae.failover.model.MonitorSpec;
import norikae.failover.model.NodeId;
import norikae.failover.model.OcfResource;
import norikae.failover.model.Probe;
import norikae.failover.model.Reaction;
import norikae.failover.model.ServiceName;
import norikae.failover.model.ServicePolicy;
import norikae.failover.model.ServiceSpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PolicyAndMonitorsTest {

    /** Four lines, so that what a test adds begins in the fifth. */
    private static final String GOOD = """
            name: shop
            command: [java, -jar, /srv/shop.jar]
            address: 10.77.0.50/24
            user: nobody
            """;

    private static ServiceSpec parse(String text) {
        return SpecReader.parse(new DocumentText("s.yaml", text));
    }

    private static List<String> problemsOf(String text) {
        InvalidDocumentException e = catchThrowableOfType(InvalidDocumentException.class, () -> parse(text));
        assertThat(e).as("the refusal of %s", text).isNotNull();
        return e.problems().stream().map(Object::toString).toList();
    }

    @Test
    void aSpecThatSaysNothingHasTheDefaultPolicyAndNoMonitors() {
        ServiceSpec spec = parse(GOOD);

        assertThat(spec.policy()).isNull();
        assertThat(spec.policyOrDefault()).isEqualTo(ServicePolicy.DEFAULT);
        assertThat(spec.effectiveMonitors()).isEmpty();
        assertThat(spec.ocf()).isNull();
    }

    @Test
    void aPolicyIsReadAsWritten() {
        ServiceSpec spec = parse(GOOD + """
                policy:
                  prefers: [node-a, node-b]
                  failback: true
                  after: [database, queue]
                  with: [database]
                  apart: [shadow]
                  restarts: 3
                  restartWindow: 5m
                """);

        assertThat(spec.policy())
                .isEqualTo(new ServicePolicy(
                        true,
                        List.of(new NodeId("node-a"), new NodeId("node-b")),
                        List.of(new ServiceName("database"), new ServiceName("queue")),
                        List.of(new ServiceName("database")),
                        List.of(new ServiceName("shadow")),
                        true,
                        3,
                        300));
    }

    @Test
    void monitorsAreReadWithTheirDefaults() {
        ServiceSpec spec = parse(GOOD + """
                monitors:
                  - tcp: {port: 7000}
                  - http: {port: 8080}
                    interval: 500ms
                    timeout: 2s
                    retries: 0
                    startGrace: 1m
                    then: stop-node
                  - command: check 'a b'
                  - jvm:
                """);

        assertThat(spec.effectiveMonitors())
                .containsExactly(
                        new MonitorSpec(new Probe.Tcp(7000)),
                        new MonitorSpec(
                                new Probe.Http(8080, "/", null, null), 500, 2_000, 0, 60_000, Reaction.STOP_NODE),
                        new MonitorSpec(new Probe.Command(List.of("check", "a b"))),
                        new MonitorSpec(Probe.Jvm.DEFAULT));
    }

    @Test
    void aResourceAgentTakesThePlaceOfACommandAndBringsItsMonitor() {
        ServiceSpec spec = parse(GOOD.replaceAll("command: .*", "resource: ocf:heartbeat:redis")
                + "parameters: {port: 6379, config: /etc/redis/shop.conf}\n");

        assertThat(spec.command()).isEmpty();
        assertThat(spec.ocf())
                .isEqualTo(OcfResource.parse(
                        "ocf:heartbeat:redis", Map.of("port", "6379", "config", "/etc/redis/shop.conf")));
        assertThat(spec.effectiveMonitors()).containsExactly(new MonitorSpec(new Probe.Ocf()));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '¦',
            value = {
                "policy: {failovr: true}            ¦ 5:10: policy.failovr: is not a known key: do you mean failover?",
                "policy: {after: [shop]}            ¦ 5:18: policy.after[0]: is the service itself: name another one",
                "policy: {with: [a], apart: [b, a]} ¦ 5:32: policy.apart[1]: 'a' stands in 'with' too: it cannot be",
                "policy: {prefers: [a, a]}          ¦ 5:23: policy.prefers[1]: 'a' is there twice",
                "policy: {prefers: node-a}          ¦ 5:19: policy.prefers: is 'node-a' (text) where a list belongs",
                "policy: {prefers: [Node A]}        ¦ 5:20: policy.prefers[0]: node name 'Node A' is not a valid name",
                "policy: {failback: true}           ¦ 5:20: policy.failback: goes back to a node of 'prefers', and",
                "policy: {failover: maybe}          ¦ 5:20: policy.failover: is 'maybe' (text): write true or false",
                "policy: {restarts: -1}             ¦ 5:20: policy.restarts: is -1: write a whole number from 0",
                "policy: {restartWindow: 600}       ¦ 5:25: policy.restartWindow: '600' is not a length of time: write it like 600s",
                "policy: {restartWindow: 10ms}      ¦ 5:25: policy.restartWindow: '10ms' is out of range: write a length of time from 1s to 168h",
                "policy: 3                          ¦ 5:9: policy: is '3' (a whole number) where a mapping",
                "monitors: {tcp: 1}                 ¦ 5:11: monitors: is a mapping of keys to values where a list belongs",
                "monitors: [{}]                     ¦ 5:12: monitors[0]: has no probe: write one of tcp, http, command",
                "monitors: [{tpc: {port: 1}}]       ¦ 5:13: monitors[0].tpc: is not a known key: do you mean tcp?",
                "monitors: [{tcp: 7000}]            ¦ 5:18: monitors[0].tcp: is '7000' (a whole number) where a mapping",
                "monitors: [{tcp: }]                ¦ 5:17: monitors[0].tcp: has no value: write a port, such as",
                "monitors: [{tcp: {}}]              ¦ 5:18: monitors[0].tcp.port: is missing: write the port",
                "monitors: [{tcp: {port: 0}}]       ¦ 5:25: monitors[0].tcp.port: is 0: write a whole number from 1 to",
                "monitors: [{tcp: {prot: 80}}]      ¦ 5:19: monitors[0].tcp.prot: is not a known key: do you mean port?",
                "monitors: [{tcp: {port: 1}, disk: {path: /x}}] ¦ 5:29: monitors[0].disk: and 'tcp' are both there: one monitor",
                "monitors: [{http: {port: 1, path: x}}] ¦ 5:35: monitors[0].http.path: path 'x' of an http monitor is none",
                "monitors: [{http: {port: 1, status: 20}}] ¦ 5:37: monitors[0].http.status: is 20: write a whole number",
                "monitors: [{command: []}]          ¦ 5:22: monitors[0].command: is empty: write the program",
                "monitors: [{command: a | b}]       ¦ 5:22: monitors[0].command: has '|' as character 3, but no shell",
                "monitors: [{disk: {path: x}}]      ¦ 5:26: monitors[0].disk.path: path 'x' of a disk monitor is not abso",
                "monitors: [{link: {}}]             ¦ 5:19: monitors[0].link: a link monitor needs an interface, an address",
                "monitors: [{link: {address: 1.2.3}}] ¦ 5:19: monitors[0].link: address '1.2.3' is not an IPv4 address",
                "monitors: [{jvm: {gcThrash: 101}}] ¦ 5:29: monitors[0].jvm.gcThrash: is 101: write a whole number from 0",
                "monitors: [{jvm: {deadlock: false, gcThrash: 0, safepoint: 0s}}] ¦ 5:18: monitors[0].jvm: a jvm monitor with everything",
                "monitors: [{ocf: {}}]              ¦ 5:13: monitors[0].ocf: needs a resource agent: name one as",
                "monitors: [{jvm: {}, then: reboot}] ¦ 5:28: monitors[0].then: 'reboot' is not a reaction: write one of",
                "monitors: [{jvm: {}, then: restrat}] ¦ 5:28: monitors[0].then: 'restrat' is not a reaction: do you mean restart?",
                "monitors: [{jvm: {}, interval: soon}] ¦ 5:32: monitors[0].interval: 'soon' is not a length of time",
                "monitors: [{jvm: {}, interval: 1ms}] ¦ 5:32: monitors[0].interval: '1ms' is out of range: write a length of time from 100ms to 24h",
                "parameters: {a: b}                 ¦ 5:1: parameters: are for a resource agent: name one",
                "resource: ocf:heartbeat:redis      ¦ 2:1: command: and 'resource' are both there, and only one",
                "resource: redis                    ¦ 5:11: resource: 'redis' names no resource agent: write ocf:PROVIDER",
                "resource: ocf:../x:redis           ¦ 5:11: resource: '../x' is no provider of a resource agent",
            })
    void aMistakeIsNamedWithItsPlaceAndRemedy(String line, String expected) {
        assertThat(problemsOf(GOOD + line + "\n"))
                .anySatisfy(problem -> assertThat(problem).startsWith("s.yaml:" + expected));
    }

    @Test
    void aMonitorMayNotAskForWhatThePolicyForbids() {
        assertThat(problemsOf(GOOD + """
                policy: {failover: false}
                monitors:
                  - tcp: {port: 1}
                    then: failover
                """))
                .containsExactly("s.yaml:8:11: monitors[0].then: is failover, which policy.failover forbids: write"
                        + " another, or allow it");
    }

    @Test
    void anOcfMonitorIsThereOnce() {
        assertThat(problemsOf(GOOD.replaceAll("command: .*", "resource: ocf:heartbeat:Dummy")
                        + "monitors: [{ocf: {}}, {ocf: {}}]\n"))
                .containsExactly("s.yaml:5:24: monitors[1].ocf: is there already in another monitor: remove one");
    }
}
