package norikae.failover.member;

import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import norikae.failover.model.NodeId;
import org.jspecify.annotations.Nullable;

/** What this node has heard from the others. Confined to one thread. */
final class PeerViews {

    /** One other node. */
    private static final class Peer {
        final ArrivalDetector detector;
        long boot;
        int leaseMillis;
        Map<NodeId, Beat.View> views = Map.of();

        Peer(long nowNanos) {
            detector = new ArrivalDetector(nowNanos);
        }
    }

    private final NodeId self;
    private final Map<NodeId, Peer> peers = new HashMap<>();
    private long floorNanos;

    PeerViews(NodeId self) {
        this.self = self;
    }

    void floor(long nanos) {
        floorNanos = nanos;
    }

    /** Whoever joined is watched from now on, whoever left no longer. */
    void members(Collection<NodeId> nodes, long nowNanos) {
        for (NodeId node : nodes) {
            if (!node.equals(self)) {
                peers.computeIfAbsent(node, n -> new Peer(nowNanos));
            }
        }
        peers.keySet().retainAll(new HashSet<>(nodes));
    }

    boolean knows(NodeId node) {
        return peers.containsKey(node);
    }

    void heard(Beat beat, long nowNanos) {
        Peer peer = peers.get(beat.from());
        if (peer == null) {
            return;
        }
        peer.detector.arrived(nowNanos);
        peer.boot = beat.boot();
        peer.leaseMillis = beat.leaseMillis();
        Map<NodeId, Beat.View> views = new HashMap<>();
        beat.views().forEach(view -> views.put(view.of(), view));
        peer.views = views;
    }

    void forgive(long gapNanos, long nowNanos) {
        peers.values().forEach(peer -> peer.detector.forgive(gapNanos, nowNanos, floorNanos));
    }

    boolean silent(NodeId node, long nowNanos) {
        Peer peer = peers.get(node);
        return peer != null && peer.detector.silent(nowNanos, floorNanos);
    }

    long silenceNanos(NodeId node, long nowNanos) {
        Peer peer = peers.get(node);
        return peer == null ? 0 : peer.detector.silenceNanos(nowNanos);
    }

    long limitNanos(NodeId node) {
        Peer peer = peers.get(node);
        return peer == null ? floorNanos : peer.detector.limitNanos(floorNanos);
    }

    /** The boot under which a node last spoke; empty if it never did. */
    Optional<Long> boot(NodeId node) {
        return Optional.ofNullable(peers.get(node)).map(p -> p.boot).filter(b -> b != 0);
    }

    /** The lease under which {@code node} said that this boot of it runs; 0 if it never said so. */
    int leaseMillis(NodeId node, long boot) {
        Peer peer = peers.get(node);
        return peer == null || peer.boot != boot ? 0 : peer.leaseMillis;
    }

    /** Failover is off: what was said of leases before it comes on again is worth nothing. */
    void forgetLeases() {
        peers.values().forEach(peer -> peer.leaseMillis = 0);
    }

    /** How many of {@code voters} have heard nothing from {@code node} for suspiciously long, this node included. */
    int silentFor(NodeId node, Set<NodeId> voters, long nowNanos) {
        int count = 0;
        for (NodeId voter : voters) {
            if (voter.equals(self) ? silent(node, nowNanos) : saysSilent(voter, node, nowNanos)) {
                count++;
            }
        }
        return count;
    }

    private boolean saysSilent(NodeId voter, NodeId node, long nowNanos) {
        Peer peer = peers.get(voter);
        if (peer == null || voter.equals(node) || peer.detector.silent(nowNanos, floorNanos)) {
            return false; // old news is no witness
        }
        Beat.@Nullable View view = peer.views.get(node);
        return view != null && view.silent();
    }
}
