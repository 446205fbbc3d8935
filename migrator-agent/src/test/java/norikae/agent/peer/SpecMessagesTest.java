package norikae.agent.peer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import norikae.agent.api.v1.Monitor;
import norikae.agent.document.DocumentText;
import norikae.agent.spec.SpecReader;
import norikae.failover.model.ServiceSpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SpecMessagesTest {

    private static final String HEAD = "name: shop\naddress: 10.77.0.50/24\nuser: nobody\n";

    @ParameterizedTest
    @ValueSource(strings = {"command: [java, -jar, shop.jar]", """
                command: java -jar shop.jar
                hybridMoves: true
                node: node-a
                limits: {memory: 1GiB, cpu: 0.5, processes: 7, openFiles: 100}
                environment: {A: b}
                policy:
                  failover: false
                  prefers: [node-b, node-a]
                  after: [database]
                  with: [database]
                  apart: [shadow]
                  failback: true
                  restarts: 3
                  restartWindow: 2m
                monitors:
                  - tcp: {port: 7000}
                    interval: 500ms
                    timeout: 1s
                    retries: 0
                    startGrace: 0s
                    then: stop-node
                  - http: {port: 8080}
                  - http: {port: 8080, path: "/health?deep=1", status: 204, contains: "UP"}
                  - command: "/srv/bin/check --deep 'a b'"
                  - disk: {path: /srv/data}
                  - link: {interface: eth1}
                  - link: {address: 10.77.0.11}
                  - jvm: {deadlock: false, gcThrash: 50, safepoint: 0s}
                """, """
                resource: ocf:heartbeat:redis
                parameters: {port: 6379, bin: /usr/bin/redis-server}
                monitors: [{ocf: {}, then: failover}]
                """})
    void aSpecGoesThroughTheApiAndComesBackAsItWas(String rest) {
        ServiceSpec spec = SpecReader.parse(new DocumentText("s.yaml", HEAD + rest));

        assertThat(SpecMessages.fromMessage(SpecMessages.toMessage(spec))).isEqualTo(spec);
    }

    @Test
    void aMonitorOfANewerVersionIsRefusedAndNamed() {
        ServiceSpec spec = SpecReader.parse(new DocumentText("s.yaml", HEAD + "command: x"));
        norikae.agent.api.v1.ServiceSpec message = SpecMessages.toMessage(spec).toBuilder()
                .addMonitors(Monitor.getDefaultInstance())
                .build();

        assertThatThrownBy(() -> SpecMessages.fromMessage(message))
                .isInstanceOf(ApiException.class)
                .hasMessageContaining("a monitor has no probe that this program knows");
    }
}
