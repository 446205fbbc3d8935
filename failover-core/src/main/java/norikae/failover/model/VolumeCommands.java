package norikae.failover.model;

import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import norikae.failover.model.Outcome.Accepted;
import norikae.failover.model.Outcome.Refusal;
import org.jspecify.annotations.Nullable;

/** Who may write which volume, and which copies may follow. Used once and by one thread. */
final class VolumeCommands {

    private final Draft draft;

    VolumeCommands(Draft draft) {
        this.draft = draft;
    }

    Outcome createVolume(Command.CreateVolume c) {
        Volume same = draft.volumes.get(c.volume());
        if (same != null) {
            return same.id().equals(c.id())
                    ? new Accepted(same.epoch())
                    : Draft.refused(
                            Refusal.ALREADY_EXISTS,
                            "volume " + c.volume() + " exists already: remove it first, or choose another name");
        }
        for (NodeId node : c.copies().keySet()) {
            NodeRecord record = draft.nodes.get(node);
            if (record == null) {
                return Draft.refused(Refusal.UNKNOWN_NODE, draft.unknownNode(node));
            }
            if (record.witness()) {
                return Draft.refused(
                        Refusal.NOT_ALLOWED, "node " + node + " is a witness, and holds no volumes: name another node");
            }
        }
        Map<NodeId, String> shared = c.sharedOrNone();
        if (!c.copies().keySet().containsAll(shared.keySet())) {
            return Draft.refused(
                    Refusal.NOT_ALLOWED,
                    "volume " + c.volume() + " has shared copies on " + shared.keySet() + ", but its copies are on "
                            + c.copies().keySet() + ": name those nodes among them");
        }
        SortedMap<NodeId, VolumeCopy> copies = new TreeMap<>();
        Epoch first = new Epoch(draft.retiredEpoch + 1);
        try {
            c.copies()
                    .forEach((node, mode) -> copies.put(
                            node,
                            new VolumeCopy(
                                    mode,
                                    node.equals(c.primary()) ? VolumeCopy.Standing.IN_SYNC : VolumeCopy.Standing.BEHIND,
                                    0,
                                    node.equals(c.primary()) ? "" : "not written yet",
                                    shared.get(node))));
            draft.volumes.put(
                    c.volume(),
                    new Volume(c.volume(), c.id(), c.bytes(), c.primary(), first, copies, null, null, c.mirror()));
        } catch (IllegalArgumentException e) {
            return Draft.refused(Refusal.NOT_ALLOWED, String.valueOf(e.getMessage()));
        }
        draft.event(
                c,
                "volume-created",
                c.volume().value(),
                "volume " + c.volume() + " of " + c.bytes() + " bytes on " + copies.keySet() + ", written by "
                        + c.primary());
        return new Accepted(first);
    }

    /** The primary tells that a copy has caught up, or asks to go on without one. */
    Outcome reportCopy(Command.ReportCopy c) {
        Volume volume = draft.volumes.get(c.volume());
        if (volume == null) {
            return unknown(c.volume());
        }
        if (!volume.epoch().equals(c.epoch())) {
            return stale(volume, c.epoch());
        }
        VolumeCopy copy = volume.copyOn(c.node());
        if (volume.idles()) {
            return Draft.refused(
                    Refusal.NOT_ALLOWED,
                    "volume " + c.volume() + " is idle: nobody writes it, nor tells of its copies");
        }
        if (copy == null || volume.isOneCopy(c.node(), volume.primary())) {
            return Draft.refused(
                    Refusal.NOT_ALLOWED,
                    "node " + c.node() + " holds no replica of volume " + c.volume() + ": its copies are on "
                            + volume.copies().keySet() + ", and " + volume.primary() + " writes it");
        }
        if (c.standing() == VolumeCopy.Standing.IN_SYNC && copy.mode() == ReplicationMode.ASYNC) {
            return Draft.refused(
                    Refusal.NOT_ALLOWED,
                    "the copy of volume " + c.volume() + " on " + c.node() + " is asynchronous: nobody waits for it");
        }
        if (c.report() == copy.report() && c.standing() == copy.standing()) {
            return new Accepted(volume.epoch()); // asked again after a lost answer
        }
        if (c.report() <= copy.report()) {
            return Draft.refused(
                    Refusal.STALE_REPORT,
                    "report " + c.report() + " of the copy of volume " + c.volume() + " on " + c.node()
                            + " is older than " + copy.report() + ", which is known");
        }
        boolean inSync = c.standing() == VolumeCopy.Standing.IN_SYNC;
        draft.volumes.put(
                c.volume(), volume.withCopy(c.node(), copy.with(c.standing(), c.report(), inSync ? "" : c.detail())));
        if (copy.standing() != c.standing()) {
            draft.event(
                    c,
                    inSync ? "volume-in-sync" : "volume-behind",
                    c.volume().value(),
                    "volume " + c.volume() + ": the copy on " + c.node()
                            + (inSync ? " has every write again" : " is left behind")
                            + (c.detail().isEmpty() ? "" : ": " + c.detail()));
        }
        return new Accepted(volume.epoch());
    }

