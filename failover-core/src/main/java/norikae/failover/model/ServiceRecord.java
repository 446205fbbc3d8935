package norikae.failover.model;

/**
 * A service and its one owner.
 *
 * @param owner the only node that may run it, under {@code epoch}
 * @param basePid the process id that its first process has inside every capsule; unique in the cluster, so that files
 *     named after process ids (the JVM's attach socket, for one) never collide on a node
 * @param detail one line for {@code norikae status}: why it stopped, or empty
 */
public record ServiceRecord(ServiceSpec spec, NodeId owner, Epoch epoch, Phase phase, int basePid, String detail) {

    /** Whether the owner runs it. */
    public enum Phase {
        /** Accepted; its owner has not reported it running yet. */
        STARTING,
        RUNNING,
        /** It ended by itself, or could not be started; {@code detail} says how. */
        FAILED
    }

    ServiceRecord with(Phase newPhase, String newDetail) {
        return new ServiceRecord(spec, owner, epoch, newPhase, basePid, newDetail);
    }

    ServiceRecord ownedBy(NodeId newOwner, Epoch newEpoch) {
        return new ServiceRecord(spec, newOwner, newEpoch, phase, basePid, detail);
    }
}
