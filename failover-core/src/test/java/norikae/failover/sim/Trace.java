package norikae.failover.sim;

import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** One line per transition, if anybody wants to read them. Confined to one thread. */
final class Trace {

    private final @Nullable Consumer<String> reader;
    private final Timeline time;

    Trace(Timeline time, @Nullable Consumer<String> reader) {
        this.time = time;
        this.reader = reader;
    }

    void say(String who, Supplier<String> what) {
        if (reader != null) {
            long micros = (time.now() - Timeline.SECOND) / 1_000;
            reader.accept("%4d.%06d %-8s %s".formatted(micros / 1_000_000, micros % 1_000_000, who, what.get()));
        }
    }
}
