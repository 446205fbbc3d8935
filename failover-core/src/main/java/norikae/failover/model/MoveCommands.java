package norikae.failover.model;

import java.util.Set;
import java.util.function.UnaryOperator;
import norikae.failover.model.Outcome.Accepted;
import norikae.failover.model.Outcome.Refusal;

/** The log's part of a move: see {@code docs/protocol.md} for the table. Used once and by one thread. */
final class MoveCommands {

    private final Draft draft;

    MoveCommands(Draft draft) {
        this.draft = draft;
    }

    Outcome beginMove(Command.BeginMove c) {
        MoveRecord same = draft.moves.get(c.id());
        if (same != null) {
            return same.phase() == MoveRecord.Phase.PREPARING
                    ? new Accepted(same.epoch())
                    : Draft.refused(Refusal.ALREADY_ENDED, "move " + c.id() + " is already " + same.phase());
        }
        ServiceRecord service = draft.services.get(c.service());
        if (service == null) {
            return Draft.refused(Refusal.UNKNOWN_SERVICE, draft.unknownService(c.service()));
        }
        NodeRecord target = draft.nodes.get(c.to());
        if (target == null) {
            return Draft.refused(Refusal.UNKNOWN_NODE, draft.unknownNode(c.to()));
        }
        if (target.witness()) {
            return Draft.refused(Refusal.NOT_ALLOWED, Refusals.witnessRunsNothing(c.to()));
        }
        if (!service.owner().equals(c.from())) {
            return Draft.refused(
                    Refusal.STALE_EPOCH,
                    "service " + c.service() + " is on node " + service.owner() + ", not on " + c.from()
                            + ": ask again");
        }
        if (c.to().equals(c.from())) {
            return Draft.refused(
                    Refusal.NOT_ALLOWED,
                    "service " + c.service() + " is on node " + c.to() + " already: name another node");
        }
        if (service.phase() != ServiceRecord.Phase.RUNNING) {
            return Draft.refused(
                    Refusal.NOT_ALLOWED,
                    "service " + c.service() + " is " + service.phase() + ", and only a RUNNING one can move");
        }
        MoveRecord other = draft.inFlight(c.service());
        if (other != null) {
            return Draft.refused(Refusal.MOVE_IN_FLIGHT, Refusals.alreadyMoving(other));
        }
        Outcome hindrance = new VolumeCommands(draft).hindranceToMove(service, c.to());
        if (hindrance != null) {
            return hindrance;
        }
        draft.moves.values().removeIf(m -> m.service().equals(c.service())); // only the last one of a service is kept
        Epoch reserved = service.epoch().next();
        draft.moves.put(
                c.id(),
                new MoveRecord(
                        c.id(), c.service(), c.from(), c.to(), reserved, MoveRecord.Phase.PREPARING, "", c.atMillis()));
        draft.event(
                c, "move-begun", c.service().value(), "moving " + c.service() + " from " + c.from() + " to " + c.to());
        return new Accepted(reserved);
    }

    Outcome commitMove(Command.CommitMove c) {
        MoveRecord move = draft.moves.get(c.id());
        if (move == null) {
            return Draft.refused(Refusal.UNKNOWN_MOVE, Refusals.unknownMove(c.id()));
        }
        return switch (move.phase()) {
            case COMMITTED, RESUMED, CLEANED -> new Accepted(move.epoch());
            case ABORTED, REVERTED ->
                Draft.refused(Refusal.ALREADY_ENDED, "move " + c.id() + " was " + move.phase() + ": " + move.reason());
            case PREPARING -> {
                ServiceRecord service = draft.services.get(move.service());
                if (service == null || !service.owner().equals(move.from())) {
                    yield Draft.refused(
                            Refusal.STALE_EPOCH, "service " + move.service() + " no longer belongs to " + move.from());
                }
                VolumeCommands volumes = new VolumeCommands(draft);
                Outcome hindrance = volumes.hindranceToFollow(service, move.to());
                if (hindrance != null) {
                    yield hindrance;
                }
                volumes.follow(service, move.to());
                draft.services.put(move.service(), service.ownedBy(move.to(), move.epoch()));
                draft.moves.put(move.id(), move.with(MoveRecord.Phase.COMMITTED, ""));
                draft.event(
                        c,
                        "move-committed",
                        move.service().value(),
                        move.service() + " belongs to " + move.to() + " under epoch " + move.epoch());
                yield new Accepted(move.epoch());
            }
        };
    }

