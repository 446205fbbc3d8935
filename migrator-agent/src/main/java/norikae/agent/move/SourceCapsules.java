package norikae.agent.move;

import java.io.IOException;
import java.io.UncheckedIOException;
import norikae.agent.capsule.Capsule;
import norikae.agent.criu.GroupStop;
import norikae.failover.model.Epoch;
import norikae.linux.NoSuchProcessException;
import norikae.linux.Procfs;
import norikae.linux.TcpRepair;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The two ways in which a copy on its way out ends; used by the live move and by the resolver alike. */
final class SourceCapsules {

    private static final Logger LOG = LoggerFactory.getLogger(SourceCapsules.class);

    private SourceCapsules() {}

    /** Resident memory of the whole tree. */
    static long residentBytes(Capsule capsule) {
        long bytes = 0;
        try {
            for (int pid : capsule.cgroup().procs()) {
                try {
                    bytes += Procfs.residentBytes(pid);
                } catch (NoSuchProcessException e) {
                    LOG.debug("pid={} ended meanwhile", pid);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("memory of service " + capsule.service() + " cannot be read", e);
        }
        return bytes;
    }

    /**
     * Undoes a freeze, whoever did it and whatever became of CRIU: sockets out of repair mode, link attached, tasks
     * thawed. On a service that runs it does nothing.
     */
    static void thaw(Capsule capsule, Epoch epoch) {
        try {
            if (!capsule.alive()) {
                LOG.warn("service={} ended while it was held", capsule.service());
                capsule.markRunning(epoch); // which finds it gone and tells so
                return;
            }
            // A CRIU that was killed leaves sockets in repair mode: they would neither send nor answer for ever.
            int healed = TcpRepair.heal(capsule.cgroup().procs());
            if (healed > 0) {
                LOG.warn(
                        "service={} took {} sockets out of repair mode that CRIU had left behind",
                        capsule.service(),
                        healed);
            }
            capsule.attachLink();
            capsule.thaw();
            GroupStop.release(capsule.cgroup().procs());
            capsule.announce();
            capsule.markRunning(epoch);
        } catch (IOException e) {
            LOG.error(
                    "service={} could not be thawed; the resolver tries again: {}", capsule.service(), e.getMessage());
            throw new UncheckedIOException(e);
        }
    }

    /** Kills the frozen copy. Its sockets die silently: their link is detached. */
    static void destroy(Capsule capsule) {
        try {
            capsule.destroy();
        } catch (IOException e) {
            LOG.error(
                    "service={} the frozen copy could not be destroyed; the resolver tries again: {}",
                    capsule.service(),
                    e.getMessage());
            throw new UncheckedIOException(e);
        }
    }
}
