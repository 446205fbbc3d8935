package norikae.failover.sim;

import norikae.failover.model.FailoverPolicy;

/**
 * What a seed's cluster looks like, and what may happen to it; immutable. The faults' budget: any number of nodes, agents and
 * links may fail at once and again. What is never allowed: clocks that run apart by more than 5 %, a fencer that confirms what
 * it did not do, a disk that forgets what was forced to it.
 *
 * @param voters of which {@code witnesses} run nothing
 * @param others members without a vote
 * @param watchdogs whether every node has one; the policy says so too
 * @param calm nothing fails, so nobody may be fenced and nothing may stand still
 * @param stragglers how many packets and requests come seconds late
 * @param fencers how many attempts at fencing work, of all
 * @param lagMillis how far some node's knowledge of the log stays behind
 * @param switching whether the operator changes the policy, off and on again too
 */
record SimOptions(
        long seed,
        int voters,
        int witnesses,
        int others,
        int services,
        FailoverPolicy policy,
        boolean watchdogs,
        boolean calm,
        int tickMillis,
        double drift,
        int delayMillis,
        double loss,
        double duplicates,
        double stragglers,
        double fencers,
        int lagMillis,
        int faultEveryMillis,
        int faultSeconds,
        boolean moves,
        boolean switching) {

    static SimOptions of(long seed) {
        Dice dice = new Dice(seed, "options");
        int shape = dice.below(10);
        int voters = shape < 7 ? 3 : shape < 9 ? 5 : 7;
        int witnesses = shape < 5 ? 1 : 0;
        boolean calm = dice.chance(0.08);
        int beat = (int) dice.between(60, 150);
        int suspect = beat * (int) dice.between(4, 7);
        int lease = (int) dice.between(4L * beat, 2_500);
        boolean watchdogs = dice.chance(0.6);
        return new SimOptions(
                seed,
                voters,
                witnesses,
                dice.chance(0.3) ? (int) dice.between(1, 2) : 0,
                (int) dice.between(1, 3),
                new FailoverPolicy(true, beat, lease, suspect, watchdogs ? 1 : 0),
                watchdogs,
                calm,
                (int) dice.between(20, 45),
                dice.within(0, 0.024),
                calm ? 5 : (int) dice.between(1, 40),
                calm ? 0 : dice.chance(0.5) ? dice.within(0, 0.05) : 0,
                calm ? 0 : dice.chance(0.5) ? dice.within(0, 0.05) : 0,
                calm ? 0 : dice.chance(0.5) ? dice.within(0, 0.02) : 0,
                dice.chance(watchdogs ? 0.5 : 0.2) ? 0 : dice.within(0.2, 1),
                dice.chance(0.3) ? (int) dice.between(100, 2_000) : 0,
                (int) dice.between(200, 2_500),
                (int) dice.between(4, 12),
                dice.chance(0.7),
                !calm && dice.chance(0.3));
    }
}
