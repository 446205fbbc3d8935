package norikae.agent.move;

import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** When each moment of a move was reached, on the source's clock. Thread-safe; the first report of a moment counts. */
final class MoveTimeline {

    /** Moments in the order of a good move. */
    enum Moment {
        PLANNED,
        CHECKED,
        PREPARED,
        COPY_STARTED,
        /** The tree is about to be stopped: the pause begins. */
        STOPPING,
        FROZEN,
        DUMPED,
        RECEIVED,
        RESTORED,
        COMMITTED,
        RESUMED,
        CLEANED
    }

    /** What operators read: the time between two moments. */
    enum Phase {
        CHECK(Moment.PLANNED, Moment.CHECKED),
        PREPARE(Moment.CHECKED, Moment.PREPARED),
        FREEZE(Moment.STOPPING, Moment.FROZEN),
        DUMP(Moment.FROZEN, Moment.DUMPED),
        TRANSFER(Moment.DUMPED, Moment.RECEIVED),
        RESTORE(Moment.RECEIVED, Moment.RESTORED),
        COMMIT(Moment.RESTORED, Moment.COMMITTED),
        RESUME(Moment.COMMITTED, Moment.RESUMED),
        CLEAN(Moment.RESUMED, Moment.CLEANED);

        private final Moment from;
        private final Moment to;

        Phase(Moment from, Moment to) {
            this.from = from;
            this.to = to;
        }

        String label() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }
    }

    private final Map<Moment, Long> nanosAt = new EnumMap<>(Moment.class);

    synchronized void reached(Moment moment) {
        nanosAt.putIfAbsent(moment, System.nanoTime());
    }

    synchronized Optional<Long> micros(Phase phase) {
        return between(phase.from, phase.to);
    }

    /** From the stop here to the thaw there. */
    synchronized Optional<Long> pauseMicros() {
        return between(Moment.STOPPING, Moment.RESUMED);
    }

    /** Milliseconds since the move was planned. */
    synchronized double millisSoFar() {
        Long planned = nanosAt.get(Moment.PLANNED);
        return planned == null ? 0 : (System.nanoTime() - planned) / 1e6;
    }

    /** Every figure that is known, as the event log keeps it: {@code freezeMicros} and so on. */
    SortedMap<String, String> figures() {
        SortedMap<String, String> figures = new TreeMap<>();
        for (Phase phase : Phase.values()) {
            micros(phase).ifPresent(micros -> figures.put(phase.label() + "Micros", Long.toString(micros)));
        }
        pauseMicros().ifPresent(micros -> figures.put("pauseMicros", Long.toString(micros)));
        return figures;
    }

    private Optional<Long> between(Moment from, Moment to) {
        Long a = nanosAt.get(from);
        Long b = nanosAt.get(to);
        return a == null || b == null ? Optional.empty() : Optional.of(Math.max(0, (b - a) / 1_000));
    }
}
