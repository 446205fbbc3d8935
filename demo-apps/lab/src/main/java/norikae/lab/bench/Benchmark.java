package norikae.lab.bench;

/** One measurement that {@code bin/bench NAME} runs; found by {@link java.util.ServiceLoader}. */
public interface Benchmark {

    /** What the user types, such as {@code move}. */
    String name();

    /** One line for the list of benchmarks. */
    String description();

    /**
     * Measures, and prints what it found.
     *
     * @param quick a short run, for a first look
     * @return the exit code
     */
    int run(boolean quick) throws Exception;
}
