package norikae.failover.sim;

import java.util.Arrays;
import norikae.failover.member.Beat;

/** Who reaches whom, and how badly. Confined to one thread. */
final class SimNetwork {

    private final World world;
    private final Dice dice;
    private boolean[][] cut = new boolean[0][0];
    double loss;
    double delayMillisMax;

    SimNetwork(World world) {
        this.world = world;
        this.dice = world.dice("network");
        this.loss = world.options.loss();
        this.delayMillisMax = world.options.delayMillisMax();
    }

    void size(int nodes) {
        cut = new boolean[nodes][nodes];
    }

    void cut(SimNode from, SimNode to, boolean isCut) {
        cut[from.index][to.index] = isCut;
    }

    void heal() {
        for (boolean[] row : cut) {
            Arrays.fill(row, false);
        }
        loss = world.options.loss();
        delayMillisMax = world.options.delayMillisMax();
    }

    /** Both ways, and both ends answer. */
    boolean reach(SimNode a, SimNode b) {
        return a.answers() && b.answers() && !cut[a.index][b.index] && !cut[b.index][a.index];
    }

    long delay() {
        return dice.skewedMillis(0.1, delayMillisMax);
    }

    void beat(SimNode from, Beat beat) {
        for (SimNode to : world.nodes) {
            if (to != from && !cut[from.index][to.index] && !dice.chance(loss)) {
                carry(beat, from, to);
                if (dice.chance(world.options.duplicates())) {
                    carry(beat, from, to);
                }
            }
        }
    }

    private void carry(Beat beat, SimNode from, SimNode to) {
        world.time.after(delay(), () -> {
            SimAgent agent = to.agent;
            if (agent != null && !cut[from.index][to.index]) {
                agent.heard(beat);
            }
        });
    }
}
