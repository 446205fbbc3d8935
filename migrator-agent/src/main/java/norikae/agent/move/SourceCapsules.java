package norikae.agent.move;

import java.io.IOException;
import norikae.agent.capsule.Capsule;
import norikae.failover.model.Epoch;
import norikae.linux.TcpRepair;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The two ways in which a copy on its way out ends; used by the live move and by the resolver alike. */
final class SourceCapsules {

    private static final Logger LOG = LoggerFactory.getLogger(SourceCapsules.class);

    private final MoveContext context;

    SourceCapsules(MoveContext context) {
        this.context = context;
    }

    /**
     * Undoes a freeze, whoever did it and whatever became of CRIU: sockets out of repair mode, link attached, tasks
     * thawed. On a service that runs it does nothing.
     */
    void thaw(Capsule capsule, Epoch epoch) {
        try {
            if (!capsule.alive()) {
                LOG.warn("service={} ended while it was held", capsule.service());
                return;
            }
            // A CRIU that was killed leaves sockets in repair mode: they would neither send nor answer for ever.
            int healed = TcpRepair.healCapsule(capsule.cgroup().procs());
            if (healed > 0) {
                LOG.warn("service={} took {} sockets out of repair mode that CRIU had left behind", capsule.service(), healed);
            }
            capsule.attachLink();
            capsule.thaw();
            capsule.announce();
            capsule.markRunning(epoch);
        } catch (IOException e) {
            LOG.error("service={} could not be thawed; the resolver tries again: {}", capsule.service(), e.getMessage());
            throw new java.io.UncheckedIOException(e);
        }
    }

    /** Kills the frozen copy. Its sockets die silently: their link is detached. */
    void destroy(Capsule capsule) {
        try {
            capsule.destroy();
        } catch (IOException e) {
            LOG.error("service={} the frozen copy could not be destroyed; the resolver tries again: {}",
                    capsule.service(), e.getMessage());
            throw new java.io.UncheckedIOException(e);
        }
        context.capsules();
    }
}
