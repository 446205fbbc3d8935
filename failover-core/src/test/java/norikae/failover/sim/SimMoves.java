package norikae.failover.sim;

import java.util.Collections;
import java.util.HashSet;
import java.util.Set;
import norikae.failover.model.Command;
import norikae.failover.model.Epoch;
import norikae.failover.model.MoveId;
import norikae.failover.model.MoveRecord;
import norikae.failover.model.NodeId;
import norikae.failover.model.Outcome;
import norikae.failover.model.ServiceName;
import org.jspecify.annotations.Nullable;

/** Moves as this node leads or receives them while its agent lives; {@link SimResolver} ends those that were left behind. */
final class SimMoves {

    private static final long WHOLE_MOVE_NANOS = 3 * Timeline.SECOND;

    private final Cluster cluster;
    private final SimNode node;
    private final SimAgent agent;
    private final Dice dice;
    private final SimResolver resolver;
    private final Set<MoveId> active = new HashSet<>();

    SimMoves(Cluster cluster, SimNode node, SimAgent agent) {
        this.cluster = cluster;
        this.node = node;
        this.agent = agent;
        this.dice = new Dice(cluster.options.seed() + node.life(), "moves " + node.index);
        this.resolver = new SimResolver(cluster, node, agent, this);
    }

    boolean isActive(@Nullable MoveId id) {
        return id != null && active.contains(id);
    }

    void forgetAll() {
        active.clear();
    }

    void look() {
        resolver.look();
    }

    // ---- at the source

    void begin(ServiceName service, NodeId to) {
        Copy copy = node.copies.get(service);
        if (!agent.keeper().isUp() || agent.keeper().isBusy(service) || copy == null || copy.move != null) {
            return;
        }
        MoveId id = cluster.nextMove();
        active.add(id);
        node.agentLater(WHOLE_MOVE_NANOS, () -> giveUp(id, service));
        cluster.raft.submit(node, new Command.BeginMove(id, service, node.id, to, 0), outcome -> {
            if (outcome instanceof Outcome.Accepted accepted) {
                prepare(id, service, cluster.node(to), accepted.epoch());
            } else {
                active.remove(id);
            }
        });
    }

    private void prepare(MoveId id, ServiceName service, SimNode target, Epoch epoch) {
        cluster.net.call(
                node.index,
                target.index,
                () -> target.agentLater(0, () -> {
                    SimAgent there = target.agent();
                    if (there != null && there.moves().receive(id, service)) {
                        cluster.net.call(
                                target.index,
                                node.index,
                                () -> node.agentLater(dice.millis(20, 600), () -> freeze(id, service, target, epoch)));
                    }
                }));
    }

    private void freeze(MoveId id, ServiceName service, SimNode target, Epoch epoch) {
        Copy copy = node.copies.get(service);
        if (!active.contains(id) || copy == null || copy.state != Copy.State.RUNNING) {
            return;
        }
        copy.state = Copy.State.LEAVING;
        copy.move = id;
        node.agentLater(dice.millis(10, 150), () -> {
            if (active.contains(id) && copy.state == Copy.State.LEAVING) {
                long memory = copy.memory;
                node.say("promises " + copy + " to " + target.id + " by " + id);
                active.remove(id); // from here on the log decides
                cluster.net.call(
                        node.index,
                        target.index,
                        () -> target.agentLater(0, () -> {
                            SimAgent there = target.agent();
                            if (there != null) {
                                there.moves().restore(id, service, epoch, memory);
                            }
                        }));
            }
        });
    }

    private void giveUp(MoveId id, ServiceName service) {
        Copy copy = node.copies.get(service);
        if (active.remove(id) && copy != null && copy.state == Copy.State.LEAVING && id.equals(copy.move)) {
            wake(copy, copy.epoch);
        }
    }

    /** The source's copy goes on. */
    void wake(Copy copy, Epoch epoch) {
        if (cluster.volumes.of(copy.service).attach(epoch)) {
            copy.epoch = epoch;
            copy.move = null;
            copy.state = Copy.State.RUNNING;
            node.say("thaws " + copy);
            cluster.checks.look();
        } else {
            node.say("may not thaw " + copy + " under epoch " + epoch);
            node.copies.remove(copy.service);
        }
    }

    // ---- at the target

    private boolean receive(MoveId id, ServiceName service) {
        if (!agent.keeper().isUp()
                || !agent.isTrusted()
                || node.copies.containsKey(service)
                || agent.keeper().isBusy(service)) {
            return false;
        }
        node.prepared.add(id);
        active.add(id);
        node.agentLater(WHOLE_MOVE_NANOS, () -> active.remove(id));
        return true;
    }

    private void restore(MoveId id, ServiceName service, Epoch epoch, long memory) {
        if (!active.contains(id) || node.copies.containsKey(service)) {
            return;
        }
        Copy copy = new Copy(service, epoch, Copy.State.RESTORING, id, memory);
        node.copies.put(service, copy);
        node.agentLater(dice.millis(20, 300), () -> {
            if (node.copies.get(service) != copy || !active.contains(id)) {
                return;
            }
            copy.state = Copy.State.RESTORED;
            cluster.raft.submit(node, new Command.CommitMove(id, 0), outcome -> {
                if (outcome instanceof Outcome.Accepted && node.copies.get(service) == copy && copy.move != null) {
                    resume(copy, id);
                }
                active.remove(id);
            });
        });
    }

    void resume(Copy copy, MoveId id) {
        node.mayHaveRun.add(id);
        if (!cluster.volumes.of(copy.service).attach(copy.epoch)) {
            node.copies.remove(copy.service);
            return;
        }
        copy.state = Copy.State.RUNNING;
        copy.move = null;
        node.say("resumes " + copy + " by " + id);
        cluster.checks.look();
        agent.insist(new Command.MarkResumed(id, 0), _ -> {});
    }

    /** Its processes are gone after the commit: the source's copy is rubbish, and the keeper sees to the rest. */
    void failed(MoveRecord move) {
        agent.insist(new Command.MarkResumed(move.id(), 0), _ -> {});
    }

    void finish(MoveId id) {
        agent.insist(new Command.FinishMove(id, Collections.emptySortedMap(), 0), _ -> {});
    }
}
