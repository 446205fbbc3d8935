package norikae.failover.sim;

import java.util.List;
import java.util.SplittableRandom;

/** One component's own chance, so that a new draw in one does not shift those of the others. Confined to one thread. */
final class Dice {

    private final SplittableRandom random;

    Dice(long seed, String component) {
        random = new SplittableRandom(seed * 0x9E3779B97F4A7C15L ^ component.hashCode() * 0xBF58476D1CE4E5B9L);
    }

    boolean chance(double probability) {
        return probability > 0 && random.nextDouble() < probability;
    }

    /** Both ends may come out. */
    long between(long low, long high) {
        return low + random.nextLong(high - low + 1);
    }

    long millis(long low, long high) {
        return between(low * Timeline.MILLI, high * Timeline.MILLI);
    }

    int below(int bound) {
        return random.nextInt(bound);
    }

    double within(double low, double high) {
        return low + random.nextDouble() * (high - low);
    }

    <T> T pick(List<T> list) {
        return list.get(random.nextInt(list.size()));
    }
}
