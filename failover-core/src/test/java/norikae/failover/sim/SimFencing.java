package norikae.failover.sim;

import java.util.function.Consumer;
import norikae.failover.fencing.FencingResult;
import norikae.failover.fencing.ProofKind;

/** The devices that cut a server's power: they succeed, fail or hang, and never lie. Confined to one thread. */
final class SimFencing {

    private static final long PATIENCE = 6 * Timeline.SECOND;

    private final World world;
    private final Dice dice;
    double fails;
    double hangs;

    SimFencing(World world) {
        this.world = world;
        this.dice = world.dice("fencing");
        this.fails = world.options.fencerFails();
        this.hangs = world.options.fencerHangs();
    }

    void stop(SimNode target, Consumer<FencingResult> answer) {
        long delay = dice.skewedMillis(50, 3_000);
        if (dice.chance(hangs)) {
            boolean cutsAllTheSame = dice.chance(0.3);
            if (cutsAllTheSame) {
                world.time.after(delay, () -> cut(target));
            }
            world.time.after(PATIENCE, () -> answer.accept(new FencingResult.Unproven("no answer from the device")));
        } else if (dice.chance(fails)) {
            world.time.after(delay, () -> answer.accept(new FencingResult.Unproven("the device refuses")));
        } else {
            world.time.after(delay, () -> {
                cut(target);
                world.time.after(
                        dice.millis(1, 300),
                        () -> answer.accept(new FencingResult.Confirmed(ProofKind.CONFIRMED_OFF, "its power was cut")));
            });
        }
    }

    private void cut(SimNode target) {
        target.powerCut("fenced");
        world.time.after(dice.millis(500, 12_000), target::powerOn);
    }
}
