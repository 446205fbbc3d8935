package norikae.failover.sim;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The simulation finds bugs: each that is put in on purpose, within a bounded number of seeds. */
class PlantedBugsTest {

    private static final int SEEDS_MAX = 5_000;

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
    void thisBugIsFoundAndItsSeedPrinted(Plant plant) {
        Simulation.Result failed = Seeds.firstFailure(1, SEEDS_MAX, plant)
                .orElseThrow(() -> new AssertionError(plant + " was not found by " + SEEDS_MAX + " seeds"));
        System.out.println(plant + " is found by seed " + failed.options().seed() + ": " + failed.failure());
        assertThat(Seeds.story(failed, plant))
                .contains("seed " + failed.options().seed())
                .contains(failed.options().toString())
                .contains("-Dnorikae.sim.seed=" + failed.options().seed())
                .doesNotContain("NOT THE SAME");
    }
}
