package norikae.mirror.store;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import norikae.failover.model.Epoch;
import norikae.failover.model.NodeId;
import norikae.failover.model.VolumeName;

/**
 * What one copy of a volume knows of itself. Immutable; kept by {@link VolumeDirectory}.
 *
 * @param name the volume's name
 * @param id the same for all its copies, and for no other volume's
 * @param size its bytes
 * @param epoch the highest epoch that ever wrote here or spoke for the volume; 0 if none did
 * @param condition what the blocks are worth
 * @param primary whether this copy was last opened to be written by a service, and not closed in good order since
 * @param applied the number, within the newest generation, up to which all writes are here on stable storage
 * @param generations the stretches of history whose writes are here, the newest first
 * @param tracked for each node whose {@code differs} map is kept here: the newest generation at the moment from which that
 *     map has every write; none if that is the volume's creation
 */
public record VolumeRecord(
        VolumeName name,
        UUID id,
        long size,
        long epoch,
        Condition condition,
        boolean primary,
        long applied,
        List<Generation> generations,
        Map<NodeId, Optional<UUID>> tracked) {

    /** Older ones are forgotten; a copy that was away for longer gets all blocks compared. */
    public static final int GENERATIONS_MAX = 64;

    /** What a volume's size is a multiple of. */
    public static final int SECTOR_BYTES = 512;

    public static final long SIZE_MAX = 64L << 40;

    public VolumeRecord {
        checkSize(size);
        generations = List.copyOf(generations);
        tracked = Map.copyOf(tracked);
        if (epoch < 0 || applied < 0 || generations.size() > GENERATIONS_MAX) {
            throw new IllegalArgumentException("volume record with epoch=" + epoch + " applied=" + applied
                    + " generations=" + generations.size() + " is not possible");
        }
        if (condition == Condition.CONSISTENT && generations.isEmpty()) {
            throw new IllegalArgumentException("a consistent copy has a generation");
        }
    }

    /** A new volume, never written. */
    public static VolumeRecord create(VolumeName name, UUID id, long size) {
        return new VolumeRecord(name, id, size, 0, Condition.FRESH, false, 0, List.of(), Map.of());
    }

    /** The size is one that a volume can have. */
    public static void checkSize(long size) {
        if (size <= 0 || size > SIZE_MAX || size % SECTOR_BYTES != 0) {
            throw new IllegalArgumentException("size " + size + " is not possible: use a multiple of " + SECTOR_BYTES
                    + " bytes, at least that and at most " + SIZE_MAX);
        }
    }

    /** The newest generation, if anything was ever written. */
    public Optional<Generation> newest() {
        return generations.isEmpty() ? Optional.empty() : Optional.of(generations.getFirst());
    }

    /** Whether the writes of {@code generation}, all or the first of them, are here. */
    public boolean knows(UUID generation) {
        return generations.stream().anyMatch(g -> g.id().equals(generation));
    }

    /** The same, under a higher epoch. */
    public VolumeRecord atEpoch(Epoch heard) {
        return new VolumeRecord(
                name, id, size, Math.max(epoch, heard.value()), condition, primary, applied, generations, tracked);
    }

    /** The same, with a new generation begun here. */
    public VolumeRecord begin(Epoch under, NodeId writer) {
        List<Generation> more = new ArrayList<>();
        more.add(Generation.begin(under, writer));
        more.addAll(generations.subList(0, Math.min(generations.size(), GENERATIONS_MAX - 1)));
        return new VolumeRecord(
                name, id, size, Math.max(epoch, under.value()), Condition.CONSISTENT, primary, 0, more, tracked);
    }

    /** The same, with more bytes. */
    public VolumeRecord withSize(long now) {
        return new VolumeRecord(name, id, now, epoch, condition, primary, applied, generations, tracked);
    }

    public VolumeRecord withPrimary(boolean now) {
        return new VolumeRecord(name, id, size, epoch, condition, now, applied, generations, tracked);
    }

    public VolumeRecord withCondition(Condition now) {
        return new VolumeRecord(name, id, size, epoch, now, primary, applied, generations, tracked);
    }

    /** The same, with another copy's history and everything of it up to {@code number} stable here. */
    public VolumeRecord following(List<Generation> history, long number) {
        return new VolumeRecord(name, id, size, epoch, condition, primary, number, history, tracked);
    }

    /** The same, with what {@code tracked} says. */
    public VolumeRecord withTracked(Map<NodeId, Optional<UUID>> now) {
        return new VolumeRecord(name, id, size, epoch, condition, primary, applied, generations, now);
    }

    /** As text, with a checksum. */
    public String text() {
        return RecordText.of(this);
    }

    /**
     * Reads what {@link #text} gives.
     *
     * @param where the place it comes from, for the message
     */
    public static VolumeRecord read(String text, String where) throws StoreException {
        return RecordText.read(text, where);
    }
}
