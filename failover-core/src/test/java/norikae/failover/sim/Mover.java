package norikae.failover.sim;

import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import norikae.failover.model.ClusterState;
import norikae.failover.model.Command;
import norikae.failover.model.Epoch;
import norikae.failover.model.MoveId;
import norikae.failover.model.MoveRecord;
import norikae.failover.model.Outcome;
import norikae.failover.model.ServiceName;
import norikae.failover.model.ServiceRecord;
import norikae.failover.move.SourceEnding;
import norikae.failover.move.TargetEnding;
import org.jspecify.annotations.Nullable;

/**
 * Moves as {@code norikae.agent.move} makes them, and resolves what dead agents have left of them as {@code MoveResolver}
 * does. Confined to one thread.
 */
final class Mover {

    private static final long LOOK_AGAIN = 300 * Timeline.MILLI;
    private static final long STALL = 2 * Timeline.SECOND;

    private final World world;
    private final SimAgent agent;
    private final SimNode node;
    private final Dice dice;
    private final Set<MoveId> mine = new HashSet<>(); // led or received by this run of the agent
    private final Set<MoveId> resolving = new HashSet<>();
    private int moves;
    private long nextLook;

    Mover(World world, SimAgent agent) {
        this.world = world;
        this.agent = agent;
        this.node = agent.node;
        this.dice = world.dice("mover " + node.index + " " + agent.number);
    }

    // ---- the source of a move

    void migrate(ServiceName name, SimNode to) {
        Copy copy = node.copies.get(name);
        if (copy == null || !copy.runs() || copy.move != null || !agent.busy.add(name)) {
            return;
        }
        MoveId id = new MoveId("move-" + node.index + "-" + agent.number + "-" + ++moves);
        mine.add(id);
        world.log.submit(agent, new Command.BeginMove(id, name, node.id, to.id, 0), outcome -> {
            Outcome got = outcome.orElse(null);
            if (!(got instanceof Outcome.Accepted accepted)) {
                abort(id, name);
            } else if (!world.network.reach(node, to)) {
                abort(id, name);
            } else {
                copy.move = id;
                MoveId reserved = id;
                world.time.after(world.network.delay(), () -> {
                    SimAgent target = to.agent;
                    if (target != null && target.node.answers()) {
                        target.mover.prepare(reserved, name, accepted.epoch().value());
                    }
                });
                agent.later(dice.skewedMillis(50, 1_500), () -> freeze(id, copy, to));
            }
        });
    }

    private void abort(MoveId id, ServiceName name) {
        agent.insist(new Command.AbortMove(id, "given up", 0), o -> {
            mine.remove(id);
            agent.busy.remove(name);
        });
    }

    private void freeze(MoveId id, Copy copy, SimNode to) {
        if (node.copies.get(copy.service) != copy || !copy.runs()) {
            abort(id, copy.service);
            return;
        }
        copy.state = Copy.State.HELD_OUT;
        world.say(() -> node.id + " " + id + " holds " + copy.service + " and promises");
        long value = copy.value;
        if (world.network.reach(node, to)) {
            world.time.after(dice.skewedMillis(5, 300), () -> {
                SimAgent target = to.agent;
                if (target != null) {
                    target.mover.received(id, value);
                }
            });
        }
        follow(id, copy, world.time.now() + STALL);
    }

    private void follow(MoveId id, Copy copy, long patience) {
        agent.insistOnReading(state -> {
            if (!settleSource(id, copy, state, world.time.now() > patience)) {
                agent.later(50 * Timeline.MILLI, () -> follow(id, copy, patience));
            }
        });
    }

    /** Whether the copy's part in the move is over. */
    private boolean settleSource(MoveId id, Copy copy, ClusterState state, boolean mayAbort) {
        if (node.copies.get(copy.service) != copy) {
            done(id, copy.service);
            return true;
        }
        Optional<MoveRecord> move = state.move(id);
        Epoch awake = epochAfter(move, copy);
        boolean wouldOwn = state.service(copy.service)
                .filter(s ->
                        s.owner().equals(node.id) && s.epoch().equals(awake) && s.phase() != ServiceRecord.Phase.LOST)
                .isPresent();
        switch (SourceEnding.of(move.map(MoveRecord::phase).orElse(null), wouldOwn)) {
            case ASK_LOG_TO_ABORT -> {
                if (mayAbort) {
                    agent.insist(new Command.AbortMove(id, "it does not get on", 0), o -> {});
                }
                return false;
            }
            case KEEP_FROZEN -> {
                return false;
            }
            case DESTROY -> {
                node.copies.remove(copy.service);
                agent.insist(new Command.FinishMove(id, Collections.emptySortedMap(), 0), o -> {});
                done(id, copy.service);
            }
            case THAW -> {
                copy.epoch = awake.value();
                copy.move = null;
                copy.state = Copy.State.RUNNING;
                boolean _ = world.volume(copy.service).open(copy.epoch);
                world.say(() -> node.id + " " + id + " thaws " + copy.service + " under epoch " + copy.epoch);
                done(id, copy.service);
            }
        }
        return true;
    }