    Outcome promoteVolume(Command.PromoteVolume c) {
        Volume volume = draft.volumes.get(c.volume());
        if (volume == null) {
            return unknown(c.volume());
        }
        if (!volume.epoch().equals(c.epoch())) {
            return stale(volume, c.epoch());
        }
        boolean goesOn = c.to().equals(volume.primary());
        Outcome inUse =
                goesOn ? null : inUse(c.volume(), "goes where service %s goes: move that, fail it over, or stop it");
        if (inUse != null) {
            return inUse;
        }
        if (volume.copyOn(c.to()) == null) {
            return Draft.refused(
                    Refusal.NOT_ALLOWED,
                    "node " + c.to() + " holds no copy of volume " + c.volume() + ": name one of "
                            + volume.copies().keySet());
        }
        NodeHealth health = draft.health.get(volume.primary());
        boolean stopped = volume.idles() || (health != null && health.phase() == NodeHealth.Phase.FENCED);
        if (!stopped && !c.handedOver()) {
            return Draft.refused(
                    Refusal.NOT_ALLOWED,
                    "node " + volume.primary() + " writes volume " + c.volume()
                            + ", and nothing proves that it has stopped: let it hand the volume over, or fence it");
        }
        boolean complete = c.handedOver()
                && c.complete() != null
                && c.complete().stream().anyMatch(node -> volume.isOneCopy(node, c.to()));
        boolean whole = volume.isWholeOn(c.to()) || complete;
        if (!whole && !c.losesWrites()) {
            return Draft.refused(
                    Refusal.NOT_ALLOWED,
                    "the copy of volume " + c.volume() + " on " + c.to()
                            + " lacks acknowledged writes, and they would be lost: bring one of the others back, or say that"
                            + " they may be");
        }
        Volume next =
                whole ? volume.writtenBy(c.to()) : volume.writtenBy(c.to()).withLoss();
        draft.volumes.put(c.volume(), next);
        draft.event(
                c,
                "volume-promoted",
                c.volume().value(),
                "volume " + c.volume() + " is written by " + c.to() + " under epoch " + next.epoch()
                        + (whole ? "" : "; acknowledged writes that this copy lacked are lost"));
        return new Accepted(next.epoch());
    }

    Outcome demoteVolume(Command.DemoteVolume c) {
        Volume volume = draft.volumes.get(c.volume());
        if (volume == null) {
            return unknown(c.volume());
        }
        if (!volume.epoch().equals(c.epoch())) {
            return stale(volume, c.epoch());
        }
        Outcome inUse =
                inUse(c.volume(), "is in use by service %s: stop that first, and nobody writes the volume then");
        if (inUse != null) {
            return inUse;
        }
        if (volume.idles()) {
            return new Accepted(volume.epoch());
        }
        Volume next = volume.atRest(c.complete());
        draft.volumes.put(c.volume(), next);
        draft.event(
                c,
                "volume-demoted",
                c.volume().value(),
                "volume " + c.volume() + " is written by nobody under epoch " + next.epoch() + "; whole on "
                        + next.copies().keySet().stream()
                                .filter(next::isWholeOn)
                                .toList());
        return new Accepted(next.epoch());
    }

    Outcome resizeVolume(Command.ResizeVolume c) {
        Volume volume = draft.volumes.get(c.volume());
        if (volume == null) {
            return unknown(c.volume());
        }
        if (!volume.epoch().equals(c.epoch())) {
            return stale(volume, c.epoch());
        }
        Outcome inUse = inUse(c.volume(), "is in use by service %s: stop that, resize the volume, and start it again");
        if (inUse != null) {
            return inUse;
        }
        if (c.bytes() == volume.bytes()) {
            return new Accepted(volume.epoch());
        }
        if (c.bytes() < volume.bytes()) {
            return Draft.refused(
                    Refusal.NOT_ALLOWED,
                    "volume " + c.volume() + " has " + volume.bytes() + " bytes, and volumes only grow, so not to "
                            + c.bytes() + ": create a smaller one and copy what you need");
        }
        Volume next;
        try {
            next = volume.grownTo(c.bytes());
        } catch (IllegalArgumentException e) {
            return Draft.refused(Refusal.NOT_ALLOWED, String.valueOf(e.getMessage()));
        }
        draft.volumes.put(c.volume(), next);
        draft.event(
                c,
                "volume-resized",
                c.volume().value(),
                "volume " + c.volume() + " grows from " + volume.bytes() + " to " + next.bytes() + " bytes under epoch "
                        + next.epoch());
        return new Accepted(next.epoch());
    }

