package norikae.agent.volume;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.UUID;
import java.util.stream.Stream;
import norikae.failover.model.NodeId;
import norikae.failover.model.Volume;
import norikae.failover.model.VolumeName;
import norikae.mirror.store.Condition;
import norikae.mirror.store.StoreException;
import norikae.mirror.store.VolumeDirectory;
import norikae.mirror.store.VolumeRecord;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The directories of this node's copies: made, looked at before they are opened, and removed. Stateless. */
final class LocalCopies {

    private static final Logger LOG = LoggerFactory.getLogger(LocalCopies.class);

    private final NodeId self;
    private final CopyPlaces places;

    LocalCopies(NodeId self, CopyPlaces places) {
        this.self = self;
        this.places = places;
    }

    Path of(Volume volume) throws StoreException {
        return places.of(volume, self);
    }

    /**
     * Makes an empty copy; one that is there already under the same identity is left as it is.
     *
     * @param storage where it lies; {@code null}: on this node's own disk
     * @param made whether another node has made it there, and this one only has to see it
     */
    void prepare(VolumeName name, UUID id, long bytes, @Nullable String storage, boolean made) throws StoreException {
        if (storage != null && !made) {
            places.mark(name, storage);
        }
        Path path = places.of(name, storage);
        if (made && !Files.exists(path)) {
            throw new StoreException(
                    StoreException.Kind.DISK,
                    "node " + self + " does not see the copy of volume " + name + " that was made on shared storage "
                            + storage + ": there is no " + path
                            + "; both nodes must have the same directory under this name");
        }
        if (Files.exists(path)) {
            if (idOf(path).equals(id)) {
                return;
            }
            throw new StoreException(
                    StoreException.Kind.DAMAGED,
                    path + " on node " + self + " holds another volume that was called " + name
                            + ": move the directory away if nothing in it is needed");
        }
        VolumeDirectory.create(path, name, id, bytes);
    }

    private static UUID idOf(Path path) throws StoreException {
        try (VolumeDirectory there = VolumeDirectory.open(path)) {
            return there.record().id();
        }
    }

    /** Makes a copy for its primary to fill; until that is done it is worth nothing, and says so. */
    void makeAnew(Volume volume) throws StoreException {
        Path path = of(volume);
        VolumeDirectory.create(path, volume.name(), volume.id(), volume.bytes());
        try (VolumeDirectory made = VolumeDirectory.open(path)) {
            made.update(r -> r.withCondition(Condition.RESYNCING));
        }
        LOG.warn("volume={} was not there: its copy is made anew, and {} fills it", volume.name(), volume.primary());
    }

    /** A directory may be left from a volume that had the same name; one that was away while its volume grew does so now. */
    void requireFit(Volume volume) throws StoreException {
        Path path = of(volume);
        try (VolumeDirectory opened = VolumeDirectory.open(path)) {
            VolumeRecord record = opened.record();
            if (!record.id().equals(volume.id())) {
                throw new StoreException(
                        StoreException.Kind.DAMAGED,
                        path + " holds volume " + record.id() + " of " + record.size() + " bytes, but the log says "
                                + volume.id() + " of " + volume.bytes()
                                + ": move the directory away, and have the volume's copy made anew");
            }
            if (record.size() > volume.bytes()) {
                throw new StoreException(
                        StoreException.Kind.DAMAGED,
                        path + " holds " + record.size() + " bytes of volume " + volume.name() + ", but the log says "
                                + volume.bytes() + ", and volumes only grow: this node's log may be behind; if this"
                                + " stays so, the log was restored from a backup");
            }
            if (record.size() < volume.bytes()) {
                opened.grow(volume.bytes());
                LOG.info("volume={} has grown here from {} to {} bytes", volume.name(), record.size(), volume.bytes());
            }
        }
    }

    /** Whether a copy here could have so many bytes; changes nothing. */
    void requireRoom(VolumeName name, @Nullable String storage, UUID id, long bytes) throws StoreException {
        VolumeDirectory.requireRoom(places.of(name, storage), id, bytes);
    }

    /** Removes one that nobody has open; that of another volume is kept, and an error. */
    void remove(VolumeName name, UUID id, @Nullable String storage) throws StoreException {
        Path path = places.of(name, storage);
        if (!Files.exists(path)) {
            return;
        }
        if (!idOf(path).equals(id)) {
            throw new StoreException(
                    StoreException.Kind.DAMAGED, path + " on node " + self + " holds another volume: it is kept");
        }
        try (Stream<Path> files = Files.walk(path)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw StoreException.of("removing the copy of volume " + name, e);
        }
    }
}
