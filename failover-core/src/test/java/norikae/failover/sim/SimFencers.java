package norikae.failover.sim;

import java.util.function.Consumer;
import norikae.failover.fencing.FencingResult;
import norikae.failover.fencing.ProofKind;
import norikae.failover.model.NodeId;

/**
 * Devices that stop servers: they work after a while, fail, or hang, and then may have worked all the same. What they confirm
 * is true. Confined to one thread.
 */
final class SimFencers {

    private final Cluster cluster;
    private final Dice dice;

    SimFencers(Cluster cluster) {
        this.cluster = cluster;
        this.dice = new Dice(cluster.options.seed(), "fencers");
    }

    void stop(SimNode by, NodeId which, Consumer<FencingResult> told) {
        SimNode target = cluster.node(which);
        long needs = dice.millis(50, 1_500);
        if (cluster.isQuiet() || dice.chance(cluster.options.fencers())) {
            cluster.time.after(needs, () -> {
                cut(target);
                boolean answerLost = !cluster.isQuiet() && dice.chance(0.1);
                by.agentLater(
                        answerLost ? 4 * Timeline.SECOND : dice.millis(1, 300),
                        () -> told.accept(
                                answerLost
                                        ? new FencingResult.Unproven("no answer")
                                        : new FencingResult.Confirmed(ProofKind.CONFIRMED_OFF, "power cut")));
            });
        } else if (dice.chance(0.5)) {
            by.agentLater(needs, () -> told.accept(new FencingResult.Unproven("the device refuses")));
        } else {
            if (dice.chance(0.3)) {
                cluster.time.after(dice.millis(100, 6_000), () -> cut(target));
            }
            by.agentLater(dice.millis(2_000, 5_000), () -> told.accept(new FencingResult.Unproven("no answer")));
        }
    }

    private void cut(SimNode target) {
        if (cluster.planted.is(Plant.FENCER_LIES)) {
            return;
        }
        target.powerCut("fenced");
        if (dice.chance(0.7)) {
            cluster.time.after(dice.millis(200, 3_000), target::powerOn);
        }
    }
}
