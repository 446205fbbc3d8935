package norikae.failover.model;

import java.util.Map;
import java.util.Set;
import norikae.failover.model.Outcome.Accepted;
import norikae.failover.model.Outcome.Refusal;

/**
 * A lost server, from suspicion to the new start of its services. The rule that keeps a service from running twice: it is
 * placed anew only when it is {@link ServiceRecord.Phase#LOST}, and only a proof, or its owner's own word, makes it so.
 * Used once and by one thread.
 */
final class FailoverCommands {

    private final Draft draft;

    FailoverCommands(Draft draft) {
        this.draft = draft;
    }

    Outcome setFailover(Command.SetFailover c) {
        draft.failover = c.policy();
        draft.event(
                c,
                "failover-set",
                "cluster",
                c.policy().enabled() ? "failover is on: " + c.policy() : "failover is off");
        return Draft.accepted();
    }

    Outcome setMaintenance(Command.SetMaintenance c) {
        NodeHealth health = draft.health.get(c.node());
        if (health == null) {
            return Draft.refused(Refusal.UNKNOWN_NODE, draft.unknownNode(c.node()));
        }
        draft.health.put(
                c.node(),
                new NodeHealth(
                        health.boot(), health.phase(), health.by(), health.proof(), health.detail(), c.maintenance()));
        draft.event(
                c,
                c.maintenance() ? "maintenance-begun" : "maintenance-ended",
                c.node().value(),
                "node " + c.node() + (c.maintenance() ? " is in maintenance" : " is no longer in maintenance"));
        return Draft.accepted();
    }

    /** The node's own word that every process of its earlier lives is gone. */
    Outcome nodeUp(Command.NodeUp c) {
        if (!draft.nodes.containsKey(c.node())) {
            return Draft.refused(Refusal.UNKNOWN_NODE, draft.unknownNode(c.node()));
        }
        NodeHealth health = draft.health.get(c.node());
        if (health != null && health.boot() == c.boot()) {
            return health.phase() == NodeHealth.Phase.UP
                    ? Draft.accepted()
                    : Draft.refused(
                            Refusal.NOT_ALLOWED,
                            "node " + c.node() + " is " + health.phase()
                                    + " under this boot: it must stop its services and begin another one");
        }
        if (health != null && c.boot() < health.boot()) {
            return Draft.refused(
                    Refusal.STALE_EPOCH,
                    "node " + c.node() + " has come up since under boot " + health.boot() + ": boot " + c.boot()
                            + " is over");
        }
        boolean maintenance = health != null && health.maintenance();
        draft.health.put(c.node(), NodeHealth.up(c.boot(), maintenance));
        if (draft.failover.enabled() && health != null) {
            lose(c, c.node(), "node " + c.node() + " has come back without it");
        }
        draft.event(c, "node-up", c.node().value(), "node " + c.node() + " is up");
        return Draft.accepted();
    }

    Outcome beginFencing(Command.BeginFencing c) {
        NodeHealth health = draft.health.get(c.node());
        if (health == null || health.boot() != c.boot()) {
            return staleBoot(c.node());
        }
        if (health.phase() != NodeHealth.Phase.UP) {
            return Draft.accepted();
        }
        if (!draft.failover.enabled()) {
            return Draft.refused(Refusal.NOT_ALLOWED, "failover is off: turn it on with 'norikae failover on'");
        }
        draft.health.put(
                c.node(),
                new NodeHealth(c.boot(), NodeHealth.Phase.FENCING, c.by(), null, c.reason(), health.maintenance()));
        for (MoveRecord move : Set.copyOf(draft.moves.values())) {
            if (move.phase() == MoveRecord.Phase.PREPARING && move.to().equals(c.node())) {
                draft.moves.put(
                        move.id(), move.with(MoveRecord.Phase.ABORTED, "node " + c.node() + " is being fenced"));
            }
        }
        draft.event(c, "node-suspected", c.node().value(), "node " + c.node() + " is being fenced: " + c.reason());
        return Draft.accepted();
    }

    Outcome recordFenced(Command.RecordFenced c) {
        NodeHealth health = draft.health.get(c.node());
        if (health == null || health.boot() != c.boot()) {
            return staleBoot(c.node());
        }
        if (health.phase() == NodeHealth.Phase.FENCED) {
            return Draft.accepted();
        }
        if (health.phase() == NodeHealth.Phase.UP) {
            return Draft.refused(
                    Refusal.NOT_ALLOWED,
                    "node " + c.node() + " is trusted: a proof counts only after its fencing has begun");
        }
        draft.health.put(
                c.node(),
                new NodeHealth(c.boot(), NodeHealth.Phase.FENCED, c.by(), c.proof(), c.how(), health.maintenance()));
        draft.event(
                c,
                "node-fenced",
                c.node().value(),
                "node " + c.node() + " is stopped for certain: " + c.how(),
                Map.of("proof", c.proof().name(), "by", c.by(), "how", c.how()));
        lose(c, c.node(), "node " + c.node() + " was fenced");
        return Draft.accepted();
    }

