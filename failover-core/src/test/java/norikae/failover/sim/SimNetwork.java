package norikae.failover.sim;

/** The wires between the nodes. Confined to one thread. */
final class SimNetwork {

    private static final long STRAGGLER_NANOS_MAX = 5 * Timeline.SECOND;

    private final Cluster cluster;
    private final Dice dice;
    private final int[][] cuts;
    private final long[] heldNanos;
    private int healings;
    private double loss;
    private int slowness = 1;

    SimNetwork(Cluster cluster, int nodes) {
        this.cluster = cluster;
        this.dice = new Dice(cluster.options.seed(), "network");
        this.cuts = new int[nodes][nodes];
        this.heldNanos = new long[nodes];
        this.loss = cluster.options.loss();
    }

    boolean open(int from, int to) {
        return cuts[from][to] == 0;
    }

    /** Nothing of {@code from} reaches {@code to} for a while. */
    void cut(int from, int to, long nanos) {
        int then = healings;
        cuts[from][to]++;
        cluster.time.after(nanos, () -> {
            if (healings == then) {
                cuts[from][to]--;
            }
        });
    }

    /** Datagrams to {@code to} that a cut stops are only held, and come this much later. */
    void hold(int to, long nanos) {
        heldNanos[to] = nanos;
    }

    void worsen(double moreLoss, int timesSlower, long nanos) {
        int then = healings;
        loss += moreLoss;
        slowness *= timesSlower;
        cluster.time.after(nanos, () -> {
            if (healings == then) {
                loss -= moreLoss;
                slowness /= timesSlower;
            }
        });
    }

    void heal() {
        healings++;
        loss = 0;
        slowness = 1;
        java.util.Arrays.fill(heldNanos, 0);
        for (int[] row : cuts) {
            java.util.Arrays.fill(row, 0);
        }
    }

    /** How long a small message takes that arrives. */
    long delay() {
        return dice.between(Timeline.MILLI / 10, cluster.options.delayMillis() * Timeline.MILLI) * slowness;
    }

    /** Late, as something that lay in a queue when a connection broke. */
    boolean straggles() {
        return !cluster.isQuiet() && dice.chance(cluster.options.stragglers());
    }

    long straggling() {
        return dice.between(0, STRAGGLER_NANOS_MAX);
    }

    /** A datagram: it may be lost, come twice, late, and in any order. */
    void send(int from, int to, Runnable arrival) {
        if (dice.chance(loss)) {
            return;
        }
        if (!open(from, to)) {
            if (heldNanos[to] > 0) {
                cluster.time.after(delay() + heldNanos[to], arrival);
            }
            return;
        }
        cluster.time.after(straggles() ? straggling() : delay(), arrival);
        if (!cluster.isQuiet() && dice.chance(cluster.options.duplicates())) {
            cluster.time.after(delay() + dice.millis(0, 300), arrival);
        }
    }

    /** A request over a connection: it comes, or does not. */
    void call(int from, int to, Runnable arrival) {
        if (open(from, to) && open(to, from)) {
            cluster.time.after(delay(), () -> {
                if (open(from, to)) {
                    arrival.run();
                }
            });
        }
    }
}
