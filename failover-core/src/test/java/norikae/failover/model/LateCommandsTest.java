package norikae.failover.model;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** A submission whose answer was lost may come much later, when what it says is no longer true. */
class LateCommandsTest {

    private static final NodeId NODE = new NodeId("node-a");

    private static ClusterState apply(ClusterState state, Command... commands) {
        ClusterState next = state;
        for (Command command : commands) {
            next = next.apply(command).state();
        }
        return next;
    }

    @Test
    void anEarlierLifeDoesNotComeBackByALateWord() {
        ClusterState state = apply(
                ClusterState.EMPTY,
                new Command.AddNode(new NodeRecord(NODE, "10.0.0.1", 1, 2, 3, false), 0),
                new Command.NodeUp(NODE, 7, 0),
                new Command.NodeUp(NODE, 8, 0));

        ClusterState.Applied late = state.apply(new Command.NodeUp(NODE, 7, 0));

        assertThat(late.outcome()).isInstanceOfSatisfying(Outcome.Refused.class, refused -> {
            assertThat(refused.code()).isEqualTo(Outcome.Refusal.STALE_EPOCH);
            assertThat(refused.message()).contains("node-a");
        });
        assertThat(late.state().healthOf(NODE).orElseThrow().boot()).isEqualTo(8);
    }
}
