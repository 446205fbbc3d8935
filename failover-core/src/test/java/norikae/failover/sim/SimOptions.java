package norikae.failover.sim;

import norikae.failover.model.FailoverPolicy;

/**
 * What one seed makes of the cluster and of its troubles; drawn first, and printed with every failure.
 *
 * @param workers members that run services, voters first
 * @param votingWorkers how many of them vote
 * @param calm no faults at all: whatever is fenced then is fenced wrongly
 * @param drift by how much clocks may run fast or slow; two of them differ by less than what a leader reckons with
 * @param answerLoss how often the log's answer does not come back
 * @param late how often a command reaches the log only after its submitter has given it up
 */
record SimOptions(
        long seed,
        int workers,
        int votingWorkers,
        boolean witness,
        int services,
        FailoverPolicy policy,
        int tickMillis,
        boolean calm,
        int faultSeconds,
        int faultEveryMillis,
        double drift,
        double loss,
        double duplicates,
        double delayMillisMax,
        double answerLoss,
        double late,
        double startFails,
        double fencerFails,
        double fencerHangs,
        boolean moves,
        boolean policyChanges) {

    private static final double DRIFT_MAX = 0.024;

    static SimOptions draw(long seed) {
        Dice dice = new Dice(seed, "options");
        int voters = dice.oneOf(3, 3, 3, 3, 3, 3, 3, 5, 5, 7);
        boolean witness = voters == 3 && dice.chance(0.5);
        int voting = witness ? voters - 1 : voters;
        int more = dice.chance(0.2) ? 1 : 0;
        int beat = dice.oneOf(80, 100, 150, 200);
        int lease = beat * dice.between(4, 15);
        int suspect = beat * dice.between(3, 8);
        int watchdog = dice.chance(0.35) ? dice.between(1, 3) : 0;
        boolean calm = dice.chance(0.1);
        return new SimOptions(
                seed,
                voting + more,
                voting,
                witness,
                dice.between(1, 3),
                new FailoverPolicy(true, beat, lease, suspect, watchdog),
                dice.between(20, 40),
                calm,
                dice.between(8, 20),
                dice.oneOf(400, 800, 1_500, 3_000),
                dice.oneOf(0.0, 1e-4, DRIFT_MAX),
                dice.oneOf(0.0, 0.001, 0.01),
                dice.oneOf(0.0, 0.01),
                dice.oneOf(1.0, 5.0, 30.0),
                calm ? 0 : dice.oneOf(0.0, 0.02, 0.1),
                calm ? 0 : dice.oneOf(0.0, 0.02, 0.1),
                calm ? 0 : dice.oneOf(0.0, 0.1, 0.3),
                dice.oneOf(0.0, 0.2, 0.8),
                dice.oneOf(0.0, 0.2),
                dice.chance(0.6),
                !calm && dice.chance(0.2));
    }
}
