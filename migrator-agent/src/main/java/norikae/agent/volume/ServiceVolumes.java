package norikae.agent.volume;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import norikae.agent.capsule.ServiceDisks;
import norikae.failover.model.NodeId;
import norikae.failover.model.ServiceSpec;
import norikae.failover.model.VolumeMount;
import norikae.failover.model.VolumeName;
import norikae.mirror.primary.PrimaryVolume;

/** The mirrored volumes of services: mounted where the service is, and handed over where it goes. Thread-safe. */
public final class ServiceVolumes implements ServiceDisks {

    /** After a failover, the node has to hear of it and to open its copy. */
    private static final Duration OPEN_PATIENCE = Duration.ofSeconds(15);

    private static final Duration SYNC_PATIENCE = Duration.ofSeconds(60);

    private final VolumeKeeper keeper;
    private final VolumeMounts mounts;

    public ServiceVolumes(VolumeKeeper keeper, VolumeMounts mounts) {
        this.keeper = keeper;
        this.mounts = mounts;
    }

    /** Outer mount points before those in them. */
    private static List<VolumeMount> inOrder(ServiceSpec spec) {
        return spec.volumesOrNone().stream()
                .sorted(Comparator.comparing(VolumeMount::path))
                .toList();
    }

    private interface Work {
        void on(VolumeMount mount) throws IOException, InterruptedException;
    }

    private static void each(List<VolumeMount> all, Work work) throws IOException {
        for (VolumeMount mount : all) {
            try {
                work.on(mount);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted with volume " + mount.volume(), e);
            }
        }
    }

    // ---- where it starts and ends

    @Override
    public void mount(ServiceSpec spec) throws IOException {
        try {
            each(inOrder(spec), mount -> {
                PrimaryVolume volume = keeper.awaitWritten(mount.volume(), OPEN_PATIENCE);
                mounts.attach(mount.volume(), volume.size());
                mounts.mount(mount.volume(), Path.of(mount.path()), Optional.of(spec.user()));
            });
        } catch (IOException e) {
            try {
                unmount(spec);
            } catch (IOException left) {
                e.addSuppressed(left);
            }
            throw e;
        }
    }

    @Override
    public void letGo(ServiceSpec spec) {
        for (VolumeMount mount : spec.volumesOrNone()) {
            if (!keeper.serves(mount.volume())) {
                mounts.cut(mount.volume());
            }
        }
    }

    @Override
    public void cut(ServiceSpec spec) {
        spec.volumesOrNone().forEach(mount -> mounts.cut(mount.volume()));
    }

    @Override
    public void unmount(ServiceSpec spec) throws IOException {
        List<VolumeMount> innerFirst = inOrder(spec).reversed();
        IOException failure = null;
        for (VolumeMount mount : innerFirst) {
            try {
                mounts.unmount(mount.volume(), keeper.serves(mount.volume()));
            } catch (IOException e) {
                if (failure == null) {
                    failure = e;
                } else {
                    failure.addSuppressed(e);
                }
            }
            keeper.withdraw(mount.volume());
        }
        if (failure != null) {
            throw failure;
        }
    }

    // ---- where it comes from

    /** Writes back what the kernel holds, while the service runs: that much less is left for the pause. */
    public void sync(ServiceSpec spec) throws IOException {
        each(inOrder(spec), mount -> mounts.sync(mount.volume(), SYNC_PATIENCE));
    }

    /**
     * The service stands still: brings all that it has written to {@code to}, and lets nobody write until {@link #resume}.
     *
     * @throws IOException if that node does not have everything; then nothing has changed
     */
    public void suspend(ServiceSpec spec, NodeId to, Duration patience) throws IOException {
        List<VolumeName> suspended = new ArrayList<>();
        try {
            each(inOrder(spec), mount -> {
                mounts.sync(mount.volume(), patience);
                keeper.suspend(mount.volume(), to, patience);
                suspended.add(mount.volume());
            });
        } catch (IOException e) {
            suspended.forEach(keeper::resume);
            throw e;
        }
    }

    /** It goes on here. Idempotent. */
    public void resume(ServiceSpec spec) {
        spec.volumesOrNone().forEach(mount -> keeper.resume(mount.volume()));
    }

    // ---- where it goes

    /**
     * The service may come here: prepares all that does not need to know what is on the volumes.
     *
     * @throws IOException if one of them has no copy here; what was prepared goes with the capsule
     */
    public void promise(ServiceSpec spec) throws IOException {
        each(inOrder(spec), mount -> {
            keeper.promise(mount.volume());
            mounts.attach(mount.volume(), keeper.size(mount.volume()));
        });
    }

    /** Nobody writes the volumes any more: mounts them, for the time being without consequences. */
    public void take(ServiceSpec spec) throws IOException {
        each(inOrder(spec), mount -> {
            keeper.take(mount.volume());
            mounts.mount(mount.volume(), Path.of(mount.path()), Optional.empty());
        });
    }

    /** The service is this node's, and nobody can take it back: from now on what is written counts. Idempotent. */
    public void activate(ServiceSpec spec) throws IOException {
        each(inOrder(spec), mount -> keeper.activate(mount.volume()));
    }
}
