package norikae.failover.member;

import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import norikae.failover.model.ClusterState;
import norikae.failover.model.Command;
import norikae.failover.model.FailoverPolicy;
import norikae.failover.model.Limits;
import norikae.failover.model.NodeId;
import norikae.failover.model.NodeRecord;
import norikae.failover.model.ServiceAddress;
import norikae.failover.model.ServiceName;
import norikae.failover.model.ServicePolicy;
import norikae.failover.model.ServiceSpec;

/** States of a cluster of three workers, failover on, as tests begin with them. */
final class Clusters {

    static final NodeId NODE_A = new NodeId("node-a");
    static final NodeId NODE_B = new NodeId("node-b");
    static final NodeId NODE_C = new NodeId("node-c");
    static final List<NodeId> ALL = List.of(NODE_A, NODE_B, NODE_C);
    static final FailoverPolicy POLICY = new FailoverPolicy(true, 100, 2_000, 600, 3);

    private Clusters() {}

    static long ms(long millis) {
        return TimeUnit.MILLISECONDS.toNanos(millis);
    }

    /** Every node is up under {@code boot}. */
    static ClusterState up(long boot) {
        ClusterState state = ClusterState.EMPTY;
        for (NodeId node : ALL) {
            int index = ALL.indexOf(node);
            state = apply(
                    state,
                    new Command.AddNode(new NodeRecord(node, "10.0.0." + (index + 1), 1, 2, 3, false), 0),
                    new Command.NodeUp(node, boot, 0));
        }
        return apply(state, new Command.SetFailover(POLICY, 0));
    }

    static ClusterState fencing(long boot, NodeId node) {
        return apply(up(boot), new Command.BeginFencing(node, boot, "node-c", "silent", 0));
    }

    static ClusterState apply(ClusterState state, Command... commands) {
        ClusterState next = state;
        for (Command command : commands) {
            next = next.apply(command).state();
        }
        return next;
    }

    static ServiceSpec spec(ServiceName name, int address, ServicePolicy policy) {
        return new ServiceSpec(
                name,
                List.of("program"),
                new ServiceAddress("10.0.1." + address, 24),
                new TreeMap<>(),
                "root",
                "/",
                Limits.NONE,
                null,
                null,
                policy,
                null,
                null);
    }
}
