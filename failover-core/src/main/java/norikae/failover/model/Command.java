package norikae.failover.model;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.Collections;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.UUID;
import norikae.failover.fencing.ProofKind;
import org.jspecify.annotations.Nullable;

/**
 * Everything that can be written into the replicated log. Each carries the submitter's wall clock, because the state
 * machine must not look at one; it serves display only, never a decision.
 *
 * <p>The names in {@code @JsonSubTypes} are the log's format on disk: add, never rename.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes({
    @JsonSubTypes.Type(value = Command.AddNode.class, name = "add-node"),
    @JsonSubTypes.Type(value = Command.RemoveNode.class, name = "remove-node"),
    @JsonSubTypes.Type(value = Command.IssueToken.class, name = "issue-token"),
    @JsonSubTypes.Type(value = Command.SpendToken.class, name = "spend-token"),
    @JsonSubTypes.Type(value = Command.DefineService.class, name = "define-service"),
    @JsonSubTypes.Type(value = Command.ReportService.class, name = "report-service"),
    @JsonSubTypes.Type(value = Command.RemoveService.class, name = "remove-service"),
    @JsonSubTypes.Type(value = Command.BeginMove.class, name = "begin-move"),
    @JsonSubTypes.Type(value = Command.CommitMove.class, name = "commit-move"),
    @JsonSubTypes.Type(value = Command.AbortMove.class, name = "abort-move"),
    @JsonSubTypes.Type(value = Command.MarkResumed.class, name = "mark-resumed"),
    @JsonSubTypes.Type(value = Command.RevertMove.class, name = "revert-move"),
    @JsonSubTypes.Type(value = Command.FinishMove.class, name = "finish-move"),
    @JsonSubTypes.Type(value = Command.RecordEvent.class, name = "record-event"),
    @JsonSubTypes.Type(value = Command.SetFailover.class, name = "set-failover"),
    @JsonSubTypes.Type(value = Command.SetMaintenance.class, name = "set-maintenance"),
    @JsonSubTypes.Type(value = Command.NodeUp.class, name = "node-up"),
    @JsonSubTypes.Type(value = Command.BeginFencing.class, name = "begin-fencing"),
    @JsonSubTypes.Type(value = Command.RecordFenced.class, name = "record-fenced"),
    @JsonSubTypes.Type(value = Command.ReleaseService.class, name = "release-service"),
    @JsonSubTypes.Type(value = Command.TakeOver.class, name = "take-over"),
    @JsonSubTypes.Type(value = Command.CreateVolume.class, name = "create-volume"),
    @JsonSubTypes.Type(value = Command.ReportCopy.class, name = "report-copy"),
    @JsonSubTypes.Type(value = Command.PromoteVolume.class, name = "promote-volume"),
    @JsonSubTypes.Type(value = Command.DemoteVolume.class, name = "demote-volume"),
    @JsonSubTypes.Type(value = Command.ResizeVolume.class, name = "resize-volume"),
    @JsonSubTypes.Type(value = Command.RemoveVolume.class, name = "remove-volume"),
})
public sealed interface Command {

    long atMillis();

    /** A node joins, or tells a changed address. */
    record AddNode(NodeRecord node, long atMillis) implements Command {}

    /** A node leaves; refused while it owns services. */
    record RemoveNode(NodeId node, long atMillis) implements Command {}

    record IssueToken(String tokenId, long expiresAtMillis, long atMillis) implements Command {}

    /** Uses a join token up; refused for one that is unknown, used or expired. */
    record SpendToken(String tokenId, long atMillis) implements Command {}

    /** A new service, owned by {@code owner} from now on, under epoch 1. */
    record DefineService(ServiceSpec spec, NodeId owner, long atMillis) implements Command {}

    /** The owner tells how its service is; refused from anyone else and under a stale epoch. */
    record ReportService(
            ServiceName service, NodeId owner, Epoch epoch, ServiceRecord.Phase phase, String detail, long atMillis)
            implements Command {}

    /** Forgets a service after its owner stopped it. */
    record RemoveService(ServiceName service, Epoch epoch, long atMillis) implements Command {}

    /** Reserves the next epoch for the target; at most one move of a service is in flight. */
    record BeginMove(MoveId id, ServiceName service, NodeId from, NodeId to, long atMillis) implements Command {}

    /** The point of no return: the target becomes the owner. */
    record CommitMove(MoveId id, long atMillis) implements Command {}

    /** Ends a move that has not committed; once accepted, the move can never commit. */
    record AbortMove(MoveId id, String reason, long atMillis) implements Command {}

    /** The target has let the service run. */
    record MarkResumed(MoveId id, long atMillis) implements Command {}

    /** The target's own word that it committed but never let the service run: the source owns it again. */
    record RevertMove(MoveId id, String proof, long atMillis) implements Command {}

    /** The source has destroyed its copy; the details are the figures of the whole move. */
    record FinishMove(MoveId id, SortedMap<String, String> details, long atMillis) implements Command {}

    /** Something worth remembering that changes nothing. */
    record RecordEvent(String kind, String subject, String text, SortedMap<String, String> details, long atMillis)
            implements Command {}

    /** Turns failover on or off for the whole cluster. */
    record SetFailover(FailoverPolicy policy, long atMillis) implements Command {}

    /** The operator works on a node, or has done. */
    record SetMaintenance(NodeId node, boolean maintenance, long atMillis) implements Command {}

    /** The node's own word that nothing of its earlier boots runs; refused for a boot that is being fenced. */
    record NodeUp(NodeId node, long boot, long atMillis) implements Command {}

    /** From here on no voter grants the node a lease; refused for another boot than the present one. */
    record BeginFencing(NodeId node, long boot, String by, String reason, long atMillis) implements Command {}

    /** Nothing of this boot runs any more; refused unless its fencing has begun. Its services can be placed anew. */
    record RecordFenced(NodeId node, long boot, ProofKind proof, String by, String how, long atMillis)
            implements Command {}

    /**
     * The owner has stopped a service and wants it elsewhere; refused from anyone else and under a stale epoch.
     *
     * @param anew whether what went wrong on other nodes before is forgotten, as an operator wants it; {@code null} means no
     */
    record ReleaseService(
            ServiceName service,
            NodeId owner,
            Epoch epoch,
            String reason,
            @Nullable Boolean anew,
            long atMillis) implements Command {

        /** One that has gone wrong here, too. */
        public ReleaseService(ServiceName service, NodeId owner, Epoch epoch, String reason, long atMillis) {
            this(service, owner, epoch, reason, null, atMillis);
        }
    }

    /** Places a lost service under the next epoch; refused unless it is lost, and under a stale epoch. */
    record TakeOver(ServiceName service, Epoch epoch, NodeId to, String reason, long atMillis) implements Command {}

    /**
     * A new volume, whose copies have been made on all of these nodes.
     *
     * @param id told apart by it, and accepted again under it
     * @param mirror how its replicas are kept up to date; {@code null} means {@link MirrorOptions#DEFAULT}
     * @param shared the storage of each node whose copy does not lie on its own disk; {@code null} means that all do
     */
    record CreateVolume(
            VolumeName volume,
            UUID id,
            long bytes,
            NodeId primary,
            SortedMap<NodeId, ReplicationMode> copies,
            @Nullable MirrorOptions mirror,
            @Nullable SortedMap<NodeId, String> shared,
            long atMillis)
            implements Command {

        SortedMap<NodeId, String> sharedOrNone() {
            return shared == null ? Collections.emptySortedMap() : shared;
        }

        /** One whose copies lie on the nodes' own disks. */
        public CreateVolume(
                VolumeName volume,
                UUID id,
                long bytes,
                NodeId primary,
                SortedMap<NodeId, ReplicationMode> copies,
                @Nullable MirrorOptions mirror,
                long atMillis) {
            this(volume, id, bytes, primary, copies, mirror, null, atMillis);
        }

        /** One that is mirrored as {@link MirrorOptions#DEFAULT} says. */
        public CreateVolume(
                VolumeName volume,
                UUID id,
                long bytes,
                NodeId primary,
                SortedMap<NodeId, ReplicationMode> copies,
                long atMillis) {
            this(volume, id, bytes, primary, copies, null, atMillis);
        }
    }

    /**
     * The primary tells of a replica; once {@code BEHIND} is accepted, it may acknowledge writes without that one.
     *
     * @param report rises with each report of this copy under this epoch, from 1 on: one that the network held back must not
     *     undo a later one
     */
    record ReportCopy(
            VolumeName volume,
            Epoch epoch,
            NodeId node,
            VolumeCopy.Standing standing,
            long report,
            String detail,
            long atMillis)
            implements Command {}

    /**
     * Another node shall write a volume that no service uses; or the same one again, after it handed it over in vain.
     *
     * @param handedOver the present primary says so itself, and writes no more
     * @param losesWrites whoever wants it knows that acknowledged writes are lost, if the copy lacks some
     * @param complete the replicas that had every write when it was handed over, asynchronous ones among them; {@code null}
     *     means none
     */
    record PromoteVolume(
            VolumeName volume,
            Epoch epoch,
            NodeId to,
            boolean handedOver,
            boolean losesWrites,
            @Nullable SortedSet<NodeId> complete,
            long atMillis)
            implements Command {

        /** One that says nothing of what the replicas have. */
        public PromoteVolume(
                VolumeName volume, Epoch epoch, NodeId to, boolean handedOver, boolean losesWrites, long atMillis) {
            this(volume, epoch, to, handedOver, losesWrites, null, atMillis);
        }
    }

    /**
     * Nobody shall write a volume that no service uses, until a copy is promoted. Its primary has handed it over.
     *
     * @param complete the replicas that have every write
     */
    record DemoteVolume(VolumeName volume, Epoch epoch, SortedSet<NodeId> complete, long atMillis) implements Command {}

    /** A volume that no service uses gets larger; whoever has it open opens it anew. */
    record ResizeVolume(VolumeName volume, Epoch epoch, long bytes, long atMillis) implements Command {}

    /** Forgets a volume; its copies are removed afterwards. */
    record RemoveVolume(VolumeName volume, Epoch epoch, long atMillis) implements Command {}
}
