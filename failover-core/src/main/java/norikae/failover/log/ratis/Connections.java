package norikae.failover.log.ratis;

import java.io.IOException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import norikae.failover.model.NodeId;
import org.apache.ratis.client.RaftClientRpc;

/**
 * Gives up a connection that has not worked for a while, so that the next attempt makes a new one. Left alone, gRPC waits
 * ever longer before it tries a refused address again, and TCP keeps a connection to a machine that lost its power for a
 * quarter of an hour. Given up at the first failure, a slow handshake would never end. Thread-safe.
 */
final class Connections {

    private static final long GIVEN_UP_AFTER_NANOS = TimeUnit.SECONDS.toNanos(3);

    private final RaftClientRpc rpc;

    /** When the first of the failures in a row was, of those that fail just now. */
    private final Map<NodeId, Long> failingSinceNanos = new ConcurrentHashMap<>();

    Connections(RaftClientRpc rpc) {
        this.rpc = rpc;
    }

    void works(NodeId peer) {
        failingSinceNanos.remove(peer);
    }

    void failed(NodeId peer, IOException cause) {
        long now = System.nanoTime();
        Long since = failingSinceNanos.putIfAbsent(peer, now);
        if (since != null && now - since > GIVEN_UP_AFTER_NANOS && failingSinceNanos.remove(peer, since)) {
            // In the background, because closing a connection to a machine that is gone takes Ratis seconds.
            Thread.ofVirtual()
                    .name("raft-reconnect-" + peer)
                    .start(() -> rpc.handleException(Peers.id(peer), cause, true));
        }
    }
}
