package norikae.agent.failover;

import java.time.Duration;
import java.util.Optional;
import java.util.function.Function;
import norikae.failover.fencing.Fencer;
import norikae.failover.fencing.FencingResult;
import norikae.failover.model.NodeId;

/** The devices with which this node can stop others. Thread-safe. */
public final class Devices {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final Function<NodeId, Optional<Fencer>> plan;

    /** @param plan asked anew each time, so that it may change */
    public Devices(Function<NodeId, Optional<Fencer>> plan) {
        this.plan = plan;
    }

    public FencingResult stop(NodeId node) throws InterruptedException {
        Optional<Fencer> fencer = plan.apply(node);
        if (fencer.isEmpty()) {
            return new FencingResult.Unproven("no fencing device for node " + node
                    + " is configured here: name one in fencing.json, or make sure that the server is off and say so with"
                    + " 'norikae node confirm-off " + node + "'");
        }
        return fencer.get().stop(PATIENCE);
    }

    /** Whether it could be stopped now; empty if there is no device for it. */
    public Optional<Fencer.Readiness> check(NodeId node) throws InterruptedException {
        Optional<Fencer> fencer = plan.apply(node);
        return fencer.isEmpty() ? Optional.empty() : Optional.of(fencer.get().check(PATIENCE));
    }

    public String description(NodeId node) {
        return plan.apply(node).map(Fencer::description).orElse("none");
    }
}
