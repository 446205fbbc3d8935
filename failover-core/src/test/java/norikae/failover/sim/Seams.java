package norikae.failover.sim;

import norikae.failover.member.Beat;
import norikae.failover.model.ClusterState;
import norikae.failover.model.Command;
import norikae.failover.model.NodeId;
import norikae.failover.model.Outcome;

/** Where a test plants a bug around the core, to see whether the simulator finds it. */
interface Seams {

    /** Nothing is planted. */
    Seams NONE = new Seams() {};

    /** A heartbeat as it is told to the core of {@code by}. */
    default Beat heard(Beat beat, NodeId by, long localNanos) {
        return beat;
    }

    /** What the log makes of a command. */
    default ClusterState.Applied apply(ClusterState state, Command command) {
        return state.apply(command);
    }

    /** What comes after a command was answered. */
    default void answered(Command command, Outcome outcome) {}

    /** Whether drivers and volumes look at epochs. */
    default boolean checksEpochs() {
        return true;
    }
}
