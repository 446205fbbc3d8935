package norikae.failover.model;

import norikae.failover.fencing.ProofKind;
import org.jspecify.annotations.Nullable;

/**
 * Whether a server is trusted to run services; immutable.
 *
 * @param boot names one life of the node: every process of an earlier one is gone for certain. Later lives have higher
 *     numbers
 * @param by who put it into this phase
 * @param proof why nothing of it runs any more; {@code null} unless FENCED
 * @param detail one line: why it is suspected, or how it was stopped
 * @param maintenance the operator works on it: it is neither suspected nor given new services
 */
public record NodeHealth(
        long boot, Phase phase, String by, @Nullable ProofKind proof, String detail, boolean maintenance) {

    /** See {@code docs/protocol.md} for the table of transitions. */
    public enum Phase {
        /** It may hold a lease. */
        UP,
        /** It gets no more leases and is being stopped; its services may still run. */
        FENCING,
        /** Stopped for certain. */
        FENCED
    }

    static NodeHealth up(long boot, boolean maintenance) {
        return new NodeHealth(boot, Phase.UP, "", null, "", maintenance);
    }
}
