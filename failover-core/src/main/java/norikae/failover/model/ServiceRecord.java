package norikae.failover.model;

import java.util.Collections;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A service and its one owner.
 *
 * @param owner the only node that may run it, under {@code epoch}
 * @param basePid the process id that its first process has inside every capsule; unique in the cluster, so that files
 *     named after process ids (the JVM's attach socket, for one) never collide on a node
 * @param tried nodes on which it could not be started, or that it left, since it last ran well; {@code null} means none
 * @param detail one line for {@code norikae status}: why it stopped, or empty
 */
public record ServiceRecord(
        ServiceSpec spec,
        NodeId owner,
        Epoch epoch,
        Phase phase,
        int basePid,
        String detail,
        @Nullable Set<NodeId> tried) {

    /** One that has not failed to start anywhere. */
    public ServiceRecord(ServiceSpec spec, NodeId owner, Epoch epoch, Phase phase, int basePid, String detail) {
        this(spec, owner, epoch, phase, basePid, detail, null);
    }

    public ServiceRecord {
        tried = tried == null || tried.isEmpty() ? null : Collections.unmodifiableSortedSet(new TreeSet<>(tried));
    }

    /** Whether the owner runs it. */
    public enum Phase {
        /** Accepted; its owner has not reported it running yet. */
        STARTING,
        RUNNING,
        /** It ended by itself, or could not be started; {@code detail} says how. */
        FAILED,
        /** It certainly runs nowhere, and waits to be placed. */
        LOST,
        /** Its owner shall start it, and has not told yet how that went. */
        PLACED
    }

    /** Whether it has failed to start on {@code node}, or has left it, since it last ran well. */
    public boolean hasTried(NodeId node) {
        return tried != null && tried.contains(node);
    }

    ServiceRecord lost(String reason, Set<NodeId> triedToo) {
        Set<NodeId> all = new TreeSet<>(triedToo);
        if (tried != null) {
            all.addAll(tried);
        }
        return new ServiceRecord(spec, owner, epoch, Phase.LOST, basePid, reason, all);
    }

    /** It was well, and its node was not: any node will do. */
    ServiceRecord lostWithItsNode(String reason) {
        return new ServiceRecord(spec, owner, epoch, Phase.LOST, basePid, reason);
    }

    /** The same without what went wrong before. */
    public ServiceRecord runningWell() {
        return new ServiceRecord(spec, owner, epoch, phase, basePid, detail);
    }

    ServiceRecord placed(NodeId newOwner, Epoch newEpoch, String reason) {
        return new ServiceRecord(spec, newOwner, newEpoch, Phase.PLACED, basePid, reason, tried);
    }

    ServiceRecord with(Phase newPhase, String newDetail) {
        return new ServiceRecord(spec, owner, epoch, newPhase, basePid, newDetail, tried);
    }

    ServiceRecord ownedBy(NodeId newOwner, Epoch newEpoch) {
        return new ServiceRecord(spec, newOwner, newEpoch, phase, basePid, detail);
    }
}
