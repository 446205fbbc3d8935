package norikae.mirror.state;

import java.util.Optional;
import java.util.UUID;
import norikae.failover.model.NodeId;
import norikae.mirror.store.Condition;
import norikae.mirror.store.Generation;
import norikae.mirror.store.VolumeRecord;
import org.jspecify.annotations.Nullable;

/** What two copies of a volume that meet again have to do. Immutable values. */
public sealed interface Reconciliation {

    /** Only the blocks that the primary's map has, and those that the replica says it wrote itself, can differ. */
    record Changes() implements Reconciliation {}

    /**
     * Any block may differ.
     *
     * @param compare whether the replica has data worth comparing; otherwise it is known to be all zeros
     */
    record Everything(boolean compare) implements Reconciliation {}

    /**
     * Nothing may be done.
     *
     * @param unknown the replica's newest generation, if it is refused for having writes that the primary lacks
     */
    record Refusal(Code code, String message, @Nullable Generation unknown) implements Reconciliation {

        public Refusal(Code code, String message) {
            this(code, message, null);
        }
    }

    /** Why not. */
    enum Code {
        /** They are not copies of one volume. */
        UNRELATED,
        /** The other has another size. */
        SIZE,
        /** The other has heard of a higher epoch: whoever speaks is no longer the primary. */
        STALE_EPOCH,
        /** The other has all that the primary has, and later writes. */
        REPLICA_NEWER,
        /** Each has writes that the other does not have. */
        SPLIT_BRAIN,
        /** The other does not take part, or is busy with another primary. */
        NOT_READY
    }

    /**
     * Decides for a primary.
     *
     * <pre>
     * replica's newest generation ...                            what follows
     * none: never written                                        Everything, no compare (Changes if neither was ever written)
     * known to the primary, not older than its map               Changes
     * known to the primary, older than its map                   Everything, compare
     * unknown to the primary, replica in mid-resync              Everything, compare: there is nothing to lose
     * unknown, and the replica knows the primary's newest        REPLICA_NEWER
     * unknown to each other                                      SPLIT_BRAIN
     *   but the operator named that generation to be discarded   Everything, compare
     * </pre>
     *
     * @param replica the node whose copy {@code theirs} is
     * @param discard the generation that the operator has chosen to lose, if he did
     */
    static Reconciliation decide(VolumeRecord ours, NodeId replica, VolumeRecord theirs, @Nullable UUID discard) {
        if (!ours.id().equals(theirs.id())) {
            return new Refusal(
                    Code.UNRELATED,
                    "the copy on " + replica + " is of volume " + theirs.name() + " (" + theirs.id() + "), not of "
                            + ours.name() + " (" + ours.id() + "); remove it there and create the replica anew");
        }
        if (ours.size() != theirs.size()) {
            return new Refusal(
                    Code.SIZE,
                    "volume " + ours.name() + " has " + ours.size() + " bytes here and " + theirs.size() + " on "
                            + replica + "; resize that copy, or create it anew");
        }
        if (theirs.epoch() > ours.epoch()) {
            return new Refusal(
                    Code.STALE_EPOCH,
                    "volume " + ours.name() + ": " + replica + " has heard of epoch " + theirs.epoch()
                            + ", and ours is " + ours.epoch() + ": this node is no longer its primary");
        }
        Optional<Generation> newest = theirs.newest();
        Optional<UUID> since = ours.tracked().getOrDefault(replica, null);
        if (newest.isEmpty()) {
            // Once something was written the map has only what this replica lacked: one that was made anew lacks the
            // rest, too.
            boolean fromTheStart =
                    since != null && since.isEmpty() && ours.newest().isEmpty();
            return fromTheStart ? new Changes() : new Everything(theirs.condition() != Condition.FRESH);
        }
        int known = position(ours, newest.get().id());
        if (known >= 0) {
            boolean covered = since != null && (since.isEmpty() || position(ours, since.get()) >= known);
            return covered ? new Changes() : new Everything(true);
        }
        if (theirs.condition() == Condition.RESYNCING || newest.get().id().equals(discard)) {
            return new Everything(true);
        }
        return apart(ours, replica, theirs, newest.get());
    }

    private static Refusal apart(VolumeRecord ours, NodeId replica, VolumeRecord theirs, Generation newest) {
        if (ours.newest().isEmpty() || theirs.knows(ours.newest().get().id())) {
            return new Refusal(
                    Code.REPLICA_NEWER,
                    "volume " + ours.name() + ": the copy on " + replica + " has writes of generation " + newest
                            + " that this one lacks, and nothing is lost if " + replica
                            + " becomes the primary. To lose those writes instead, resync with --discard "
                            + newest.id(),
                    newest);
        }
        Optional<Generation> common =
                ours.generations().stream().filter(g -> theirs.knows(g.id())).findFirst();
        return new Refusal(
                Code.SPLIT_BRAIN,
                "volume " + ours.name() + ": split brain. This copy has writes of generation "
                        + ours.newest().get() + ", the one on " + replica + " has writes of generation " + newest
                        + common.map(g -> ", and they have been apart since generation " + g)
                                .orElse(", and they have no generation in common")
                        + ". One of them must be lost: to lose those of " + replica + ", resync with --discard "
                        + newest.id() + " here; to lose ours, make " + replica + " the primary and do the same there",
                newest);
    }

    private static int position(VolumeRecord volume, UUID generation) {
        for (int i = 0; i < volume.generations().size(); i++) {
            if (volume.generations().get(i).id().equals(generation)) {
                return i;
            }
        }
        return -1;
    }
}
