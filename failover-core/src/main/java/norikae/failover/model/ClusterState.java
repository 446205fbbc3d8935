package norikae.failover.model;

import com.fasterxml.jackson.annotation.JsonIgnore;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * All that the replicated log remembers, as one immutable value.
 *
 * @param nextBasePid handed to the next new service
 * @param moves those in flight and the last one of each service
 * @param events the newest {@link #EVENTS_MAX}
 * @param health of the nodes that have told their boot; a node without an entry has never run an agent that knows failover
 * @param failover how servers are found lost
 * @param retiredEpoch the highest epoch of any service that was forgotten: one that gets its name later begins above it, so
 *     that nobody who is behind can take the one for the other
 * @param longestLeaseMillis the longest lease that any policy so far has allowed: a node that is cut off may still hold it
 */
public record ClusterState(
        SortedMap<NodeId, NodeRecord> nodes,
        SortedMap<ServiceName, ServiceRecord> services,
        SortedMap<MoveId, MoveRecord> moves,
        SortedMap<String, JoinToken> tokens,
        List<ClusterEvent> events,
        long eventSequence,
        int nextBasePid,
        SortedMap<NodeId, NodeHealth> health,
        FailoverPolicy failover,
        int longestLeaseMillis,
        long retiredEpoch,
        SortedMap<VolumeName, Volume> volumes) {

    /** Older events are forgotten: the log is for the cluster's decisions, not for history. */
    public static final int EVENTS_MAX = 2_000;

    /** Low process ids stay free for the init of the capsule and for what an operator starts inside. */
    public static final int BASE_PID_FIRST = 1_000;

    /** Distance of two services' process ids: room for helpers of one service before the next one's. */
    public static final int BASE_PID_STEP = 200;

    /** Well below the kernel's smallest pid_max (32,768). */
    public static final int BASE_PID_LAST = 30_000;

    public static final ClusterState EMPTY = new ClusterState(
            new TreeMap<>(),
            new TreeMap<>(),
            new TreeMap<>(),
            new TreeMap<>(),
            List.of(),
            0,
            BASE_PID_FIRST,
            new TreeMap<>(),
            FailoverPolicy.OFF,
            0,
            0,
            new TreeMap<>());

    public ClusterState {
        nodes = Collections.unmodifiableSortedMap(new TreeMap<>(nodes));
        services = Collections.unmodifiableSortedMap(new TreeMap<>(services));
        moves = Collections.unmodifiableSortedMap(new TreeMap<>(moves));
        tokens = Collections.unmodifiableSortedMap(new TreeMap<>(tokens));
        events = List.copyOf(events);
        // Snapshots of versions that knew no failover, or no volumes, have none of these.
        health = health == null ? new TreeMap<>() : Collections.unmodifiableSortedMap(new TreeMap<>(health));
        volumes = volumes == null ? new TreeMap<>() : Collections.unmodifiableSortedMap(new TreeMap<>(volumes));
        failover = failover == null ? FailoverPolicy.OFF : failover;
        longestLeaseMillis = Math.max(longestLeaseMillis, failover.enabled() ? failover.leaseMillis() : 0);
    }

    /** A new state and the answer to the one who asked. */
    public record Applied(ClusterState state, Outcome outcome) {}

    /** What {@code command} makes of this state; the same on every voter. */
    public Applied apply(Command command) {
        return new CommandApplication(this).apply(command);
    }

    public Optional<NodeRecord> node(NodeId id) {
        return Optional.ofNullable(nodes.get(id));
    }

    /** What is known of {@code id}'s present boot. */
    public Optional<NodeHealth> healthOf(NodeId id) {
        return Optional.ofNullable(health.get(id));
    }

    public Optional<ServiceRecord> service(ServiceName name) {
        return Optional.ofNullable(services.get(name));
    }

    public Optional<Volume> volume(VolumeName name) {
        return Optional.ofNullable(volumes.get(name));
    }

    public Optional<MoveRecord> move(MoveId id) {
        return Optional.ofNullable(moves.get(id));
    }

    /** The move of {@code service} that has not ended, if any. */
    public Optional<MoveRecord> moveInFlight(ServiceName service) {
        return moves.values().stream()
                .filter(m -> m.service().equals(service) && !m.phase().ended())
                .findFirst();
    }

    /** The members that can run services, in the order of their names. */
    @JsonIgnore
    public List<NodeRecord> workers() {
        List<NodeRecord> workers = new ArrayList<>(nodes.values());
        workers.removeIf(NodeRecord::witness);
        return workers;
    }
}
