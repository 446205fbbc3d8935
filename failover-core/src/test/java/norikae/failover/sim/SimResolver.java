package norikae.failover.sim;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import norikae.failover.model.ClusterState;
import norikae.failover.model.Command;
import norikae.failover.model.Epoch;
import norikae.failover.model.MoveId;
import norikae.failover.model.MoveRecord;
import norikae.failover.model.ServiceRecord;
import norikae.failover.move.SourceEnding;
import norikae.failover.move.TargetEnding;
import org.jspecify.annotations.Nullable;

/** Ends moves that nobody leads any more, as {@code norikae.agent.move.MoveResolver} does. Confined to one thread. */
final class SimResolver {

    private static final long PATIENCE_NANOS = Timeline.SECOND;

    private final Cluster cluster;
    private final SimNode node;
    private final SimAgent agent;
    private final SimMoves moves;
    private boolean asking;

    SimResolver(Cluster cluster, SimNode node, SimAgent agent, SimMoves moves) {
        this.cluster = cluster;
        this.node = node;
        this.agent = agent;
        this.moves = moves;
    }

    void look() {
        if (asking || !agent.keeper().isUp() || (!hasResidue() && !isNamed())) {
            return;
        }
        asking = true;
        long boot = node.boot();
        List<Copy> left =
                new ArrayList<>(node.copies.values()); // what comes later than the question is not in the answer
        left.removeIf(c -> c.move == null || moves.isActive(c.move));
        cluster.raft.read(node, state -> {
            asking = false;
            if (state != null && boot == node.boot() && agent.keeper().isUp()) {
                resolve(state, left);
            }
        });
    }

    private boolean hasResidue() {
        return node.copies.values().stream().anyMatch(c -> c.move != null && !moves.isActive(c.move));
    }

    private boolean isNamed() {
        return agent.known().moves().values().stream()
                .anyMatch(m -> !m.phase().ended() && (m.from().equals(node.id) || m.to().equals(node.id)));
    }

    private void resolve(ClusterState state, List<Copy> left) {
        for (Copy copy : left) {
            MoveId id = copy.move;
            if (id != null && node.copies.get(copy.service) == copy) {
                Optional<MoveRecord> move = state.move(id);
                MoveRecord.@Nullable Phase phase = move.map(MoveRecord::phase).orElse(null);
                if (copy.state == Copy.State.LEAVING) {
                    source(copy, id, move, SourceEnding.of(phase, wouldOwn(state, copy, move)));
                } else {
                    target(copy, id, move, phase);
                }
            }
        }
        for (MoveRecord move : state.moves().values()) {
            boolean here = node.copies.values().stream().anyMatch(c -> move.id().equals(c.move));
            if (!move.phase().ended() && !here && !moves.isActive(move.id())) {
                withoutResidue(move);
            }
        }
    }

    private boolean wouldOwn(ClusterState state, Copy copy, Optional<MoveRecord> move) {
        Epoch awake = epochAfter(copy, move);
        return state.service(copy.service)
                .filter(s ->
                        s.owner().equals(node.id) && s.epoch().equals(awake) && s.phase() != ServiceRecord.Phase.LOST)
                .isPresent();
    }

    private static Epoch epochAfter(Copy copy, Optional<MoveRecord> move) {
        return move.filter(m -> m.phase() == MoveRecord.Phase.REVERTED)
                .map(m -> m.epoch().next())
                .orElse(copy.epoch);
    }

    private void source(Copy copy, MoveId id, Optional<MoveRecord> move, SourceEnding ending) {
        node.say("resolves " + copy + " of " + id + ": " + ending);
        switch (ending) {
            case ASK_LOG_TO_ABORT -> {
                if (cluster.planted.is(Plant.THAW_WITHOUT_ASKING)) {
                    moves.wake(copy, copy.epoch);
                } else {
                    node.agentLater(PATIENCE_NANOS, () -> {
                        if (copy.state == Copy.State.LEAVING) {
                            agent.insist(new Command.AbortMove(id, "it takes too long", 0), _ -> {});
                        }
                    });
                }
            }
            case THAW -> moves.wake(copy, epochAfter(copy, move));
            case KEEP_FROZEN -> {}
            case DESTROY -> {
                node.copies.remove(copy.service);
                moves.finish(id);
            }
        }
    }

    private void target(Copy copy, MoveId id, Optional<MoveRecord> move, MoveRecord.@Nullable Phase phase) {
        TargetEnding.Copy whole =
                copy.state == Copy.State.RESTORED ? TargetEnding.Copy.RELEASED : TargetEnding.Copy.UNFINISHED;
        TargetEnding ending = TargetEnding.of(phase, whole, node.mayHaveRun.contains(id));
        node.say("resolves " + copy + " of " + id + ": " + ending);
        switch (ending) {
            case ASK_LOG_TO_ABORT -> agent.insist(new Command.AbortMove(id, "left behind", 0), _ -> {});
            case DISCARD -> node.copies.remove(copy.service);
            case RESUME, ADOPT -> moves.resume(copy, id);
            case REVERT -> {
                node.copies.remove(copy.service);
                revert(id);
            }
            case REPORT_FAILED -> {
                node.copies.remove(copy.service);
                move.ifPresent(moves::failed);
            }
        }
    }

    private void withoutResidue(MoveRecord move) {
        if (move.from().equals(node.id)) {
            switch (move.phase()) {
                case PREPARING -> agent.insist(new Command.AbortMove(move.id(), "the source restarted", 0), _ -> {});
                case RESUMED -> moves.finish(move.id());
                case COMMITTED, CLEANED, ABORTED, REVERTED -> {}
            }
        } else if (move.to().equals(node.id) && move.phase() == MoveRecord.Phase.COMMITTED) {
            Copy copy = node.copies.get(move.service());
            boolean runs = copy != null && copy.state == Copy.State.RUNNING && isOf(copy, move.epoch());
            if (runs) {
                agent.insist(new Command.MarkResumed(move.id(), 0), _ -> {});
            } else if (node.prepared.contains(move.id()) && !node.mayHaveRun.contains(move.id())) {
                revert(move.id());
            } else {
                moves.failed(move);
            }
        }
    }

    private static boolean isOf(Copy copy, Epoch epoch) {
        return copy.epoch.equals(epoch);
    }

    private void revert(MoveId id) {
        node.say("gives back what came by " + id);
        agent.insist(new Command.RevertMove(id, "it never ran here", 0), _ -> {});
    }
}
