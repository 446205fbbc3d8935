package norikae.lab.bench;

import java.util.Comparator;
import java.util.List;
import java.util.ServiceLoader;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code bin/bench}: runs the benchmark that is named. */
@Command(name = "bin/bench", description = "Measures Norikae on this machine.", mixinStandardHelpOptions = true)
public final class Bench implements Callable<Integer> {

    @Parameters(arity = "0..1", paramLabel = "NAME", description = "Without a name: lists the benchmarks.")
    String name = "";

    @Option(names = "--quick", description = "A short run, for a first look.")
    boolean quick;

    private Bench() {}

    public static void main(String[] args) {
        System.exit(new CommandLine(new Bench()).execute(args));
    }

    @Override
    public Integer call() throws Exception {
        List<Benchmark> all = ServiceLoader.load(Benchmark.class).stream()
                .map(ServiceLoader.Provider::get)
                .sorted(Comparator.comparing(Benchmark::name))
                .toList();
        for (Benchmark benchmark : all) {
            if (benchmark.name().equals(name)) {
                return benchmark.run(quick);
            }
        }
        if (!name.isEmpty()) {
            System.err.println("bin/bench: there is no benchmark '" + name + "'");
        }
        System.err.println("benchmarks:");
        all.forEach(benchmark -> System.err.printf("  %-12s %s%n", benchmark.name(), benchmark.description()));
        return CommandLine.ExitCode.USAGE;
    }
}
