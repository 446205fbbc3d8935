package norikae.agent.volume;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import norikae.failover.model.VolumeName;
import norikae.mirror.SwitchedDevice;
import norikae.mirror.primary.PrimaryVolume;
import norikae.mirror.replica.ProvisionalVolume;
import norikae.mirror.replica.ReplicaVolume;
import norikae.mirror.store.StoreException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A replica that may be handed over to this node with a service, and may not. Its file says so to the next agent, too: as long as it is
 * there, nobody opens the volume to write it but whoever knows how the move ended. Guarded by its keeper.
 */
final class PromisedVolume {

    private static final Logger LOG = LoggerFactory.getLogger(PromisedVolume.class);

    private final VolumeName name;
    private final ReplicaVolume replica;
    private final SwitchedDevice device;
    private final Path file;
    private @Nullable ProvisionalVolume written;

    private PromisedVolume(VolumeName name, ReplicaVolume replica, Path file) {
        this.name = name;
        this.replica = replica;
        this.device = new SwitchedDevice(replica.record().size());
        this.file = file;
    }

    /** Its clients wait until it is taken. */
    static PromisedVolume of(VolumeName name, ReplicaVolume replica, Path file) throws StoreException {
        try {
            Files.writeString(file, "");
        } catch (IOException e) {
            throw StoreException.of("noting that volume " + name + " is to come here", e);
        }
        return new PromisedVolume(name, replica, file);
    }

    ReplicaVolume replica() {
        return replica;
    }

    SwitchedDevice device() {
        return device;
    }

    /** Serves its clients as if nothing of what they write were certain. */
    void take() throws StoreException {
        if (written != null) {
            throw new StoreException(StoreException.Kind.CLOSED, "volume " + name + " was taken already");
        }
        replica.holdStill();
        ProvisionalVolume provisional = ProvisionalVolume.open(replica, file);
        written = provisional;
        device.goOn(provisional);
    }

    /** Nothing is served any more; the replica still holds still, and the file stays. */
    void end(String why) {
        device.end(new StoreException(StoreException.Kind.CLOSED, why));
        closeFile();
    }

    /** Its clients wait; the file has all that they have written, and the replica can be opened by somebody else. */
    void handOver(Duration patience) throws StoreException {
        if (!device.isHeld()) {
            device.hold(patience);
        }
        closeFile();
        replica.close();
    }

    private void closeFile() {
        ProvisionalVolume open = written;
        if (open != null) {
            try {
                open.close();
            } catch (StoreException e) {
                LOG.warn("volume={} {}", name, e.getMessage());
            }
        }
    }

    /** What was written provisionally, by this agent or one before it, is written in earnest. May be repeated. */
    static void redeem(Path file, PrimaryVolume into) throws StoreException {
        if (!Files.exists(file)) {
            return;
        }
        ProvisionalVolume.replay(file, into);
        try {
            Files.delete(file);
        } catch (IOException e) {
            throw StoreException.of("removing " + file, e);
        }
    }

    /** What was written provisionally never happened. */
    static void forget(VolumeName name, Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            LOG.error("volume={} cannot be written here until this is removed: {}", name, e.getMessage());
        }
    }
}
