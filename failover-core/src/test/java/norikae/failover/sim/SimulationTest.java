package norikae.failover.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/**
 * Thousands of clusters under every fault that the simulation knows. The core is the real one; nodes, clocks, wires, the log,
 * fencers, watchdogs and the drivers are models, all in one thread per seed, so that a seed always tells the same story.
 *
 * <ul>
 *   <li>{@code -Dnorikae.sim.seed=N} replays one seed and prints one line per transition;
 *   <li>{@code -Dnorikae.sim.seeds=COUNT} runs that many instead of {@value #SEEDS};
 *   <li>{@code -Dnorikae.sim.plant=NAME} puts a bug of {@link Plant} in, to see how it comes out.
 * </ul>
 *
 * The seeds from {@value #FIRST} on are the same in every run; {@value #FRESH} more are drawn, and printed if they fail. What
 * always must hold is in {@link SafetyChecks}, what must come about after the last fault in {@link Simulation}.
 */
class SimulationTest {

    private static final long FIRST = 1;
    private static final int SEEDS = 10_000;
    private static final int FRESH = 300;

    @Test
    void noFaultMakesAServiceAnswerTwiceOrStayAway() {
        Plant plant = Plant.valueOf(System.getProperty("norikae.sim.plant", Plant.NONE.name()));
        Long one = Long.getLong("norikae.sim.seed");
        if (one != null) {
            Simulation.Result result = Simulation.run(one, plant, System.out::println);
            System.out.println(result);
            assertThat(result.failure()).as("seed %d", one).isNull();
            return;
        }
        long fresh = ThreadLocalRandom.current().nextLong(1L << 40, 1L << 50);
        System.out.println("simulating, with fresh seeds from " + fresh + " on");
        int count = Integer.getInteger("norikae.sim.seeds", SEEDS);
        Seeds.firstFailure(FIRST, count, plant)
                .or(() -> Seeds.firstFailure(fresh, FRESH, plant))
                .ifPresent(failed -> fail(Seeds.story(failed, plant)));
    }

    @Test
    void aSeedAlwaysTellsTheSameStory() {
        for (long seed : new long[] {3, 418, 3690}) {
            List<String> first = new ArrayList<>();
            List<String> second = new ArrayList<>();
            Simulation.Result result = Simulation.run(seed, Plant.NONE, first::add);
            assertThat(Simulation.run(seed, Plant.NONE, second::add)).isEqualTo(result);
            assertThat(second).isEqualTo(first);
        }
    }

    @Test
    void theSimulatedClustersDoRealWork() {
        int answers = LongStream.range(FIRST, FIRST + 50)
                .mapToObj(seed -> Simulation.run(seed, Plant.NONE, null))
                .mapToInt(Simulation.Result::answers)
                .sum();
        assertThat(answers).isGreaterThan(1_000);
    }
}
