package norikae.failover.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/**
 * Thousands of clusters, each out of one seed, with everything that can go wrong going wrong. A seed that fails is printed
 * with its options, its whole course, one transition per line, and the command that replays it.
 *
 * <ul>
 *   <li>{@code mvn -q -pl failover-core -am test -Dtest=SimulationTest -Dsurefire.failIfNoSpecifiedTests=false
 *       -Dnorikae.sim.seed=N} replays seed N and prints its course, also if nothing is wrong;
 *   <li>{@code -Dnorikae.sim.seeds=COUNT} runs so many seeds in place of {@value #SEEDS}.
 * </ul>
 */
class SimulationTest {

    private static final int SEEDS = 10_000;
    private static final int FRESH = 300;
    private static final long FIRST = 1;

    @Test
    void noSeedBreaksAPromiseAndEveryClusterRecovers() {
        Long one = Long.getLong("norikae.sim.seed");
        if (one != null) {
            Simulation.Result result = Simulation.run(one, Seams.NONE, true);
            print(result);
            assertThat(result.violation()).isEmpty();
            return;
        }
        int seeds = Integer.getInteger("norikae.sim.seeds", SEEDS);
        long fresh = ThreadLocalRandom.current().nextLong(1L << 40);
        System.out.println(
                "simulation: seeds " + FIRST + " to " + (FIRST + seeds - 1) + ", and " + FRESH + " from " + fresh);
        LongStream all =
                LongStream.concat(LongStream.range(FIRST, FIRST + seeds), LongStream.range(fresh, fresh + FRESH));
        long began = System.nanoTime();
        List<Simulation.Result> broken = all.parallel()
                .mapToObj(Simulation::run)
                .filter(r -> r.violation().isPresent())
                .toList();
        double seconds = (System.nanoTime() - began) / 1e9;
        System.out.printf(
                "simulation: %d seeds in %.1f s, %.0f per second%n", seeds + FRESH, seconds, (seeds + FRESH) / seconds);
        broken.stream()
                .limit(20)
                .forEach(r -> System.out.println(
                        r.options().seed() + ": " + r.violation().orElse("")));
        Optional<Simulation.Result> first = broken.stream().findFirst();
        first.ifPresent(r -> print(Simulation.run(r.options().seed(), Seams.NONE, true)));
        assertThat(broken).as("%d of %d seeds", broken.size(), seeds + FRESH).isEmpty();
    }

    private static void print(Simulation.Result result) {
        System.out.println(result.options());
        result.trace().forEach(System.out::println);
        System.out.println(result.violation().orElse("nothing is wrong"));
        System.out.println("replay with: mvn -q -pl failover-core -am test -Dtest=SimulationTest"
                + " -Dsurefire.failIfNoSpecifiedTests=false -Dnorikae.sim.seed="
                + result.options().seed());
    }
}
