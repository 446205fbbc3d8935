package norikae.failover.member;

import java.util.HashMap;
import java.util.Map;
import norikae.failover.member.Beat.Word;
import norikae.failover.model.ClusterState;
import norikae.failover.model.NodeHealth;
import norikae.failover.model.NodeId;
import org.jspecify.annotations.Nullable;

/**
 * A voter's side of the leases: it grants what it hears from nodes that the log trusts, never again to a boot that is being
 * fenced, and can say how long ago it last did. Forgets everything when its agent restarts, and therefore counts as if it
 * had granted everyone a lease in the moment of its start. Confined to one thread.
 */
final class Grants {

    private record Grant(long boot, long sentAtNanos, long atNanos) {}

    private final long startedNanos;
    private final Map<NodeId, Grant> newest = new HashMap<>();
    private boolean caughtUp;

    Grants(long startedNanos) {
        this.startedNanos = startedNanos;
    }

    /** From here on the known state has every fencing that began before this voter started. */
    void caughtUp() {
        caughtUp = true;
    }

    boolean isCaughtUp() {
        return caughtUp;
    }

    /** A heartbeat has come, sent at {@code sentAtNanos} on its sender's clock. */
    void heard(NodeId node, long boot, long sentAtNanos, ClusterState state, long nowNanos) {
        if (!mayGrant(node, boot, state)) {
            return;
        }
        Grant known = newest.get(node);
        if (known == null || known.boot() != boot || known.sentAtNanos() < sentAtNanos) {
            newest.put(node, new Grant(boot, sentAtNanos, nowNanos));
        }
    }

    /** What to tell {@code node} and everybody. */
    Word wordOn(NodeId node, long boot, ClusterState state, long nowNanos) {
        if (!caughtUp) {
            return new Word.None();
        }
        @Nullable Grant grant = newest.get(node);
        if (mayGrant(node, boot, state)) {
            return grant != null && grant.boot() == boot ? new Word.Granted(grant.sentAtNanos()) : new Word.None();
        }
        boolean fencing = state.healthOf(node)
                .filter(h -> h.boot() == boot && h.phase() != NodeHealth.Phase.UP)
                .isPresent();
        if (!fencing) {
            return new Word.None();
        }
        long last = grant == null ? startedNanos : Math.max(startedNanos, grant.atNanos());
        return new Word.Refused((nowNanos - last) / 1_000_000);
    }

    private boolean mayGrant(NodeId node, long boot, ClusterState state) {
        return caughtUp
                && state.healthOf(node)
                        .filter(h -> h.boot() == boot && h.phase() == NodeHealth.Phase.UP)
                        .isPresent();
    }
}
