package norikae.failover.sim;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;

/** Runs many seeds, each on one thread, as many beside each other as there are processors. Stateless. */
final class Seeds {

    private static final int LINES_MAX = 400;
    private static final int BLOCK = 64; // a failure ends the run soon after it

    private Seeds() {}

    /** The lowest seed that fails of {@code count} from {@code first} on. */
    static Optional<Simulation.Result> firstFailure(long first, int count, Plant plant) {
        Optional<Simulation.Result> failed = Optional.empty();
        for (long block = first; failed.isEmpty() && block < first + count; block += BLOCK) {
            failed = LongStream.range(block, Math.min(block + BLOCK, first + count))
                    .parallel()
                    .mapToObj(seed -> Simulation.run(seed, plant, null))
                    .filter(result -> result.failure() != null)
                    .findFirst();
        }
        return failed;
    }

    /** What failed, one line per transition up to there, and how to see it again. */
    static String story(Simulation.Result failed, Plant plant) {
        List<String> lines = new ArrayList<>();
        Simulation.Result again = Simulation.run(failed.options().seed(), plant, lines::add);
        StringBuilder story = new StringBuilder();
        story.append("seed ")
                .append(failed.options().seed())
                .append(": ")
                .append(failed.failure())
                .append('\n');
        if (!String.valueOf(failed.failure()).equals(again.failure())) {
            story.append("NOT THE SAME when run again: ")
                    .append(again.failure())
                    .append('\n');
        }
        story.append(failed.options()).append('\n');
        if (lines.size() > LINES_MAX) {
            story.append("... ").append(lines.size() - LINES_MAX).append(" lines before, see the replay\n");
        }
        lines.subList(Math.max(0, lines.size() - LINES_MAX), lines.size())
                .forEach(line -> story.append(line).append('\n'));
        return story.append("replay: ")
                .append(replay(failed.options().seed(), plant))
                .append('\n')
                .toString();
    }

    static String replay(long seed, Plant plant) {
        return "mvn -q -pl failover-core -am test -DexcludedGroups=system -Dsurefire.failIfNoSpecifiedTests=false"
                + " -Dtest=SimulationTest -Dnorikae.sim.seed=" + seed
                + (plant == Plant.NONE ? "" : " -Dnorikae.sim.plant=" + plant);
    }
}
