package norikae.failover.member;

import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import norikae.failover.model.ClusterState;
import norikae.failover.model.Command;
import norikae.failover.model.FailoverPolicy;
import norikae.failover.model.Limits;
import norikae.failover.model.NodeId;
import norikae.failover.model.NodeRecord;
import norikae.failover.model.Outcome;
import norikae.failover.model.ServiceAddress;
import norikae.failover.model.ServiceName;
import norikae.failover.model.ServicePolicy;
import norikae.failover.model.ServiceSpec;

/** Three voters, of which one is a witness, and what tests do to them. */
final class Nodes {

    static final NodeId A = new NodeId("node-a");
    static final NodeId B = new NodeId("node-b");
    static final NodeId C = new NodeId("node-c");
    static final NodeId WITNESS = new NodeId("witness");
    static final Set<NodeId> VOTERS = Set.of(A, B, WITNESS);
    static final long MILLI = 1_000_000;
    static final long BOOT = 7;
    static final FailoverPolicy POLICY = new FailoverPolicy(true, 100, 1_000, 500, 2);

    private Nodes() {}

    /** All of them are up under {@link #BOOT}, and failover is on. */
    static ClusterState up() {
        ClusterState state = ClusterState.EMPTY;
        int number = 1;
        for (NodeId id : List.of(A, B, C, WITNESS)) {
            String address = "10.0.0." + number++;
            state = after(
                    state, new Command.AddNode(new NodeRecord(id, address, 7071, 7072, 7073, id.equals(WITNESS)), 0));
        }
        state = after(state, new Command.SetFailover(POLICY, 0));
        for (NodeId id : List.of(A, B, C, WITNESS)) {
            state = after(state, new Command.NodeUp(id, BOOT, 0));
        }
        return state;
    }

    static ClusterState after(ClusterState state, Command command) {
        ClusterState.Applied applied = state.apply(command);
        if (applied.outcome() instanceof Outcome.Refused refused) {
            throw new AssertionError(command + " was refused: " + refused.message());
        }
        return applied.state();
    }

    static ClusterState with(ClusterState state, String service, NodeId owner, ServicePolicy policy) {
        int number = state.services().size() + 1;
        return after(
                state,
                new Command.DefineService(
                        new ServiceSpec(
                                new ServiceName(service),
                                List.of("/bin/true"),
                                new ServiceAddress("10.0.1." + number, 24),
                                new TreeMap<>(),
                                "nobody",
                                "/",
                                Limits.NONE,
                                null,
                                null,
                                policy,
                                null,
                                null),
                        owner,
                        0));
    }

    static ClusterState fencing(ClusterState state, NodeId node) {
        return after(state, new Command.BeginFencing(node, BOOT, "test", "silent", 0));
    }
}
