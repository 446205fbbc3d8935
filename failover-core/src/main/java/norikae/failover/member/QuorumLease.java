package norikae.failover.member;

import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import norikae.failover.model.NodeId;

/**
 * A node's right to run services, as it counts it itself: one lease from the moment at which it <em>sent</em> the newest
 * heartbeat that a majority of the voters has granted. Counting from the sending makes the holder the first to see the lease
 * end, whatever the network did to the grant. Confined to one thread.
 */
final class QuorumLease {

    /** Until when, if no lease was ever granted. */
    static final long NEVER = Long.MIN_VALUE;

    private final Map<NodeId, Long> grantedSentAt = new HashMap<>();

    /** {@code voter} grants what this node sent at {@code sentAtNanos}; old news is ignored. */
    void granted(NodeId voter, long sentAtNanos) {
        grantedSentAt.merge(voter, sentAtNanos, Math::max);
    }

    void forgetAll() {
        grantedSentAt.clear();
    }

    /** When the lease ends, on this node's clock; {@link #NEVER} if no majority has granted anything. */
    long untilNanos(Collection<NodeId> voters, long leaseNanos) {
        List<Long> newestFirst = voters.stream()
                .flatMap(v -> Stream.ofNullable(grantedSentAt.get(v)))
                .sorted(java.util.Comparator.reverseOrder())
                .toList();
        int majority = voters.size() / 2 + 1;
        return newestFirst.size() < majority ? NEVER : newestFirst.get(majority - 1) + leaseNanos;
    }
}
