package norikae.agent.volume;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import norikae.failover.model.NodeId;
import norikae.failover.model.Volume;
import norikae.failover.model.VolumeCopy;
import norikae.failover.model.VolumeName;
import norikae.mirror.store.StoreException;
import org.jspecify.annotations.Nullable;

/**
 * Where this node's copies of volumes lie: on its own disk, or on a storage that other nodes reach, too. Immutable.
 *
 * <p>A storage is used only where a mark of ours lies on it: a directory on which it is not mounted has none, and what is missing
 * there is not missing on the storage.
 */
public record CopyPlaces(Path own, Map<String, Path> shared) {

    private static final String MARK = "norikae.storage";

    public CopyPlaces {
        shared = Map.copyOf(shared);
    }

    /** All on this node's own disk. */
    public static CopyPlaces of(Path own) {
        return new CopyPlaces(own, Map.of());
    }

    /**
     * The directory of this node's copy.
     *
     * @throws StoreException it is on a storage that this node does not reach
     */
    Path of(Volume volume, NodeId self) throws StoreException {
        return of(volume.name(), storage(volume, self));
    }

    static @Nullable String storage(Volume volume, NodeId self) {
        return Optional.ofNullable(volume.copyOn(self)).map(VolumeCopy::shared).orElse(null);
    }

    Path of(VolumeName volume, @Nullable String storage) throws StoreException {
        if (storage == null) {
            return own.resolve(volume.value());
        }
        Path mark = root(volume, storage).resolve(MARK);
        try {
            if (Files.exists(mark) && Files.readString(mark).strip().equals(storage)) {
                return root(volume, storage).resolve(volume.value());
            }
        } catch (IOException e) {
            throw StoreException.of("reading " + mark + " of shared storage " + storage, e);
        }
        throw new StoreException(
                StoreException.Kind.DISK,
                "shared storage " + storage + ", on which volume " + volume + " lies, is not mounted on "
                        + root(volume, storage) + ": there is no " + mark + " that names it; mount it there");
    }

    private Path root(VolumeName volume, String storage) throws StoreException {
        Path root = shared.get(storage);
        if (root == null) {
            throw new StoreException(
                    StoreException.Kind.DISK,
                    "volume " + volume + " is to lie on shared storage " + storage + ", and this node has "
                            + (shared.isEmpty() ? "none" : "only " + shared.keySet())
                            + ": write \"sharedStorage\": {\"" + storage
                            + "\": DIRECTORY} into its node.json, and restart its agent");
        }
        return root;
    }

    /** Marks a storage as this one, so that copies can be made on it. */
    void mark(VolumeName volume, String storage) throws StoreException {
        Path root = root(volume, storage);
        Path mark = root.resolve(MARK);
        try {
            if (!Files.exists(mark)) {
                Files.createDirectories(root);
                Files.writeString(mark, storage + "\n");
            }
        } catch (IOException e) {
            throw StoreException.of("marking " + root + " as shared storage " + storage, e);
        }
    }
}
