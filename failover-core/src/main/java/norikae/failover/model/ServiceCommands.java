package norikae.failover.model;

import java.util.Set;
import norikae.failover.model.Outcome.Accepted;
import norikae.failover.model.Outcome.Refusal;

/** Services as their owners tell of them. Used once and by one thread. */
final class ServiceCommands {

    private final Draft draft;

    ServiceCommands(Draft draft) {
        this.draft = draft;
    }

    Outcome defineService(Command.DefineService c) {
        ServiceSpec spec = c.spec();
        NodeRecord owner = draft.nodes.get(c.owner());
        if (owner == null) {
            return Draft.refused(Refusal.UNKNOWN_NODE, draft.unknownNode(c.owner()));
        }
        if (owner.witness()) {
            return Draft.refused(Refusal.NOT_ALLOWED, Refusals.witnessRunsNothing(owner.id()));
        }
        if (draft.services.containsKey(spec.name())) {
            return Draft.refused(
                    Refusal.ALREADY_EXISTS,
                    "service " + spec.name() + " exists already on node "
                            + draft.services.get(spec.name()).owner() + ": stop it first, or choose another name");
        }
        for (ServiceRecord other : draft.services.values()) {
            if (other.spec().address().ip().equals(spec.address().ip())) {
                return Draft.refused(
                        Refusal.ADDRESS_IN_USE,
                        "address " + spec.address().ip() + " belongs to service "
                                + other.spec().name() + ": choose another address");
            }
        }
        for (NodeRecord node : draft.nodes.values()) {
            if (node.address().equals(spec.address().ip())) {
                return Draft.refused(
                        Refusal.ADDRESS_IN_USE,
                        "address " + spec.address().ip() + " belongs to node " + node.id()
                                + ": choose another address");
            }
        }
        Outcome hindrance = new VolumeCommands(draft).hindrance(spec, c.owner());
        if (hindrance != null) {
            return hindrance;
        }
        Epoch first = new Epoch(draft.retiredEpoch + 1);
        draft.services.put(
                spec.name(),
                new ServiceRecord(spec, c.owner(), first, ServiceRecord.Phase.STARTING, takeBasePid(), ""));
        draft.event(c, "service-defined", spec.name().value(), "service " + spec.name() + " placed on " + c.owner());
        return new Accepted(first);
    }

    Outcome reportService(Command.ReportService c) {
        ServiceRecord service = draft.services.get(c.service());
        if (service == null) {
            return Draft.refused(Refusal.UNKNOWN_SERVICE, draft.unknownService(c.service()));
        }
        if (!service.owner().equals(c.owner()) || !service.epoch().equals(c.epoch())) {
            return Draft.refused(
                    Refusal.STALE_EPOCH,
                    "service " + c.service() + " belongs to node " + service.owner() + " under epoch " + service.epoch()
                            + "; the report came from " + c.owner() + " under epoch " + c.epoch());
        }
        if (service.phase() == ServiceRecord.Phase.LOST) {
            return Draft.refused(
                    Refusal.STALE_EPOCH,
                    "service " + c.service() + " was given up under epoch " + c.epoch() + ": " + service.detail());
        }
        abortMoveOf(c);
        if (service.phase() != c.phase()) {
            draft.services.put(c.service(), reported(service, c));
            draft.event(
                    c,
                    "service-" + c.phase().name().toLowerCase(java.util.Locale.ROOT),
                    c.service().value(),
                    "service " + c.service() + " on " + c.owner() + ": " + c.detail());
        } else if (c.phase() == ServiceRecord.Phase.RUNNING && service.tried() != null) {
            draft.services.put(c.service(), service.runningWell()); // told again after it has run for a while
        }
        return new Accepted(service.epoch());
    }

    /** What the source of a move has frozen is not what it starts again now: the one must never run beside the other. */
    private void abortMoveOf(Command.ReportService c) {
        boolean runs = c.phase() == ServiceRecord.Phase.RUNNING;
        MoveRecord move = draft.inFlight(c.service());
        if (!runs && move != null && move.phase() == MoveRecord.Phase.PREPARING) {
            String reason = "service " + c.service() + " ended on " + c.owner() + " meanwhile";
            draft.moves.put(move.id(), move.with(MoveRecord.Phase.ABORTED, reason));
            draft.event(c, "move-aborted", c.service().value(), reason);
        }
    }

    /** A failed start elsewhere is not the end while there are nodes that have not tried. */
    private ServiceRecord reported(ServiceRecord service, Command.ReportService c) {
        if (service.phase() != ServiceRecord.Phase.PLACED || c.phase() != ServiceRecord.Phase.FAILED) {
            return service.with(c.phase(), c.detail());
        }
        ServiceRecord again = service.lost(c.detail(), Set.of(c.owner()));
        boolean anyLeft = again.spec().policyOrDefault().failover()
                && draft.nodes.values().stream().anyMatch(n -> !n.witness() && !again.hasTried(n.id()));
        return anyLeft ? again : service.with(c.phase(), c.detail());
    }

    Outcome removeService(Command.RemoveService c) {
        ServiceRecord service = draft.services.get(c.service());
        if (service == null) {
            return Draft.accepted(); // asked again after a lost answer
        }
        if (!service.epoch().equals(c.epoch())) {
            return Draft.refused(
                    Refusal.STALE_EPOCH,
                    "service " + c.service() + " is under epoch " + service.epoch() + ", not " + c.epoch()
                            + ": it moved meanwhile; ask again");
        }
        MoveRecord move = draft.inFlight(c.service());
        if (move != null) {
            return Draft.refused(Refusal.MOVE_IN_FLIGHT, Refusals.alreadyMoving(move));
        }
        draft.services.remove(c.service());
        draft.retiredEpoch = Math.max(draft.retiredEpoch, service.epoch().value());
        for (MoveRecord of : draft.moves.values()) {
            if (of.service().equals(c.service())) {
                draft.retiredEpoch = Math.max(draft.retiredEpoch, of.epoch().value());
            }
        }
        draft.moves.values().removeIf(m -> m.service().equals(c.service()));
        draft.event(c, "service-removed", c.service().value(), "service " + c.service() + " stopped and forgotten");
        return Draft.accepted();
    }

    private int takeBasePid() {
        int candidate = draft.nextBasePid;
        while (isTaken(candidate)) {
            candidate = afterBasePid(candidate);
        }
        draft.nextBasePid = afterBasePid(candidate);
        return candidate;
    }

    private boolean isTaken(int basePid) {
        return draft.services.values().stream().anyMatch(s -> s.basePid() == basePid);
    }

    private static int afterBasePid(int basePid) {
        int next = basePid + ClusterState.BASE_PID_STEP;
        return next > ClusterState.BASE_PID_LAST ? ClusterState.BASE_PID_FIRST : next;
    }
}
