package norikae.agent.volume;

import java.time.Duration;
import norikae.agent.capsule.Capsule;
import norikae.agent.capsule.CapsuleManager;
import norikae.failover.model.Epoch;
import norikae.failover.model.ServiceName;
import norikae.failover.model.VolumeMount;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks whether what stands between services and their volumes still runs. Without it every request of theirs fails, and most
 * programs do not end for that: so the service is started again, and its volumes are mounted anew. Thread-safe.
 */
public final class MountWatch implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(MountWatch.class);
    private static final Duration LOOK_AGAIN = Duration.ofMillis(500);

    private final CapsuleManager capsules;
    private final VolumeMounts mounts;
    private final Restart restart;
    private final Thread thread;

    /** Ends a service and has it started again, here or elsewhere. */
    @FunctionalInterface
    public interface Restart {
        void of(ServiceName service, Epoch epoch, String reason) throws InterruptedException;
    }

    private MountWatch(CapsuleManager capsules, VolumeMounts mounts, Restart restart) {
        this.capsules = capsules;
        this.mounts = mounts;
        this.restart = restart;
        this.thread = Thread.ofPlatform().daemon().name("mount-watch").unstarted(this::run);
    }

    public static MountWatch start(CapsuleManager capsules, VolumeMounts mounts, Restart restart) {
        MountWatch watch = new MountWatch(capsules, mounts, restart);
        watch.thread.start();
        return watch;
    }

    private void run() {
        try {
            while (true) {
                for (Capsule capsule : capsules.running()) {
                    look(capsule);
                }
                Thread.sleep(LOOK_AGAIN);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void look(Capsule capsule) throws InterruptedException {
        for (VolumeMount mount : capsule.spec().volumesOrNone()) {
            if (!mounts.isAlive(mount.volume()) && capsule.alive() && !capsule.moves()) {
                LOG.error("volume={} service={} lost its device here", mount.volume(), capsule.service());
                restart.of(
                        capsule.service(),
                        capsule.epoch(),
                        "the program behind volume " + mount.volume() + " ended, and its file system with it");
                return;
            }
        }
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
