package norikae.failover.log.ratis;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import norikae.failover.model.NodeId;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.server.RaftConfiguration;

/** {@link Peer} to and from Ratis. */
final class Peers {

    private Peers() {}

    static RaftPeerId id(NodeId node) {
        return RaftPeerId.valueOf(node.value());
    }

    static RaftPeer toRatis(Peer peer) {
        return RaftPeer.newBuilder()
                .setId(id(peer.id()))
                .setAddress(peer.host() + ":" + peer.port())
                .build();
    }

    static List<RaftPeer> toRatis(Collection<Peer> peers) {
        return peers.stream().map(Peers::toRatis).toList();
    }

    static Peer fromRatis(RaftPeer peer) {
        String address = peer.getAddress();
        int colon = address.lastIndexOf(':');
        return new Peer(
                new NodeId(peer.getId().toString()),
                address.substring(0, colon),
                Integer.parseInt(address.substring(colon + 1)));
    }

    static List<Peer> voters(RaftConfiguration configuration) {
        return fromRatis(configuration.getCurrentPeers());
    }

    static List<Peer> fromRatis(Collection<RaftPeer> peers) {
        return peers.stream()
                .map(Peers::fromRatis)
                .sorted(Comparator.comparing(Peer::id))
                .toList();
    }
}
