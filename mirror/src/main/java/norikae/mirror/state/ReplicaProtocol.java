package norikae.mirror.state;

import java.util.List;
import norikae.failover.model.ReplicationMode;

/**
 * The one transition function for the state of a replica. Pure.
 *
 * <pre>
 *             RESUMED    RESYNC_NEEDED  RESYNCED   LOST                  LOSS_NOTED  OVERRUN    REFUSED   CLOSE
 * DETACHED    STREAMING  RESYNCING      -          DETACHED              DETACHED    DETACHED   REFUSED   CLOSED
 * PAUSED      STREAMING  RESYNCING      -          PAUSED                PAUSED      DETACHED   REFUSED   CLOSED
 * LOSING      -          -              -          LOSING                DETACHED    LOSING     LOSING    CLOSED
 * RESYNCING   -          -              STREAMING  DETACHED              RESYNCING   DETACHED   REFUSED   CLOSED
 * STREAMING   -          -              -          LOSING, async PAUSED  STREAMING   DETACHED   REFUSED   CLOSED
 * REFUSED     -          RESYNCING      -          REFUSED               REFUSED     REFUSED    REFUSED   CLOSED
 * CLOSED      -          -              -          CLOSED                CLOSED      CLOSED     CLOSED    CLOSED
 * </pre>
 *
 * <p>'-' cannot happen, and is an error of this program.
 */
public final class ReplicaProtocol {

    /** What the primary has to do on a transition, in this order. */
    public enum Effect {
        /** From now on an acknowledgement waits for this replica. */
        REQUIRE,
        /** All that is not stable there goes into the map, and so does every later write. */
        NOTE_IN_MAP,
        /** Ask the cluster to note that the replica falls behind; {@link ReplicaEvent#LOSS_NOTED} answers. */
        ASK_CLUSTER,
        /** The next write begins a generation: the replica will lack it. */
        NEW_GENERATION,
        /** Acknowledge what waited for this replica alone, and wait for it no more. */
        RELEASE,
        /** Begin to bring blocks up to date. */
        RESYNC,
        /** Hang up. */
        HANG_UP,
        /** Connect again, after a while. */
        RETRY
    }

    /** A new state, and what has to be done. */
    public record Decision(ReplicaState state, List<Effect> effects) {
        private static Decision of(ReplicaState state, Effect... effects) {
            return new Decision(state, List.of(effects));
        }
    }

    private ReplicaProtocol() {}

    /** @throws IllegalStateException if that cannot happen in this state */
    public static Decision decide(ReplicaState now, ReplicaEvent event, ReplicationMode mode) {
        boolean async = mode == ReplicationMode.ASYNC;
        return switch (now) {
            case DETACHED, PAUSED ->
                switch (event) {
                    case RESUMED -> Decision.of(ReplicaState.STREAMING, Effect.REQUIRE);
                    case RESYNC_NEEDED ->
                        now == ReplicaState.PAUSED
                                ? Decision.of(ReplicaState.RESYNCING, Effect.NOTE_IN_MAP, Effect.RESYNC)
                                : Decision.of(ReplicaState.RESYNCING, Effect.RESYNC);
                    case LOST -> Decision.of(now, Effect.RETRY);
                    case LOSS_NOTED -> Decision.of(now);
                    case OVERRUN -> Decision.of(ReplicaState.DETACHED, Effect.NOTE_IN_MAP);
                    case REFUSED -> Decision.of(ReplicaState.REFUSED, Effect.NOTE_IN_MAP, Effect.HANG_UP);
                    case CLOSE -> Decision.of(ReplicaState.CLOSED, Effect.NOTE_IN_MAP, Effect.HANG_UP);
                    case RESYNCED -> throw impossible(now, event);
                };
            case LOSING ->
                switch (event) {
                    case LOSS_NOTED ->
                        Decision.of(ReplicaState.DETACHED, Effect.NEW_GENERATION, Effect.RELEASE, Effect.RETRY);
                    case LOST, OVERRUN, REFUSED -> Decision.of(now);
                    case CLOSE -> Decision.of(ReplicaState.CLOSED, Effect.NOTE_IN_MAP, Effect.HANG_UP);
                    case RESUMED, RESYNC_NEEDED, RESYNCED -> throw impossible(now, event);
                };
            case RESYNCING ->
                switch (event) {
                    case RESYNCED -> Decision.of(ReplicaState.STREAMING, Effect.REQUIRE);
                    case LOST -> Decision.of(ReplicaState.DETACHED, Effect.NOTE_IN_MAP, Effect.RELEASE, Effect.RETRY);
                    case OVERRUN ->
                        Decision.of(
                                ReplicaState.DETACHED,
                                Effect.NOTE_IN_MAP,
                                Effect.RELEASE,
                                Effect.HANG_UP,
                                Effect.RETRY);
                    case LOSS_NOTED -> Decision.of(now);
                    case REFUSED -> refused();
                    case CLOSE -> Decision.of(ReplicaState.CLOSED, Effect.NOTE_IN_MAP, Effect.HANG_UP);
                    case RESUMED, RESYNC_NEEDED -> throw impossible(now, event);
                };
            case STREAMING ->
                switch (event) {
                    case LOST ->
                        async
                                ? Decision.of(ReplicaState.PAUSED, Effect.NEW_GENERATION, Effect.RETRY)
                                : Decision.of(ReplicaState.LOSING, Effect.NOTE_IN_MAP, Effect.ASK_CLUSTER);
                    case OVERRUN ->
                        Decision.of(
                                ReplicaState.DETACHED,
                                Effect.NOTE_IN_MAP,
                                Effect.NEW_GENERATION,
                                Effect.HANG_UP,
                                Effect.RETRY);
                    case LOSS_NOTED -> Decision.of(now);
                    case REFUSED ->
                        async ? refused() : Decision.of(ReplicaState.LOSING, Effect.NOTE_IN_MAP, Effect.ASK_CLUSTER);
                    case CLOSE -> Decision.of(ReplicaState.CLOSED, Effect.NOTE_IN_MAP, Effect.HANG_UP);
                    case RESUMED, RESYNC_NEEDED, RESYNCED -> throw impossible(now, event);
                };
            case REFUSED ->
                switch (event) {
                    case RESYNC_NEEDED -> Decision.of(ReplicaState.RESYNCING, Effect.RESYNC);
                    case CLOSE -> Decision.of(ReplicaState.CLOSED, Effect.NOTE_IN_MAP, Effect.HANG_UP);
                    case LOST, LOSS_NOTED, OVERRUN, REFUSED -> Decision.of(now);
                    case RESUMED, RESYNCED -> throw impossible(now, event);
                };
            case CLOSED -> Decision.of(now);
        };
    }

    private static Decision refused() {
        return Decision.of(
                ReplicaState.REFUSED, Effect.NOTE_IN_MAP, Effect.NEW_GENERATION, Effect.RELEASE, Effect.HANG_UP);
    }

    private static IllegalStateException impossible(ReplicaState state, ReplicaEvent event) {
        return new IllegalStateException("a replica that is " + state + " cannot meet " + event);
    }
}
