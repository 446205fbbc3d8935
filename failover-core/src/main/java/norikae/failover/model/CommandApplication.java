package norikae.failover.model;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import norikae.failover.model.ClusterState.Applied;
import norikae.failover.model.Outcome.Accepted;
import norikae.failover.model.Outcome.Refusal;
import norikae.failover.model.Outcome.Refused;
import org.jspecify.annotations.Nullable;

/**
 * One command on its way into a {@link ClusterState}. Used once and by one thread.
 *
 * <p>Every rule that keeps a service from running twice is one of the refusals below; commands that have already had
 * their effect are accepted again, because a submitter that lost the answer must be able to ask again.
 */
final class CommandApplication {

    private final ClusterState old;
    private final SortedMap<NodeId, NodeRecord> nodes;
    private final SortedMap<ServiceName, ServiceRecord> services;
    private final SortedMap<MoveId, MoveRecord> moves;
    private final SortedMap<String, JoinToken> tokens;
    private final List<ClusterEvent> events;
    private long eventSequence;
    private int nextBasePid;

    CommandApplication(ClusterState old) {
        this.old = old;
        this.nodes = new TreeMap<>(old.nodes());
        this.services = new TreeMap<>(old.services());
        this.moves = new TreeMap<>(old.moves());
        this.tokens = new TreeMap<>(old.tokens());
        this.events = new ArrayList<>(old.events());
        this.eventSequence = old.eventSequence();
        this.nextBasePid = old.nextBasePid();
    }

    Applied apply(Command command) {
        Outcome outcome =
                switch (command) {
                    case Command.AddNode c -> addNode(c);
                    case Command.RemoveNode c -> removeNode(c);
                    case Command.IssueToken c -> issueToken(c);
                    case Command.SpendToken c -> spendToken(c);
                    case Command.DefineService c -> defineService(c);
                    case Command.ReportService c -> reportService(c);
                    case Command.RemoveService c -> removeService(c);
                    case Command.BeginMove c -> beginMove(c);
                    case Command.CommitMove c -> commitMove(c);
                    case Command.AbortMove c -> abortMove(c);
                    case Command.MarkResumed c -> markResumed(c);
                    case Command.RevertMove c -> revertMove(c);
                    case Command.FinishMove c -> finishMove(c);
                    case Command.RecordEvent c -> recordEvent(c);
                };
        return switch (outcome) {
            case Accepted accepted ->
                new Applied(
                        new ClusterState(nodes, services, moves, tokens, events, eventSequence, nextBasePid), accepted);
            case Refused refused -> new Applied(old, refused);
        };
    }

    private Outcome addNode(Command.AddNode c) {
        NodeRecord known = nodes.get(c.node().id());
        if (c.node().equals(known)) {
            return accepted();
        }
        for (NodeRecord other : nodes.values()) {
            if (!other.id().equals(c.node().id())
                    && other.address().equals(c.node().address())) {
                return refused(
                        Refusal.ADDRESS_IN_USE,
                        "address " + c.node().address() + " belongs to node " + other.id() + ": give node "
                                + c.node().id() + " another one");
            }
        }
        if (known != null && c.node().witness() && ownsServices(known.id())) {
            return refused(Refusal.NODE_BUSY, "node " + known.id() + " owns services and cannot become a witness");
        }
        if (known != null && c.node().witness()) {
            MoveRecord move = mayEndAt(known.id());
            if (move != null) {
                return refused(Refusal.NODE_BUSY, busyWith(known.id(), move));
            }
        }
        nodes.put(c.node().id(), c.node());
        event(
                c,
                "node-joined",
                c.node().id().value(),
                (c.node().witness() ? "witness " : "node ") + c.node().id() + " joined at "
                        + c.node().address());
        return accepted();
    }

    private Outcome removeNode(Command.RemoveNode c) {
        if (!nodes.containsKey(c.node())) {
            return refused(Refusal.UNKNOWN_NODE, unknownNode(c.node()));
        }
        if (ownsServices(c.node())) {
            return refused(
                    Refusal.NODE_BUSY,
                    "node " + c.node() + " still owns services: run 'norikae drain " + c.node() + "'");
        }
        MoveRecord move = mayEndAt(c.node());
        if (move != null) {
            return refused(Refusal.NODE_BUSY, busyWith(c.node(), move));
        }
        nodes.remove(c.node());
        event(c, "node-left", c.node().value(), "node " + c.node() + " left");
        return accepted();
    }

    private Outcome issueToken(Command.IssueToken c) {
        tokens.values().removeIf(t -> t.expiresAtMillis() < c.atMillis());
        tokens.put(c.tokenId(), new JoinToken(c.tokenId(), c.expiresAtMillis(), false));
        return accepted();
    }

