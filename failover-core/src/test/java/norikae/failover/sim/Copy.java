package norikae.failover.sim;

import norikae.failover.model.Epoch;
import norikae.failover.model.MoveId;
import norikae.failover.model.ServiceName;
import org.jspecify.annotations.Nullable;

/** The processes of one service on one node. Confined to one thread. */
final class Copy {

    enum State {
        RUNNING,
        /** Stopped on its way out. */
        LEAVING,
        /** On its way in, and not whole. */
        RESTORING,
        /** On its way in, whole, and stopped. */
        RESTORED
    }

    final ServiceName service;
    Epoch epoch;
    State state;

    @Nullable
    MoveId move;
    /** The newest write that its memory has. */
    long memory;

    Copy(ServiceName service, Epoch epoch, State state, @Nullable MoveId move, long memory) {
        this.service = service;
        this.epoch = epoch;
        this.state = state;
        this.move = move;
        this.memory = memory;
    }

    @Override
    public String toString() {
        return service + " (epoch " + epoch + ", " + state + ", memory " + memory + ")";
    }
}
