package norikae.failover.member;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import norikae.failover.model.NodeId;

/**
 * Which voters have let a node's lease run out: each has said that it grants that boot nothing any more, and that its last
 * grant is older than the lease. When a majority has, every lease that the node may have held is over, because each lease
 * needs a majority too. Confined to one thread.
 */
final class Refusers {

    private record Refused(NodeId node, long boot, long ageMillis) {}

    private final Map<NodeId, Map<NodeId, Refused>> byNode = new HashMap<>();

    void heard(NodeId voter, NodeId node, long boot, long ageMillis) {
        byNode.computeIfAbsent(node, n -> new HashMap<>())
                .merge(voter, new Refused(node, boot, ageMillis), Refusers::newer);
    }

    private static Refused newer(Refused known, Refused news) {
        boolean older = known.boot() == news.boot() && known.ageMillis() > news.ageMillis();
        return older ? known : news;
    }

    boolean majority(NodeId node, long boot, long ageMillis, Set<NodeId> voters) {
        Set<NodeId> refusing = new HashSet<>();
        byNode.getOrDefault(node, Map.of()).forEach((voter, refused) -> {
            if (refused.boot() == boot && refused.ageMillis() > ageMillis) {
                refusing.add(voter);
            }
        });
        refusing.retainAll(voters);
        return refusing.size() >= voters.size() / 2 + 1;
    }
}
