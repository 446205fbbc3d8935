package norikae.failover.model;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import norikae.failover.model.Outcome.Accepted;
import norikae.failover.model.Outcome.Refusal;
import norikae.failover.model.Outcome.Refused;
import org.jspecify.annotations.Nullable;

/** The next {@link ClusterState} while a command works on it. Used once and by one thread. */
final class Draft {

    final ClusterState old;
    final SortedMap<NodeId, NodeRecord> nodes;
    final SortedMap<ServiceName, ServiceRecord> services;
    final SortedMap<MoveId, MoveRecord> moves;
    final SortedMap<String, JoinToken> tokens;
    final SortedMap<NodeId, NodeHealth> health;
    final SortedMap<VolumeName, Volume> volumes;
    private final List<ClusterEvent> events;
    private long eventSequence;
    int nextBasePid;
    FailoverPolicy failover;
    long retiredEpoch;

    Draft(ClusterState old) {
        this.old = old;
        this.nodes = new TreeMap<>(old.nodes());
        this.services = new TreeMap<>(old.services());
        this.moves = new TreeMap<>(old.moves());
        this.tokens = new TreeMap<>(old.tokens());
        this.events = new ArrayList<>(old.events());
        this.eventSequence = old.eventSequence();
        this.nextBasePid = old.nextBasePid();
        this.health = new TreeMap<>(old.health());
        this.failover = old.failover();
        this.volumes = new TreeMap<>(old.volumes());
        this.retiredEpoch = old.retiredEpoch();
    }

    ClusterState toState() {
        return new ClusterState(
                nodes,
                services,
                moves,
                tokens,
                events,
                eventSequence,
                nextBasePid,
                health,
                failover,
                old.longestLeaseMillis(),
                retiredEpoch,
                volumes);
    }

    @Nullable
    MoveRecord inFlight(ServiceName service) {
        return old.moveInFlight(service).orElse(null);
    }

    boolean ownsServices(NodeId node) {
        return services.values().stream().anyMatch(s -> s.owner().equals(node));
    }

    /** A move that can still make {@code node} an owner: by its commit, or by being reverted after it. */
    @Nullable
    MoveRecord mayEndAt(NodeId node) {
        for (MoveRecord move : moves.values()) {
            if ((move.phase() == MoveRecord.Phase.PREPARING && move.to().equals(node))
                    || (move.phase() == MoveRecord.Phase.COMMITTED
                            && move.from().equals(node))) {
                return move;
            }
        }
        return null;
    }

    void event(Command c, String kind, String subject, String text) {
        event(c, kind, subject, text, Collections.emptySortedMap());
    }

    void event(Command c, String kind, String subject, String text, Map<String, String> details) {
        eventSequence++;
        events.add(new ClusterEvent(eventSequence, c.atMillis(), kind, subject, text, new TreeMap<>(details)));
        if (events.size() > ClusterState.EVENTS_MAX) {
            events.removeFirst();
        }
    }

    String unknownNode(NodeId id) {
        return "there is no node " + id + " in this cluster: it has " + nodes.keySet();
    }

    String unknownService(ServiceName name) {
        return "there is no service " + name + " in this cluster: it has " + services.keySet();
    }

    static Outcome accepted() {
        return new Accepted(Epoch.FIRST);
    }

    static Outcome refused(Refusal code, String message) {
        return new Refused(code, message);
    }
}
