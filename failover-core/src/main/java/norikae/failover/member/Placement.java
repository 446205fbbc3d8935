package norikae.failover.member;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import norikae.failover.model.ClusterState;
import norikae.failover.model.NodeHealth;
import norikae.failover.model.NodeId;
import norikae.failover.model.NodeRecord;
import norikae.failover.model.ServiceName;
import norikae.failover.model.ServicePolicy;
import norikae.failover.model.ServiceRecord;

/**
 * Where a lost service shall be started: on the best of its preferred nodes that can take it, else on the one with the fewest
 * services. Pure and stateless.
 */
public final class Placement {

    private Placement() {}

    /** Whether it is there, or about to be. */
    private static boolean occupies(ServiceRecord service) {
        return switch (service.phase()) {
            case RUNNING, STARTING, PLACED -> true;
            case FAILED, LOST -> false;
        };
    }

    /** The services that must run before this one and do not yet; names that are not in the cluster hinder nothing. */
    public static List<ServiceName> awaited(ClusterState state, ServiceRecord service) {
        ServicePolicy policy = service.spec().policyOrDefault();
        return java.util.stream.Stream.concat(policy.after().stream(), policy.with().stream())
                .filter(other -> state.service(other)
                        .filter(s -> s.phase() != ServiceRecord.Phase.RUNNING)
                        .isPresent())
                .distinct()
                .toList();
    }

    /**
     * The node for {@code service}; empty if none can take it now.
     *
     * @param unusable nodes that are known or believed not to work
     */
    public static Optional<NodeId> choose(ClusterState state, ServiceRecord service, Predicate<NodeId> unusable) {
        ServicePolicy policy = service.spec().policyOrDefault();
        return state.workers().stream()
                .map(NodeRecord::id)
                .filter(id -> mayTake(state, service, id))
                .filter(unusable.negate())
                .min(Comparator.<NodeId>comparingInt(id -> rank(policy.prefers(), id))
                        .thenComparingLong(id -> load(state, id))
                        .thenComparing(Comparator.naturalOrder()));
    }

    /** Whether another node than its owner could take it, as far as the log knows. */
    public static boolean hasElsewhere(ClusterState state, ServiceRecord service) {
        return choose(state, service, service.owner()::equals).isPresent();
    }

    /** Whether the rules allow it there. */
    static boolean mayTake(ClusterState state, ServiceRecord service, NodeId id) {
        ServicePolicy policy = service.spec().policyOrDefault();
        boolean up = state.healthOf(id)
                .filter(h -> h.phase() == NodeHealth.Phase.UP && !h.maintenance())
                .isPresent();
        return up
                && !service.hasTried(id)
                && hasVolumes(state, service, id)
                && (policy.failover() || id.equals(service.owner()))
                && policy.with().stream()
                        .allMatch(
                                other -> isAbsentOr(state, other, s -> s.owner().equals(id)))
                && policy.apart().stream().noneMatch(other -> isAt(state, other, id))
                && state.services().values().stream()
                        .filter(other -> occupies(other) && other.owner().equals(id))
                        .noneMatch(other -> other.spec()
                                .policyOrDefault()
                                .apart()
                                .contains(service.spec().name()));
    }

    /** A service goes only where all of its data is. */
    private static boolean hasVolumes(ClusterState state, ServiceRecord service, NodeId id) {
        return service.spec().volumesOrNone().stream().allMatch(mount -> state.volume(mount.volume())
                .filter(v -> v.isWholeOn(id))
                .isPresent());
    }

    /** Where its policy would rather have a running service; empty if it is well where it is. */
    static Optional<NodeId> better(ClusterState state, ServiceRecord service, Predicate<NodeId> unusable) {
        ServicePolicy policy = service.spec().policyOrDefault();
        if (!policy.failback() || service.phase() != ServiceRecord.Phase.RUNNING) {
            return Optional.empty();
        }
        int now = rank(policy.prefers(), service.owner());
        return policy.prefers().stream()
                .limit(now)
                .filter(unusable.negate())
                .filter(id -> state.node(id).filter(n -> !n.witness()).isPresent())
                .filter(id -> mayTake(state, service, id) && canTakeVolumesTo(state, service, id))
                .findFirst();
    }

    /** Whether a running service could take all of its volumes along. */
    public static boolean canTakeVolumesTo(ClusterState state, ServiceRecord service, NodeId id) {
        return service.spec().volumesOrNone().stream().allMatch(mount -> state.volume(mount.volume())
                .filter(v -> v.canBeTakenTo(id))
                .isPresent());
    }

    private static boolean isAbsentOr(ClusterState state, ServiceName name, Predicate<ServiceRecord> rule) {
        return state.service(name).map(rule::test).orElse(true);
    }

    private static boolean isAt(ClusterState state, ServiceName name, NodeId id) {
        return state.service(name)
                .filter(s -> occupies(s) && s.owner().equals(id))
                .isPresent();
    }

    private static int rank(List<NodeId> prefers, NodeId id) {
        int index = prefers.indexOf(id);
        return index < 0 ? prefers.size() : index;
    }

    private static long load(ClusterState state, NodeId id) {
        Collection<ServiceRecord> all = state.services().values();
        return all.stream().filter(s -> occupies(s) && s.owner().equals(id)).count();
    }
}