    /** The owner's own word that it has stopped the service, and that another node shall run it. */
    Outcome releaseService(Command.ReleaseService c) {
        ServiceRecord service = draft.services.get(c.service());
        if (service == null) {
            return Draft.refused(Refusal.UNKNOWN_SERVICE, draft.unknownService(c.service()));
        }
        if (!service.owner().equals(c.owner()) || !service.epoch().equals(c.epoch())) {
            return Draft.refused(
                    Refusal.STALE_EPOCH,
                    "service " + c.service() + " belongs to node " + service.owner() + " under epoch " + service.epoch()
                            + ", not to " + c.owner() + " under epoch " + c.epoch());
        }
        MoveRecord move = draft.inFlight(c.service());
        if (move != null) {
            return Draft.refused(Refusal.MOVE_IN_FLIGHT, Refusals.alreadyMoving(move));
        }
        if (service.phase() != ServiceRecord.Phase.LOST) {
            ServiceRecord known = Boolean.TRUE.equals(c.anew()) ? service.runningWell() : service;
            draft.services.put(c.service(), known.lost(c.reason(), Set.of(c.owner())));
            draft.event(
                    c,
                    "service-released",
                    c.service().value(),
                    "service " + c.service() + " leaves " + c.owner() + ": " + c.reason());
        }
        return Draft.accepted();
    }

    Outcome takeOver(Command.TakeOver c) {
        ServiceRecord service = draft.services.get(c.service());
        if (service == null) {
            return Draft.refused(Refusal.UNKNOWN_SERVICE, draft.unknownService(c.service()));
        }
        if (!service.epoch().equals(c.epoch())) {
            return Draft.refused(
                    Refusal.STALE_EPOCH,
                    "service " + c.service() + " is under epoch " + service.epoch() + ", not " + c.epoch());
        }
        if (service.phase() != ServiceRecord.Phase.LOST) {
            return Draft.refused(
                    Refusal.NOT_ALLOWED,
                    "service " + c.service() + " is " + service.phase() + " on node " + service.owner()
                            + ", and nothing proves that it does not run there");
        }
        NodeRecord target = draft.nodes.get(c.to());
        if (target == null) {
            return Draft.refused(Refusal.UNKNOWN_NODE, draft.unknownNode(c.to()));
        }
        if (target.witness()) {
            return Draft.refused(Refusal.NOT_ALLOWED, Refusals.witnessRunsNothing(c.to()));
        }
        NodeHealth health = draft.health.get(c.to());
        if (health == null || health.phase() != NodeHealth.Phase.UP) {
            return Draft.refused(Refusal.NOT_ALLOWED, "node " + c.to() + " is not up: choose another one");
        }
        VolumeCommands volumes = new VolumeCommands(draft);
        Outcome hindrance = volumes.hindranceToFollow(service, c.to());
        if (hindrance != null) {
            return hindrance;
        }
        volumes.follow(service, c.to());
        Epoch higher = service.epoch().next();
        draft.services.put(c.service(), service.placed(c.to(), higher, c.reason()));
        draft.event(
                c,
                "service-placed",
                c.service().value(),
                "service " + c.service() + " goes to " + c.to() + " under epoch " + higher + ": " + c.reason());
        return new Accepted(higher);
    }

    /** Nothing of {@code node} runs any more: what it owned can be placed anew, and no move can count on it. */
    private void lose(Command c, NodeId node, String reason) {
        for (MoveRecord move : Set.copyOf(draft.moves.values())) {
            if (!move.phase().ended() && (move.from().equals(node) || move.to().equals(node))) {
                draft.moves.put(move.id(), withoutNode(move, node, reason));
            }
        }
        for (ServiceRecord service : Set.copyOf(draft.services.values())) {
            boolean failedBefore =
                    service.phase() == ServiceRecord.Phase.FAILED; // by itself; starting again would not help
            if (service.owner().equals(node) && !failedBefore) {
                draft.services.put(service.spec().name(), service.lostWithItsNode(reason));
                draft.event(
                        c,
                        "service-lost",
                        service.spec().name().value(),
                        "service " + service.spec().name() + " does not run: " + reason);
            }
        }
    }

    /** What becomes of a move in flight when one of its ends is gone for certain. */
    private static MoveRecord withoutNode(MoveRecord move, NodeId node, String reason) {
        boolean toIsGone = move.to().equals(node);
        boolean sourceMayBeThere = toIsGone && !Boolean.TRUE.equals(move.sourceGone());
        return switch (move.phase()) {
            case PREPARING -> move.with(MoveRecord.Phase.ABORTED, reason);
            // The target may have let it run and answered: the source's copy is old, and must never wake. While it may
            // be
            // there the move must not end, because an ended one is forgotten, and a copy of a forgotten move thaws.
            case COMMITTED ->
                sourceMayBeThere
                        ? move.with(MoveRecord.Phase.RESUMED, reason)
                        : toIsGone ? move.with(MoveRecord.Phase.CLEANED, reason) : move.withoutSource();
            case RESUMED -> sourceMayBeThere ? move : move.with(MoveRecord.Phase.CLEANED, reason);
            case CLEANED, ABORTED, REVERTED -> move;
        };
    }

    private Outcome staleBoot(NodeId node) {
        if (!draft.nodes.containsKey(node)) {
            return Draft.refused(Refusal.UNKNOWN_NODE, draft.unknownNode(node));
        }
        return Draft.refused(
                Refusal.STALE_EPOCH, "node " + node + " has come up since: what is known of its last boot is old");
    }
}