    Outcome removeVolume(Command.RemoveVolume c) {
        Volume volume = draft.volumes.get(c.volume());
        if (volume == null) {
            return Draft.accepted(); // asked again after a lost answer
        }
        if (!volume.epoch().equals(c.epoch())) {
            return stale(volume, c.epoch());
        }
        Outcome inUse = inUse(c.volume(), "is in use by service %s: stop that first");
        if (inUse != null) {
            return inUse;
        }
        draft.volumes.remove(c.volume());
        draft.retiredEpoch = Math.max(draft.retiredEpoch, volume.epoch().value());
        draft.event(c, "volume-removed", c.volume().value(), "volume " + c.volume() + " is forgotten");
        return Draft.accepted();
    }

    // ---- as parts of services

    /** Why a new service cannot have its volumes on {@code owner}; {@code null} if it can. */
    @Nullable
    Outcome hindrance(ServiceSpec spec, NodeId owner) {
        for (VolumeMount mount : spec.volumesOrNone()) {
            Volume volume = draft.volumes.get(mount.volume());
            if (volume == null) {
                return unknown(mount.volume());
            }
            Optional<ServiceRecord> user = user(mount.volume());
            if (user.isPresent()) {
                return Draft.refused(
                        Refusal.ALREADY_EXISTS,
                        "volume " + mount.volume() + " is in use by service "
                                + user.get().spec().name());
            }
            if (volume.idles()) {
                return Draft.refused(
                        Refusal.NOT_ALLOWED,
                        "volume " + mount.volume() + " is idle, and nobody may write it: promote its copy on " + owner
                                + " first");
            }
            if (!volume.primary().equals(owner)) {
                return Draft.refused(
                        Refusal.NOT_ALLOWED,
                        "volume " + mount.volume() + " is written by node " + volume.primary() + ", not by " + owner
                                + ": run the service there, or promote the volume");
            }
        }
        return null;
    }

    /** Why the volumes of {@code service} cannot follow it to {@code to}; {@code null} if they can. */
    @Nullable
    Outcome hindranceToFollow(ServiceRecord service, NodeId to) {
        for (VolumeMount mount : service.spec().volumesOrNone()) {
            Volume volume = draft.volumes.get(mount.volume());
            if (volume == null || !volume.isWholeOn(to)) {
                return Draft.refused(
                        Refusal.NOT_ALLOWED,
                        "node " + to + " has no copy of volume " + mount.volume()
                                + " with every acknowledged write, which service "
                                + service.spec().name() + " needs: wait for its resync, or choose another node");
            }
        }
        return null;
    }

    /**
     * Why a running service cannot take its volumes along to {@code to}; {@code null} if it can. A move reads the volume on the
     * target before that may write it, and a copy that both nodes share is open on the source until then.
     */
    @Nullable
    Outcome hindranceToMove(ServiceRecord service, NodeId to) {
        for (VolumeMount mount : service.spec().volumesOrNone()) {
            Volume volume = draft.volumes.get(mount.volume());
            if (volume != null && volume.sharesWithPrimary(to)) {
                return Draft.refused(
                        Refusal.NOT_ALLOWED,
                        "volume " + mount.volume() + " of service "
                                + service.spec().name() + " lies on a storage that " + volume.primary() + " and " + to
                                + " share, and a running service cannot be moved within it: stop the service, 'norikae volume"
                                + " promote " + mount.volume() + " --to " + to + "', and run it there");
            }
        }
        return hindranceToFollow(service, to);
    }

    /** The volumes of a service get its new owner as their primary, in the same entry of the log. */
    void follow(ServiceRecord service, NodeId to) {
        for (VolumeMount mount : service.spec().volumesOrNone()) {
            draft.volumes.computeIfPresent(mount.volume(), (name, volume) -> volume.writtenBy(to));
        }
    }

    /** A refusal that says so with the service's name in it; {@code null} if no service uses the volume. */
    private @Nullable Outcome inUse(VolumeName volume, String words) {
        return user(volume)
                .map(user -> Draft.refused(
                        Refusal.NOT_ALLOWED,
                        "volume " + volume + " " + words.formatted(user.spec().name())))
                .orElse(null);
    }

    private Optional<ServiceRecord> user(VolumeName volume) {
        return draft.services.values().stream()
                .filter(s -> s.spec().volumesOrNone().stream()
                        .anyMatch(m -> m.volume().equals(volume)))
                .findFirst();
    }

    private Outcome unknown(VolumeName name) {
        return Draft.refused(
                Refusal.UNKNOWN_VOLUME,
                "there is no volume " + name + " in this cluster: it has " + draft.volumes.keySet());
    }

    private static Outcome stale(Volume volume, Epoch epoch) {
        String writer = volume.idles() ? "nobody" : volume.primary().value();
        return Draft.refused(
                Refusal.STALE_EPOCH,
                "volume " + volume.name() + " is written by " + writer + " under epoch " + volume.epoch() + ", not "
                        + epoch);
    }
}
