package norikae.failover.log.ratis;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import norikae.failover.log.ClusterLog;
import norikae.failover.log.LogUnavailableException;
import norikae.failover.model.NodeId;

/** The log together with the say over who votes in it. Thread-safe. */
public sealed interface ReplicatedLog extends ClusterLog permits RaftNode, RaftClientLog {

    /**
     * Admits {@code peer}, whose {@link RaftNode} must be running, as a voter; one that votes already is left alone. Any
     * member may ask. Returns when the new voter has caught up and the majority counts it.
     *
     * @throws LogUnavailableException not admitted within {@code patience}, or unknown whether: ask again
     */
    void addVoter(Peer peer, Duration patience) throws LogUnavailableException, InterruptedException;

    /**
     * Takes the vote from {@code id}; one that does not vote is left alone. The last voter cannot go.
     *
     * @throws LogUnavailableException not removed within {@code patience}, or unknown whether: ask again
     */
    void removeVoter(NodeId id, Duration patience) throws LogUnavailableException, InterruptedException;

    /**
     * Asks the leader to let the voter {@code to} lead; refused if that one is behind. Nothing is lost either way.
     *
     * @throws LogUnavailableException it does not lead within {@code patience}, or unknown whether
     */
    void transferLeadership(NodeId to, Duration patience) throws LogUnavailableException, InterruptedException;

    /** Whom this node takes for the leader just now; for display only. */
    Optional<NodeId> leader();

    /** The voters as this node knows them just now, in the order of their names. */
    List<Peer> voters();
}
