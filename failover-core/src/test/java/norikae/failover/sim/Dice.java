package norikae.failover.sim;

import java.util.List;
import java.util.SplittableRandom;

/** The chance of one component: its own stream, so that a new draw in one does not shift the others. Confined to one thread. */
final class Dice {

    private final SplittableRandom random;

    Dice(long seed, String component) {
        this.random = new SplittableRandom(seed * 0x9E3779B97F4A7C15L + component.hashCode());
    }

    boolean chance(double probability) {
        return probability > 0 && random.nextDouble() < probability;
    }

    int between(int least, int most) {
        return random.nextInt(least, most + 1);
    }

    double between(double least, double most) {
        return least + (most - least) * random.nextDouble();
    }

    /** Nanoseconds between two numbers of milliseconds. */
    long millis(double least, double most) {
        return (long) (between(least, most) * Timeline.MILLI);
    }

    /** Mostly near {@code least}, seldom up to {@code most}. */
    long skewedMillis(double least, double most) {
        double x = random.nextDouble();
        return (long) ((least + (most - least) * x * x * x * x) * Timeline.MILLI);
    }

    <T> T pick(List<T> of) {
        return of.get(random.nextInt(of.size()));
    }

    @SafeVarargs
    final <T> T oneOf(T... of) {
        return of[random.nextInt(of.length)];
    }
}