    private static Epoch epochAfter(Optional<MoveRecord> move, Copy copy) {
        return move.filter(m -> m.phase() == MoveRecord.Phase.REVERTED)
                .map(m -> m.epoch().next())
                .orElse(new Epoch(copy.epoch));
    }

    private void done(MoveId id, ServiceName name) {
        mine.remove(id);
        resolving.remove(id);
        agent.busy.remove(name);
    }

    // ---- the target of a move

    private void prepare(MoveId id, ServiceName name, long epoch) {
        if (!agent.keeper.up || node.copies.containsKey(name) || !agent.busy.add(name)) {
            return;
        }
        mine.add(id);
        node.prepared.add(id);
        node.residues.put(id, new SimNode.Residue(name, epoch));
        agent.later(3 * STALL, () -> {
            SimNode.Residue residue = node.residues.get(id);
            if (residue != null && !residue.released && mine.contains(id)) {
                done(id, name); // the last byte never came: whoever resolves asks the log
            }
        });
    }

    private void received(MoveId id, long value) {
        SimNode.Residue residue = node.residues.get(id);
        if (residue == null
                || residue.released
                || !agent.keeper.up
                || !mine.contains(id)
                || node.copies.containsKey(residue.service)) {
            return;
        }
        Copy copy = new Copy(residue.service, node.index, residue.epoch, Copy.State.HELD_IN);
        copy.move = id;
        copy.cameBy = id;
        copy.value = value;
        residue.released = true;
        node.copies.put(residue.service, copy);
        agent.insist(new Command.CommitMove(id, 0), outcome -> {
            if (outcome instanceof Outcome.Refused) {
                discard(id, residue);
            } else if (node.copies.get(residue.service) == copy) {
                agent.later(dice.skewedMillis(1, 100), () -> letRun(id, residue));
            } else {
                done(id, residue.service);
            }
        });
    }

    private void letRun(MoveId id, SimNode.Residue residue) {
        Copy copy = node.copies.get(residue.service);
        if (copy == null) {
            done(id, residue.service);
            return;
        }
        node.mayHaveRun.add(id);
        boolean _ = world.volume(copy.service).open(copy.epoch);
        copy.state = Copy.State.RUNNING;
        copy.move = null;
        world.say(() -> node.id + " " + id + " lets " + copy.service + " run under epoch " + copy.epoch);
        markResumed(id, residue);
    }

    private void markResumed(MoveId id, SimNode.Residue residue) {
        agent.insist(new Command.MarkResumed(id, 0), o -> {
            forget(id);
            done(id, residue.service);
        });
    }

    private void forget(MoveId id) {
        node.residues.remove(id);
        node.prepared.remove(id);
        node.mayHaveRun.remove(id);
    }

    private void discard(MoveId id, SimNode.Residue residue) {
        Copy copy = node.copies.get(residue.service);
        if (copy != null && id.equals(copy.cameBy)) {
            node.copies.remove(residue.service);
        }
        forget(id);
        done(id, residue.service);
    }

    // ---- what nobody leads any more

    void look() {
        if (world.time.now() < nextLook) {
            return;
        }
        nextLook = world.time.now() + LOOK_AGAIN;
        for (Copy copy : List.copyOf(node.copies.values())) {
            MoveId id = copy.move;
            if (id != null && (copy.state == Copy.State.HELD_OUT || copy.runs()) && mayResolve(id, copy.service)) {
                agent.insistOnReading(state -> resolveSource(id, copy, state));
            }
        }
        for (MoveId id : List.copyOf(node.residues.keySet())) {
            SimNode.Residue residue = node.residues.get(id);
            if (residue != null && mayResolve(id, residue.service)) {
                agent.insistOnReading(state -> resolveTarget(id, residue, state));
            }
        }
        for (MoveRecord move : agent.latestKnown().moves().values()) {
            if (!move.phase().ended() && !isHere(move)) {
                resolveWithoutResidue(move);
            }
        }
    }