    Outcome abortMove(Command.AbortMove c) {
        MoveRecord move = draft.moves.get(c.id());
        if (move == null) {
            return Draft.accepted(); // never begun, or forgotten long after it ended: it cannot commit any more
        }
        return switch (move.phase()) {
            case ABORTED, REVERTED -> Draft.accepted();
            case COMMITTED, RESUMED, CLEANED ->
                Draft.refused(
                        Refusal.ALREADY_COMMITTED,
                        "move " + c.id() + " is committed: " + move.service() + " belongs to " + move.to());
            case PREPARING -> {
                draft.moves.put(move.id(), move.with(MoveRecord.Phase.ABORTED, c.reason()));
                draft.event(
                        c,
                        "move-aborted",
                        move.service().value(),
                        move.service() + " stays on " + move.from() + ": " + c.reason());
                yield Draft.accepted();
            }
        };
    }

    Outcome markResumed(Command.MarkResumed c) {
        return advance(c.id(), MoveRecord.Phase.COMMITTED, MoveRecord.Phase.RESUMED, m -> {
            draft.event(c, "move-resumed", m.service().value(), m.service() + " runs on " + m.to());
            boolean nothingToClean = Boolean.TRUE.equals(m.sourceGone());
            return m.with(nothingToClean ? MoveRecord.Phase.CLEANED : MoveRecord.Phase.RESUMED, "");
        });
    }

    Outcome finishMove(Command.FinishMove c) {
        return advance(c.id(), MoveRecord.Phase.RESUMED, MoveRecord.Phase.CLEANED, m -> {
            draft.event(
                    c,
                    "move-finished",
                    m.service().value(),
                    "moved " + m.service() + " from " + m.from() + " to " + m.to(),
                    c.details());
            return m.with(MoveRecord.Phase.CLEANED, "");
        });
    }

    Outcome revertMove(Command.RevertMove c) {
        MoveRecord move = draft.moves.get(c.id());
        if (move == null) {
            return Draft.refused(Refusal.UNKNOWN_MOVE, Refusals.unknownMove(c.id()));
        }
        return switch (move.phase()) {
            case REVERTED -> Draft.accepted();
            case PREPARING, ABORTED ->
                Draft.refused(
                        Refusal.NOT_ALLOWED, "move " + c.id() + " is " + move.phase() + ": there is nothing to revert");
            case RESUMED, CLEANED ->
                Draft.refused(Refusal.ALREADY_COMMITTED, "move " + c.id() + " has resumed on " + move.to());
            case COMMITTED -> {
                ServiceRecord service = draft.services.get(move.service());
                if (service == null || !service.epoch().equals(move.epoch())) {
                    yield Draft.refused(
                            Refusal.STALE_EPOCH, "service " + move.service() + " has gone on since move " + c.id());
                }
                Epoch higher = move.epoch().next();
                ServiceRecord back = service.ownedBy(move.from(), higher);
                new VolumeCommands(draft).follow(service, move.from()); // nothing was acknowledged since the commit
                boolean sourceGone = Boolean.TRUE.equals(move.sourceGone());
                draft.services.put(
                        move.service(), sourceGone ? back.lost("both ends of its move are gone", Set.of()) : back);
                draft.moves.put(move.id(), move.with(MoveRecord.Phase.REVERTED, c.proof()));
                draft.event(
                        c,
                        "move-reverted",
                        move.service().value(),
                        move.service() + " goes back to " + move.from() + " under epoch " + higher + ": " + c.proof());
                yield new Accepted(higher);
            }
        };
    }

    private Outcome advance(MoveId id, MoveRecord.Phase from, MoveRecord.Phase to, UnaryOperator<MoveRecord> change) {
        MoveRecord move = draft.moves.get(id);
        if (move == null) {
            return Draft.refused(Refusal.UNKNOWN_MOVE, Refusals.unknownMove(id));
        }
        if (move.phase() == to || (to == MoveRecord.Phase.RESUMED && move.phase() == MoveRecord.Phase.CLEANED)) {
            return new Accepted(move.epoch());
        }
        if (move.phase() != from) {
            return Draft.refused(
                    Refusal.NOT_ALLOWED, "move " + id + " is " + move.phase() + " and cannot become " + to);
        }
        draft.moves.put(id, change.apply(move));
        return new Accepted(move.epoch());
    }
}
