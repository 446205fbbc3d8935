package norikae.failover.model;

import java.util.Collections;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A mirrored volume and its one primary.
 *
 * @param id the same on all its copies, and on no other volume's, also not on one that had its name before
 * @param bytes its size
 * @param primary the only node that may write it, under {@code epoch}
 * @param copies the nodes that hold one, the primary among them
 * @param lossy the epoch of the last promotion of a copy that lacked acknowledged writes; {@code null} if there was none
 * @param idle whether nobody writes it, {@code primary} being who did last; {@code null} means no
 * @param mirror how replicas are kept up to date; {@code null} means {@link MirrorOptions#DEFAULT}
 */
public record Volume(
        VolumeName name,
        UUID id,
        long bytes,
        NodeId primary,
        Epoch epoch,
        SortedMap<NodeId, VolumeCopy> copies,
        @Nullable Epoch lossy,
        @Nullable Boolean idle,
        @Nullable MirrorOptions mirror) {

    public static final int SECTOR_BYTES = 512;
    public static final long BYTES_MAX = 64L << 40;
    public static final int COPIES_MAX = 8;

    public Volume {
        if (bytes <= 0 || bytes > BYTES_MAX || bytes % SECTOR_BYTES != 0) {
            throw new IllegalArgumentException("volume " + name + " cannot have " + bytes + " bytes: use a multiple of "
                    + SECTOR_BYTES + ", at most " + BYTES_MAX);
        }
        if (copies.size() > COPIES_MAX || !copies.containsKey(primary)) {
            throw new IllegalArgumentException("volume " + name + " cannot have copies on " + copies.keySet()
                    + ": its primary " + primary + " must be among them, and at most " + COPIES_MAX + " nodes");
        }
        copies = Collections.unmodifiableSortedMap(new TreeMap<>(copies));
    }

    public @Nullable VolumeCopy copyOn(NodeId node) {
        return copies.get(node);
    }

    /** Whether {@code node} can become primary without losing an acknowledged write. */
    public boolean isWholeOn(NodeId node) {
        return copies.entrySet().stream()
                .anyMatch(copy -> isOneCopy(copy.getKey(), node)
                        && (copy.getKey().equals(primary)
                                || copy.getValue().standing() == VolumeCopy.Standing.IN_SYNC));
    }

    /** Whether both nodes hold a copy, and it is the same one: that of one node, or one on a storage that both reach. */
    public boolean isOneCopy(NodeId a, NodeId b) {
        VolumeCopy copy = copies.get(a);
        VolumeCopy another = copies.get(b);
        return copy != null
                && another != null
                && (a.equals(b) || (copy.shared() != null && copy.shared().equals(another.shared())));
    }

    /**
     * Whether {@code node} is to have its copy open. Of nodes that share one, it is the primary if that is among them; otherwise
     * the first that is not stopped, for the primary to fill the copy.
     *
     * @param stopped nodes of which it is proved
     */
    public boolean isHeldBy(NodeId node, Predicate<NodeId> stopped) {
        return copies.keySet().stream()
                .filter(other -> isOneCopy(other, node))
                .filter(other -> isOneCopy(other, primary)
                        ? other.equals(primary)
                        : stopped.negate().test(other))
                .findFirst()
                .filter(node::equals)
                .isPresent();
    }

    /** Whether {@code node} and its primary have one copy between them. */
    public boolean sharesWithPrimary(NodeId node) {
        return !node.equals(primary) && isOneCopy(node, primary);
    }

    /** Whether a running service can take it along to {@code node}: a move reads it there before that node may write it. */
    public boolean canBeTakenTo(NodeId node) {
        return isWholeOn(node) && !sharesWithPrimary(node);
    }

    /** Whether nobody writes it until a copy is promoted. */
    public boolean idles() {
        return Boolean.TRUE.equals(idle);
    }

    /** Whether {@code node} is to write it. */
    public boolean isWrittenBy(NodeId node) {
        return !idles() && primary.equals(node);
    }

    public MirrorOptions mirrorOrDefault() {
        return mirror == null ? MirrorOptions.DEFAULT : mirror;
    }

    /**
     * Whether what a copy wrote under {@code written}, and its present primary does not have, was certainly never acknowledged:
     * an earlier primary wrote it, and since then only copies were promoted that had every acknowledged write.
     */
    public boolean mayDiscardWritesOf(Epoch written) {
        return written.compareTo(epoch) < 0 && (lossy == null || lossy.compareTo(written) <= 0);
    }

    Volume withCopy(NodeId node, VolumeCopy copy) {
        SortedMap<NodeId, VolumeCopy> all = new TreeMap<>(copies);
        all.put(node, copy);
        return new Volume(name, id, bytes, primary, epoch, all, lossy, idle, mirror);
    }

    /** The same after acknowledged writes were lost on the way to this epoch. */
    Volume withLoss() {
        return new Volume(name, id, bytes, primary, epoch, copies, epoch, idle, mirror);
    }

    /**
     * The same with another primary, under the next epoch. It begins alone: until it has told that another copy is with it again,
     * it acknowledges writes without that one.
     */
    Volume writtenBy(NodeId next) {
        SortedMap<NodeId, VolumeCopy> all = new TreeMap<>();
        copies.forEach((node, copy) -> all.put(
                node,
                node.equals(next)
                        ? copy.with(VolumeCopy.Standing.IN_SYNC, 0, "")
                        : copy.with(VolumeCopy.Standing.BEHIND, 0, "node " + next + " became primary")));
        return new Volume(name, id, bytes, next, epoch.next(), all, lossy, null, mirror);
    }

    /**
     * The same, written by nobody, under the next epoch.
     *
     * @param complete replicas that have every write, whatever the log knew of them
     */
    Volume atRest(Set<NodeId> complete) {
        SortedMap<NodeId, VolumeCopy> all = new TreeMap<>();
        copies.forEach((node, copy) -> all.put(
                node,
                isWholeOn(node) || complete.stream().anyMatch(other -> isOneCopy(other, node))
                        ? copy.with(VolumeCopy.Standing.IN_SYNC, 0, "")
                        : copy.with(VolumeCopy.Standing.BEHIND, 0, copy.detail())));
        return new Volume(name, id, bytes, primary, epoch.next(), all, lossy, true, mirror);
    }

    /** The same, larger, under the next epoch: whoever has it open must open it anew. What is new in it is zeros everywhere. */
    Volume grownTo(long newBytes) {
        Volume next = idles() ? atRest(Set.of()) : writtenBy(primary);
        return new Volume(name, id, newBytes, primary, next.epoch, next.copies, lossy, idle, mirror);
    }
}
