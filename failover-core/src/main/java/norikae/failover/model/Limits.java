package norikae.failover.model;

import org.jspecify.annotations.Nullable;

/**
 * What a service may use at most; {@code null} means no limit.
 *
 * @param memoryBytes resident memory of the whole capsule
 * @param cpus processors, may be a fraction
 * @param processes processes and threads together
 * @param openFiles open descriptors of one process (RLIMIT_NOFILE)
 */
public record Limits(
        @Nullable Long memoryBytes,
        @Nullable Double cpus,
        @Nullable Integer processes,
        @Nullable Integer openFiles) {

    public static final Limits NONE = new Limits(null, null, null, null);

    public Limits {
        requirePositive("memory", memoryBytes);
        requirePositive("cpu", cpus);
        requirePositive("processes", processes);
        requirePositive("openFiles", openFiles);
    }

    private static void requirePositive(String name, @Nullable Number value) {
        if (value != null && !(value.doubleValue() > 0)) {
            throw new IllegalArgumentException("limit " + name + "=" + value + " must be greater than 0");
        }
    }
}
