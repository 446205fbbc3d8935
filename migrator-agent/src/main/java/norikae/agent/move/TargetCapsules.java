package norikae.agent.move;

import java.io.IOException;
import java.io.UncheckedIOException;
import norikae.agent.capsule.Capsule;
import norikae.agent.criu.GroupStop;
import norikae.failover.fault.FaultPoint;
import norikae.failover.model.Command;
import norikae.failover.model.MoveId;
import norikae.failover.model.NodeId;
import norikae.failover.model.Outcome;
import norikae.failover.model.ServiceRecord;

/** The one way in which a copy that came here begins to run; used by the live move and by the resolver alike. */
final class TargetCapsules {

    private final MoveContext context;

    TargetCapsules(MoveContext context) {
        this.context = context;
    }

    /**
     * Lets a whole, frozen tree run. The durable mark comes first: from then on nobody may claim that it never ran, and
     * what is written to its volumes counts. The
     * link comes before the thaw, so that the first packet that the service sends gets out.
     */
    void letRun(Capsule capsule, MoveId id) {
        letRun(capsule, id, KeptFrames.NONE);
    }

    /** The same, and what came for the service in the meantime is delivered as soon as it can be answered. */
    void letRun(Capsule capsule, MoveId id, KeptFrames frames) {
        try {
            context.capsules().markMayHaveResumed(id.value());
            if (!capsule.spec().volumesOrNone().isEmpty()) {
                context.volumes().activate(capsule.spec());
                context.faults()
                        .reached(FaultPoint.TARGET_ACTIVATED, capsule.service().value());
            }
            capsule.attachLink();
            frames.deliverTo(capsule);
            capsule.thaw();
            GroupStop.release(capsule.cgroup().procs());
            capsule.announce();
            capsule.markRunning(capsule.epoch());
        } catch (IOException e) {
            throw new UncheckedIOException("service " + capsule.service() + " owns its epoch but cannot be let run", e);
        }
    }

    /**
     * The service runs here, and the rest of its memory is lost with the other node. It must not go on without; what it is
     * reported for is what it is.
     */
    void lose(Capsule capsule, MoveId id, NodeId source) throws InterruptedException {
        LogVerdicts verdicts = new LogVerdicts(context.log(), context.settings());
        long now = System.currentTimeMillis();
        Outcome _ = verdicts.insist(new Command.ReportService(
                capsule.service(),
                context.self(),
                capsule.epoch(),
                ServiceRecord.Phase.FAILED,
                "the rest of its memory was lost with node " + source + " during the drain of move " + id,
                now));
        try {
            capsule.cgroup().kill();
        } catch (IOException e) {
            throw new UncheckedIOException("processes of " + capsule.service() + " could not be killed", e);
        }
        context.fills().forget(capsule.service());
        Outcome _ = verdicts.insist(new Command.MarkResumed(id, now)); // nobody needs the frozen copy any more
    }
}
