package norikae.failover.log.ratis;

import java.nio.file.Path;
import java.util.List;
import norikae.failover.model.NodeId;

/**
 * How a voter runs.
 *
 * @param bindAddress where it listens; {@code 0.0.0.0} only when {@code peers} names this node's own address
 * @param storageDirectory log and snapshots; survives restarts, and belongs to this node alone
 * @param peers the voters known so far, for finding the leader; may name this node, need not be complete
 * @param bootstrap makes this node the first voter of a new cluster; has no effect once the directory holds a log.
 *     Never set it for a node whose directory was lost: it would begin a second cluster. Join it anew instead
 */
public record RaftSettings(
        NodeId self,
        String bindAddress,
        int port,
        Path storageDirectory,
        TlsFiles tls,
        List<Peer> peers,
        boolean bootstrap) {

    public RaftSettings {
        peers = List.copyOf(peers);
        if (port < 1 || port > 65535) {
            throw new IllegalArgumentException(
                    "raft port " + port + " of node " + self + " is out of range: use 1 to 65535");
        }
    }

    /** This node as the others reach it. */
    Peer selfAsPeer() {
        for (Peer peer : peers) {
            if (peer.id().equals(self)) {
                return peer;
            }
        }
        if (bindAddress.equals("0.0.0.0")) {
            throw new IllegalArgumentException("raft bind address 0.0.0.0 does not tell the others where node " + self
                    + " is: list the node with its address among the peers, or bind to that address");
        }
        return new Peer(self, bindAddress, port);
    }
}
