package norikae.failover.log.ratis;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.RaftServerRpcWithProxy;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives the leader a new connection to a follower that it has not heard for a while, and a voter that finds no leader new ones
 * to all others. A machine that lost its power sends no goodbye: TCP goes on with the old connection, at ever longer
 * intervals, long after the machine is back. Thread-safe.
 */
final class SilentVoters {

    private static final Logger LOG = LoggerFactory.getLogger(SilentVoters.class);
    private static final long AGAIN_NANOS = TimeUnit.MILLISECONDS.toNanos(RaftTuning.SILENT_MILLIS);

    private final Map<RaftPeerId, Long> reconnectedAtNanos = new ConcurrentHashMap<>();
    private volatile @Nullable RaftServer server;

    void reconnectThrough(RaftServer newServer) {
        server = newServer;
    }

    void notHeard(RaftPeerId voter) {
        long now = System.nanoTime();
        boolean due = reconnectedAtNanos.merge(voter, now, (last, t) -> t - last >= AGAIN_NANOS ? t : last) == now;
        RaftServer current = server;
        if (due && current != null && current.getServerRpc() instanceof RaftServerRpcWithProxy<?, ?> rpc) {
            LOG.debug("voter {} is silent: connecting anew", voter);
            // In the background, because closing the old connection takes Ratis seconds.
            Thread.ofVirtual().name("raft-reconnect-" + voter).start(() -> rpc.getProxies()
                    .resetProxy(voter));
        }
    }
}