    private boolean isHere(MoveRecord move) {
        Copy copy = node.copies.get(move.service());
        return node.residues.containsKey(move.id())
                || mine.contains(move.id())
                || resolving.contains(move.id())
                || (copy != null && move.id().equals(copy.move));
    }

    private boolean mayResolve(MoveId id, ServiceName name) {
        if (mine.contains(id) || resolving.contains(id) || !agent.busy.add(name)) {
            return false;
        }
        resolving.add(id);
        return true;
    }

    private void resolveSource(MoveId id, Copy copy, ClusterState state) {
        if (copy.runs() && node.copies.get(copy.service) == copy) {
            // Its agent died before it was held.
            Optional<MoveRecord.Phase> phase = state.move(id).map(MoveRecord::phase);
            if (phase.filter(p -> p == MoveRecord.Phase.PREPARING).isPresent()) {
                agent.insist(new Command.AbortMove(id, "its agent died", 0), o -> done(id, copy.service));
                return;
            }
            copy.move = null;
            done(id, copy.service);
            return;
        }
        if (!settleSource(id, copy, state, true)) {
            done(id, copy.service); // the next look sees the verdict
        }
    }

    private void resolveTarget(MoveId id, SimNode.Residue residue, ClusterState state) {
        Copy copy = node.copies.get(residue.service);
        boolean here = copy != null && id.equals(copy.cameBy);
        TargetEnding.Copy found = TargetEnding.Copy.NONE;
        if (copy != null && here) {
            found = copy.runs() ? TargetEnding.Copy.RUNNING : TargetEnding.Copy.RELEASED;
        }
        TargetEnding.Copy told = found;
        MoveRecord.@Nullable Phase phase = state.move(id).map(MoveRecord::phase).orElse(null);
        TargetEnding ending = TargetEnding.of(phase, found, node.mayHaveRun.contains(id));
        world.say(() -> node.id + " " + id + " resolved on the target: " + ending + " (copy " + told + ")");
        switch (ending) {
            case ASK_LOG_TO_ABORT ->
                agent.insist(new Command.AbortMove(id, "the target's agent restarted", 0), o -> {
                    done(id, residue.service);
                });
            case DISCARD -> {
                if (here) {
                    node.copies.remove(residue.service);
                }
                discard(id, residue);
            }
            case RESUME -> letRun(id, residue);
            case ADOPT -> markResumed(id, residue);
            case REVERT -> {
                if (here) {
                    node.copies.remove(residue.service);
                }
                agent.insist(new Command.RevertMove(id, "it never ran here", 0), o -> discard(id, residue));
            }
            case REPORT_FAILED ->
                agent.insist(new Command.MarkResumed(id, 0), o -> {
                    reportGone(residue.service);
                    discard(id, residue);
                });
        }
    }

    private void resolveWithoutResidue(MoveRecord move) {
        MoveId id = move.id();
        ServiceName name = move.service();
        boolean out = move.from().equals(node.id);
        boolean in = move.to().equals(node.id) && move.phase() == MoveRecord.Phase.COMMITTED;
        if ((!out && !in) || !mayResolve(id, name)) {
            return;
        }
        if (out && move.phase() == MoveRecord.Phase.PREPARING) {
            agent.insist(new Command.AbortMove(id, "the source's agent restarted", 0), o -> done(id, name));
        } else if (out && move.phase() == MoveRecord.Phase.RESUMED) {
            agent.insist(new Command.FinishMove(id, Collections.emptySortedMap(), 0), o -> done(id, name));
        } else if (in && node.prepared.contains(id) && !node.mayHaveRun.contains(id)) {
            agent.insist(new Command.RevertMove(id, "the target lost power", 0), o -> done(id, name));
        } else if (in) {
            boolean here = node.copies.containsKey(name);
            agent.insist(new Command.MarkResumed(id, 0), o -> {
                if (!here) {
                    reportGone(name);
                }
                done(id, name);
            });
        } else {
            done(id, name);
        }
    }

    private void reportGone(ServiceName name) {
        Optional<ServiceRecord> record =
                agent.latestKnown().service(name).filter(s -> s.owner().equals(node.id));
        record.ifPresent(s -> {
            Epoch epoch = s.epoch();
            agent.insist(
                    new Command.ReportService(
                            name, node.id, epoch, ServiceRecord.Phase.FAILED, "gone after its move", 0),
                    o -> {});
        });
    }
}
