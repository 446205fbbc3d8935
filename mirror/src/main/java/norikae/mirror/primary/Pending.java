package norikae.mirror.primary;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import norikae.mirror.Completion;
import org.jspecify.annotations.Nullable;

/** A request that several parties must have done before it is acknowledged: the disk, and whichever replicas count. Thread-safe. */
final class Pending {

    private final Completion completion;
    private final AtomicInteger open = new AtomicInteger(1);
    private final AtomicReference<@Nullable IOException> failure = new AtomicReference<>();

    /** One party, the disk, is expected from the beginning. */
    Pending(Completion completion) {
        this.completion = completion;
    }

    void expect() {
        open.incrementAndGet();
    }

    /** One party has done its part, or failed to. */
    void done(@Nullable IOException why) {
        if (why != null) {
            failure.compareAndSet(null, why);
        }
        if (open.decrementAndGet() == 0) {
            completion.done(failure.get());
        }
    }
}
