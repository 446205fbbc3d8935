package norikae.failover.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ServiceSpecTest {

    private static final ServiceName SHOP = new ServiceName("shop");
    private static final ServiceName OTHER = new ServiceName("other");
    private static final OcfResource DUMMY = OcfResource.parse("ocf:heartbeat:Dummy", Map.of());

    private static ServiceSpec spec(
            List<String> command,
            @Nullable ServicePolicy policy,
            @Nullable OcfResource ocf,
            List<MonitorSpec> monitors) {
        return new ServiceSpec(
                SHOP,
                command,
                ServiceAddress.parse("10.77.0.50/24"),
                new TreeMap<>(),
                "nobody",
                "/",
                Limits.NONE,
                null,
                null,
                policy,
                monitors,
                ocf);
    }

    private static ServicePolicy after(ServiceName... names) {
        return new ServicePolicy(true, List.of(), List.of(names), List.of(), List.of(), false, 0, 60);
    }

    @Test
    void aServiceMustNotWaitForItself() {
        assertThatThrownBy(() -> spec(List.of("x"), after(SHOP), null, List.of()))
                .hasMessageContaining("names itself in 'after'");
        assertThat(spec(List.of("x"), after(OTHER), null, List.of())
                        .policyOrDefault()
                        .after())
                .containsExactly(OTHER);
    }

    @Test
    void noServiceIsToBeTogetherWithAndApartFromAnother() {
        assertThatThrownBy(() ->
                        new ServicePolicy(true, List.of(), List.of(), List.of(OTHER), List.of(OTHER), false, 0, 60))
                .hasMessageContaining("stands in 'with' and in 'apart'");
    }

    @Test
    void aServiceHasACommandOrAResourceAgentAndNotBoth() {
        assertThatThrownBy(() -> spec(List.of(), null, null, List.of()))
                .hasMessageContaining("is empty: name a program");
        assertThatThrownBy(() -> spec(List.of("x"), null, DUMMY, List.of()))
                .hasMessageContaining("only one of them can start it");
    }

    @Test
    void onlyAServiceOfAResourceAgentHasItsMonitorAndOnlyOnce() {
        MonitorSpec ocf = new MonitorSpec(new Probe.Ocf());
        assertThatThrownBy(() -> spec(List.of("x"), null, null, List.of(ocf)))
                .hasMessageContaining("an ocf monitor but no resource agent");
        assertThatThrownBy(() -> spec(List.of(), null, DUMMY, List.of(ocf, ocf)))
                .hasMessageContaining("write one");
        assertThat(spec(List.of(), null, DUMMY, List.of()).effectiveMonitors()).containsExactly(ocf);
    }

    @Test
    void monitorsHaveBounds() {
        List<MonitorSpec> many = Collections.nCopies(ServiceSpec.MONITORS_MAX + 1, new MonitorSpec(new Probe.Tcp(1)));
        assertThatThrownBy(() -> spec(List.of("x"), null, null, many)).hasMessageContaining("at most 32");
        assertThatThrownBy(() -> new Probe.Tcp(70_000)).hasMessageContaining("port 70000 of a tcp monitor");
        assertThatThrownBy(() -> new MonitorSpec(new Probe.Tcp(1), 1, null, 0, 0, Reaction.RESTART))
                .hasMessageContaining("interval 1 ms of a monitor is out of range");
    }
}