    private Outcome spendToken(Command.SpendToken c) {
        JoinToken token = tokens.get(c.tokenId());
        if (token == null) {
            return refused(
                    Refusal.UNKNOWN_TOKEN, "this join token is not known here: make one with 'norikae node token'");
        }
        if (token.used()) {
            return refused(
                    Refusal.NOT_ALLOWED, "this join token was used already: make another with 'norikae node token'");
        }
        if (token.expiresAtMillis() < c.atMillis()) {
            return refused(Refusal.NOT_ALLOWED, "this join token has expired: make another with 'norikae node token'");
        }
        tokens.put(c.tokenId(), token.spent());
        return accepted();
    }

    private Outcome defineService(Command.DefineService c) {
        ServiceSpec spec = c.spec();
        NodeRecord owner = nodes.get(c.owner());
        if (owner == null) {
            return refused(Refusal.UNKNOWN_NODE, unknownNode(c.owner()));
        }
        if (owner.witness()) {
            return refused(Refusal.NOT_ALLOWED, witnessRunsNothing(owner.id()));
        }
        if (services.containsKey(spec.name())) {
            return refused(
                    Refusal.ALREADY_EXISTS,
                    "service " + spec.name() + " exists already on node "
                            + services.get(spec.name()).owner() + ": stop it first, or choose another name");
        }
        for (ServiceRecord other : services.values()) {
            if (other.spec().address().ip().equals(spec.address().ip())) {
                return refused(
                        Refusal.ADDRESS_IN_USE,
                        "address " + spec.address().ip() + " belongs to service "
                                + other.spec().name() + ": choose another address");
            }
        }
        for (NodeRecord node : nodes.values()) {
            if (node.address().equals(spec.address().ip())) {
                return refused(
                        Refusal.ADDRESS_IN_USE,
                        "address " + spec.address().ip() + " belongs to node " + node.id()
                                + ": choose another address");
            }
        }
        services.put(
                spec.name(),
                new ServiceRecord(spec, c.owner(), Epoch.FIRST, ServiceRecord.Phase.STARTING, takeBasePid(), ""));
        event(c, "service-defined", spec.name().value(), "service " + spec.name() + " placed on " + c.owner());
        return new Accepted(Epoch.FIRST);
    }

    private Outcome reportService(Command.ReportService c) {
        ServiceRecord service = services.get(c.service());
        if (service == null) {
            return refused(Refusal.UNKNOWN_SERVICE, unknownService(c.service()));
        }
        if (!service.owner().equals(c.owner()) || !service.epoch().equals(c.epoch())) {
            return refused(
                    Refusal.STALE_EPOCH,
                    "service " + c.service() + " belongs to node " + service.owner() + " under epoch " + service.epoch()
                            + "; the report came from " + c.owner() + " under epoch " + c.epoch());
        }
        if (service.phase() != c.phase()) {
            services.put(c.service(), service.with(c.phase(), c.detail()));
            event(
                    c,
                    "service-" + c.phase().name().toLowerCase(java.util.Locale.ROOT),
                    c.service().value(),
                    "service " + c.service() + " on " + c.owner() + ": " + c.detail());
        }
        return new Accepted(service.epoch());
    }

    private Outcome removeService(Command.RemoveService c) {
        ServiceRecord service = services.get(c.service());
        if (service == null) {
            return accepted(); // asked again after a lost answer
        }
        if (!service.epoch().equals(c.epoch())) {
            return refused(
                    Refusal.STALE_EPOCH,
                    "service " + c.service() + " is under epoch " + service.epoch() + ", not " + c.epoch()
                            + ": it moved meanwhile; ask again");
        }
        MoveRecord move = inFlight(c.service());
        if (move != null) {
            return refused(Refusal.MOVE_IN_FLIGHT, alreadyMoving(move));
        }
        services.remove(c.service());
        moves.values().removeIf(m -> m.service().equals(c.service()));
        event(c, "service-removed", c.service().value(), "service " + c.service() + " stopped and forgotten");
        return accepted();
    }

