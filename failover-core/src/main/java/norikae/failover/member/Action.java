package norikae.failover.member;

import norikae.failover.model.Command;
import norikae.failover.model.NodeId;
import norikae.failover.model.ServiceName;

/** What a driver has to do for {@link FailoverCore}; immutable. */
public sealed interface Action {

    /** Send it to every other node over every path. */
    record SendBeat(Beat beat) implements Action {}

    /**
     * The services' packets may pass until then, on this node's clock, and no longer even if nobody is there to stop them.
     * {@link Long#MAX_VALUE} means that no lease binds this node; the past means: not at all.
     */
    record SetGate(long untilNanos) implements Action {}

    /** Submit it to the log, and tell {@link FailoverCore#proposed} when the answer, or none, has come. */
    record Propose(String key, Command command) implements Action {}

    /** Stop that server with the devices that there are, and tell {@link FailoverCore#fenced} how it went. */
    record Fence(NodeId node, long boot) implements Action {}

    /** Move a running service to where its policy wants it; nothing is lost if that does not succeed. */
    record MoveBack(ServiceName service, NodeId owner, NodeId to) implements Action {}

    /** Let another voter lead the log: its death would then not cost an election as well. Nothing depends on it. */
    record YieldLeadership(NodeId to) implements Action {}

    /** This boot was given up by the cluster: kill every service here, then come back under another boot. */
    record Surrender(String reason) implements Action {}
}
