package norikae.fencing.pill;

import java.time.Duration;

/** How long a second of a header lasts: a second, except in tests. Immutable. */
record Pace(Duration second) {

    static final Pace REAL = new Pace(Duration.ofSeconds(1));

    Duration of(int seconds) {
        return second.multipliedBy(seconds);
    }

    long nanos(int seconds) {
        return of(seconds).toNanos();
    }
}