    private Outcome beginMove(Command.BeginMove c) {
        MoveRecord same = moves.get(c.id());
        if (same != null) {
            return same.phase() == MoveRecord.Phase.PREPARING
                    ? new Accepted(same.epoch())
                    : refused(Refusal.ALREADY_ENDED, "move " + c.id() + " is already " + same.phase());
        }
        ServiceRecord service = services.get(c.service());
        if (service == null) {
            return refused(Refusal.UNKNOWN_SERVICE, unknownService(c.service()));
        }
        NodeRecord target = nodes.get(c.to());
        if (target == null) {
            return refused(Refusal.UNKNOWN_NODE, unknownNode(c.to()));
        }
        if (target.witness()) {
            return refused(Refusal.NOT_ALLOWED, witnessRunsNothing(c.to()));
        }
        if (!service.owner().equals(c.from())) {
            return refused(
                    Refusal.STALE_EPOCH,
                    "service " + c.service() + " is on node " + service.owner() + ", not on " + c.from()
                            + ": ask again");
        }
        if (c.to().equals(c.from())) {
            return refused(
                    Refusal.NOT_ALLOWED,
                    "service " + c.service() + " is on node " + c.to() + " already: name another node");
        }
        if (service.phase() != ServiceRecord.Phase.RUNNING) {
            return refused(
                    Refusal.NOT_ALLOWED,
                    "service " + c.service() + " is " + service.phase() + ", and only a RUNNING one can move");
        }
        MoveRecord other = inFlight(c.service());
        if (other != null) {
            return refused(Refusal.MOVE_IN_FLIGHT, alreadyMoving(other));
        }
        moves.values().removeIf(m -> m.service().equals(c.service())); // only the last one of a service is kept
        Epoch reserved = service.epoch().next();
        moves.put(
                c.id(),
                new MoveRecord(
                        c.id(), c.service(), c.from(), c.to(), reserved, MoveRecord.Phase.PREPARING, "", c.atMillis()));
        event(c, "move-begun", c.service().value(), "moving " + c.service() + " from " + c.from() + " to " + c.to());
        return new Accepted(reserved);
    }

    private Outcome commitMove(Command.CommitMove c) {
        MoveRecord move = moves.get(c.id());
        if (move == null) {
            return refused(Refusal.UNKNOWN_MOVE, unknownMove(c.id()));
        }
        return switch (move.phase()) {
            case COMMITTED, RESUMED, CLEANED -> new Accepted(move.epoch());
            case ABORTED, REVERTED ->
                refused(Refusal.ALREADY_ENDED, "move " + c.id() + " was " + move.phase() + ": " + move.reason());
            case PREPARING -> {
                ServiceRecord service = services.get(move.service());
                if (service == null || !service.owner().equals(move.from())) {
                    yield refused(
                            Refusal.STALE_EPOCH, "service " + move.service() + " no longer belongs to " + move.from());
                }
                services.put(move.service(), service.ownedBy(move.to(), move.epoch()));
                moves.put(move.id(), move.with(MoveRecord.Phase.COMMITTED, ""));
                event(
                        c,
                        "move-committed",
                        move.service().value(),
                        move.service() + " belongs to " + move.to() + " under epoch " + move.epoch());
                yield new Accepted(move.epoch());
            }
        };
    }

    private Outcome abortMove(Command.AbortMove c) {
        MoveRecord move = moves.get(c.id());
        if (move == null) {
            return accepted(); // never begun, or forgotten long after it ended: it cannot commit any more
        }
        return switch (move.phase()) {
            case ABORTED, REVERTED -> accepted();
            case COMMITTED, RESUMED, CLEANED ->
                refused(
                        Refusal.ALREADY_COMMITTED,
                        "move " + c.id() + " is committed: " + move.service() + " belongs to " + move.to());
            case PREPARING -> {
                moves.put(move.id(), move.with(MoveRecord.Phase.ABORTED, c.reason()));
                event(
                        c,
                        "move-aborted",
                        move.service().value(),
                        move.service() + " stays on " + move.from() + ": " + c.reason());
                yield accepted();
            }
        };
    }

    private Outcome markResumed(Command.MarkResumed c) {
        return advance(c.id(), MoveRecord.Phase.COMMITTED, MoveRecord.Phase.RESUMED, m -> {
            event(c, "move-resumed", m.service().value(), m.service() + " runs on " + m.to());
            return m.with(MoveRecord.Phase.RESUMED, "");
        });
    }

    private Outcome finishMove(Command.FinishMove c) {
        return advance(c.id(), MoveRecord.Phase.RESUMED, MoveRecord.Phase.CLEANED, m -> {
            event(
                    c,
                    "move-finished",
                    m.service().value(),
                    "moved " + m.service() + " from " + m.from() + " to " + m.to(),
                    c.details());
            return m.with(MoveRecord.Phase.CLEANED, "");
        });
    }

