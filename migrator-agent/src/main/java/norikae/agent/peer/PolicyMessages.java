package norikae.agent.peer;

import java.util.List;
import norikae.failover.model.NodeId;
import norikae.failover.model.ServiceName;
import norikae.failover.model.ServicePolicy;

/** Policies as API messages and back. */
final class PolicyMessages {

    private PolicyMessages() {}

    static norikae.agent.api.v1.ServicePolicy toMessage(ServicePolicy policy) {
        return norikae.agent.api.v1.ServicePolicy.newBuilder()
                .setFailover(policy.failover())
                .addAllPrefers(policy.prefers().stream().map(NodeId::value).toList())
                .addAllAfter(values(policy.after()))
                .addAllWith(values(policy.with()))
                .addAllApart(values(policy.apart()))
                .setFailback(policy.failback())
                .setRestarts(policy.restarts())
                .setRestartWindowSeconds(policy.restartWindowSeconds())
                .build();
    }

    /** @throws IllegalArgumentException naming what is wrong */
    static ServicePolicy fromMessage(norikae.agent.api.v1.ServicePolicy message) {
        return new ServicePolicy(
                message.getFailover(),
                message.getPrefersList().stream().map(NodeId::new).toList(),
                names(message.getAfterList()),
                names(message.getWithList()),
                names(message.getApartList()),
                message.getFailback(),
                message.getRestarts(),
                message.getRestartWindowSeconds() == 0
                        ? ServicePolicy.RESTART_WINDOW_SECONDS_DEFAULT
                        : message.getRestartWindowSeconds());
    }

    private static List<String> values(List<ServiceName> names) {
        return names.stream().map(ServiceName::value).toList();
    }

    private static List<ServiceName> names(List<String> values) {
        return values.stream().map(ServiceName::new).toList();
    }
}
