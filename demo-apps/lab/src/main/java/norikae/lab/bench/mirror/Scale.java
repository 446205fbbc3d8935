package norikae.lab.bench.mirror;

import java.time.Duration;
import java.util.List;

/**
 * How much is measured.
 *
 * @param copyBytes size of the volume that is copied
 * @param copyRounds how often each program copies it
 * @param latencyBytes size of the volume that is written at random
 * @param latencyTime how long, for each program, at each depth, in each round
 * @param latencyRounds how often each program gets its turn
 * @param rates what the application writes over the narrow link, in kB/s
 * @param rateTime how long it does at each rate
 */
record Scale(
        long copyBytes,
        int copyRounds,
        long latencyBytes,
        Duration latencyTime,
        int latencyRounds,
        List<Integer> rates,
        Duration rateTime) {

    private static final Scale FULL = new Scale(
            1L << 30,
            3,
            256L << 20,
            Duration.ofSeconds(5),
            2,
            List.of(500, 1000, 1500, 2000, 3000, 4500, 6000),
            Duration.ofSeconds(10));

    private static final Scale QUICK =
            new Scale(128L << 20, 1, 64L << 20, Duration.ofMillis(500), 1, List.of(1000, 4500), Duration.ofSeconds(3));

    static Scale of(boolean quick) {
        return quick ? QUICK : FULL;
    }
}
