package norikae.agent.capsule;

import java.io.IOException;
import norikae.failover.model.ServiceSpec;

/** The disks of services as their capsules need them: there before the service starts, and gone after it has ended. Thread-safe. */
public interface ServiceDisks {

    /** For services that have none. */
    ServiceDisks NONE = new ServiceDisks() {
        @Override
        public void mount(ServiceSpec spec) {}

        @Override
        public void letGo(ServiceSpec spec) {}

        @Override
        public void cut(ServiceSpec spec) {}

        @Override
        public void unmount(ServiceSpec spec) {}
    };

    /**
     * Mounts what the service has; what is mounted already stays.
     *
     * @throws IOException naming the volume and what is wrong; then nothing is mounted
     */
    void mount(ServiceSpec spec) throws IOException;

    /** Its processes are about to be killed: if its disks are not this node's to write any more, nobody waits for them from now on. */
    void letGo(ServiceSpec spec);

    /** Nobody waits for its disks from now on, whatever they have not written. */
    void cut(ServiceSpec spec);

    /** Its processes are gone: writes back what can be written back, unmounts, and forgets what came of a move. Idempotent. */
    void unmount(ServiceSpec spec) throws IOException;
}
