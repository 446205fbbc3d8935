package ledger;

import java.time.Instant;

/** Turns readings of the monotonic clock into wall-clock time, by one pair of readings. */
record Timeline(Instant wall, long nanos) {
    static Timeline startingNow() {
        return new Timeline(Instant.now(), System.nanoTime());
    }

    Instant at(long nanoTime) {
        return wall.plusNanos(nanoTime - nanos);
    }
}