    private Outcome revertMove(Command.RevertMove c) {
        MoveRecord move = moves.get(c.id());
        if (move == null) {
            return refused(Refusal.UNKNOWN_MOVE, unknownMove(c.id()));
        }
        return switch (move.phase()) {
            case REVERTED -> accepted();
            case PREPARING, ABORTED ->
                refused(Refusal.NOT_ALLOWED, "move " + c.id() + " is " + move.phase() + ": there is nothing to revert");
            case RESUMED, CLEANED ->
                refused(Refusal.ALREADY_COMMITTED, "move " + c.id() + " has resumed on " + move.to());
            case COMMITTED -> {
                ServiceRecord service = services.get(move.service());
                if (service == null || !service.epoch().equals(move.epoch())) {
                    yield refused(
                            Refusal.STALE_EPOCH, "service " + move.service() + " has gone on since move " + c.id());
                }
                Epoch higher = move.epoch().next();
                services.put(move.service(), service.ownedBy(move.from(), higher));
                moves.put(move.id(), move.with(MoveRecord.Phase.REVERTED, c.proof()));
                event(
                        c,
                        "move-reverted",
                        move.service().value(),
                        move.service() + " goes back to " + move.from() + " under epoch " + higher + ": " + c.proof());
                yield new Accepted(higher);
            }
        };
    }

    private Outcome recordEvent(Command.RecordEvent c) {
        event(c, c.kind(), c.subject(), c.text(), c.details());
        return accepted();
    }

    private Outcome advance(MoveId id, MoveRecord.Phase from, MoveRecord.Phase to, UnaryOperator<MoveRecord> change) {
        MoveRecord move = moves.get(id);
        if (move == null) {
            return refused(Refusal.UNKNOWN_MOVE, unknownMove(id));
        }
        if (move.phase() == to || (to == MoveRecord.Phase.RESUMED && move.phase() == MoveRecord.Phase.CLEANED)) {
            return new Accepted(move.epoch());
        }
        if (move.phase() != from) {
            return refused(Refusal.NOT_ALLOWED, "move " + id + " is " + move.phase() + " and cannot become " + to);
        }
        moves.put(id, change.apply(move));
        return new Accepted(move.epoch());
    }

    private int takeBasePid() {
        int candidate = nextBasePid;
        while (isTaken(candidate)) {
            candidate = afterBasePid(candidate);
        }
        nextBasePid = afterBasePid(candidate);
        return candidate;
    }

    private boolean isTaken(int basePid) {
        return services.values().stream().anyMatch(s -> s.basePid() == basePid);
    }

    private static int afterBasePid(int basePid) {
        int next = basePid + ClusterState.BASE_PID_STEP;
        return next > ClusterState.BASE_PID_LAST ? ClusterState.BASE_PID_FIRST : next;
    }

    private @Nullable MoveRecord inFlight(ServiceName service) {
        return old.moveInFlight(service).orElse(null);
    }

    private boolean ownsServices(NodeId node) {
        return services.values().stream().anyMatch(s -> s.owner().equals(node));
    }

    /** A move that can still make {@code node} an owner: by its commit, or by being reverted after it. */
    private @Nullable MoveRecord mayEndAt(NodeId node) {
        for (MoveRecord move : moves.values()) {
            if ((move.phase() == MoveRecord.Phase.PREPARING && move.to().equals(node))
                    || (move.phase() == MoveRecord.Phase.COMMITTED
                            && move.from().equals(node))) {
                return move;
            }
        }
        return null;
    }

    private void event(Command c, String kind, String subject, String text) {
        event(c, kind, subject, text, Collections.emptySortedMap());
    }

    private void event(Command c, String kind, String subject, String text, Map<String, String> details) {
        eventSequence++;
        events.add(new ClusterEvent(eventSequence, c.atMillis(), kind, subject, text, new TreeMap<>(details)));
        if (events.size() > ClusterState.EVENTS_MAX) {
            events.removeFirst();
        }
    }

    private String unknownNode(NodeId id) {
        return "there is no node " + id + " in this cluster: it has " + nodes.keySet();
    }

    private String unknownService(ServiceName name) {
        return "there is no service " + name + " in this cluster: it has " + services.keySet();
    }

    private static String unknownMove(MoveId id) {
        return "the log knows no move " + id;
    }

    private static String witnessRunsNothing(NodeId id) {
        return "node " + id + " is a witness and runs no services: name another node";
    }

    private static String busyWith(NodeId node, MoveRecord move) {
        return "node " + node + " takes part in move " + move.id() + " of service " + move.service()
                + ": wait for it to end";
    }

    private static String alreadyMoving(MoveRecord move) {
        return "service " + move.service() + " is moving from " + move.from() + " to " + move.to() + " (move "
                + move.id() + ", " + move.phase() + "): wait for it to end";
    }

    private static Outcome accepted() {
        return new Accepted(Epoch.FIRST);
    }

    private static Outcome refused(Refusal code, String message) {
        return new Refused(code, message);
    }
}
