package norikae.failover.sim;

import norikae.failover.model.MoveId;
import norikae.failover.model.ServiceName;
import org.jspecify.annotations.Nullable;

/** A service's processes on one node. Confined to one thread. */
final class Copy {

    enum State {
        /** Its processes are being started; nothing of it answers. */
        STARTING,
        RUNNING,
        /** Frozen on the source of a move. */
        HELD_OUT,
        /** Whole and frozen on the target of a move. */
        HELD_IN
    }

    final ServiceName service;
    final int node;
    long epoch;
    State state;

    /** The move that has a hand in it. */
    @Nullable
    MoveId move;

    /** The move that brought it here. */
    @Nullable
    MoveId cameBy;

    /** The last write that it knows. */
    long value;

    Copy(ServiceName service, int node, long epoch, State state) {
        this.service = service;
        this.node = node;
        this.epoch = epoch;
        this.state = state;
    }

    boolean runs() {
        return state == State.RUNNING;
    }
}
