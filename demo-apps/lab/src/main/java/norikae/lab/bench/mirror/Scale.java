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
 * @param rateRamp how long it does at each rate before that is measured, so that what waits has come to its depth
 * @param rateTime how long it does after that
 */
record Scale(
        long copyBytes,
        int copyRounds,
        long latencyBytes,
        Duration latencyTime,
        int latencyRounds,
        List<Integer> rates,
        Duration rateRamp,
        Duration rateTime) {

    private static final Scale FULL = new Scale(
            1L << 30,
            3,
            256L << 20,
            Duration.ofSeconds(4),
            2,
            List.of(1000, 1500, 2000, 3000, 4500, 6000, 8000),
            Duration.ofSeconds(3),
            Duration.ofSeconds(6));

    private static final Scale QUICK = new Scale(
            48L << 20,
            1,
            16L << 20,
            Duration.ofMillis(250),
            1,
            List.of(1000, 4500),
            Duration.ofMillis(300),
            Duration.ofMillis(800));

    static Scale of(boolean quick) {
        return quick ? QUICK : FULL;
    }
}
