package norikae.agent.move;

import java.time.Duration;

/**
 * Time limits of a move.
 *
 * @param stallTimeout a move in which nothing at all happens for so long is given up; it must outlast a busy disk or a
 *     full garbage collection, and be shorter than the clients' patience
 * @param logPatience how long one attempt to reach the log may take; attempts are repeated where the outcome matters
 * @param drainPatience how long a hybrid move's source may be silent before the rest of the service's memory is taken for lost
 * @param audit compare every page of the rebuilt tree with the frozen one before it runs; for tests, it takes long
 */
public record MoveSettings(Duration stallTimeout, Duration logPatience, boolean audit, Duration drainPatience) {

    public static final MoveSettings DEFAULT =
            new MoveSettings(Duration.ofSeconds(10), Duration.ofSeconds(5), false, Duration.ofSeconds(60));

    /**
     * The defaults, changed by the system properties {@code norikae.move.stallMillis} and {@code norikae.move.audit} (the
     * laboratory's tests use them).
     */
    public static MoveSettings fromSystemProperties() {
        long stall =
                Long.getLong("norikae.move.stallMillis", DEFAULT.stallTimeout().toMillis());
        return new MoveSettings(
                Duration.ofMillis(stall),
                DEFAULT.logPatience(),
                Boolean.getBoolean("norikae.move.audit"),
                Duration.ofMillis(Long.getLong(
                        "norikae.move.drainMillis", DEFAULT.drainPatience().toMillis())));
    }
}
