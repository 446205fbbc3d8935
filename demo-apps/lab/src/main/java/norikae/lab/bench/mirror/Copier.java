package norikae.lab.bench.mirror;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;

/** A program that makes a copy on the target equal to {@link Hosts#DATA} on the source. */
interface Copier {

    String name();

    /** Makes the target's copy one that was never written. */
    void reset(long bytes) throws IOException;

    /**
     * Copies; returns how long it took until all was on stable storage.
     *
     * @param toEmpty whether the target's copy was never written, and so need not be compared nor filled with zeros
     */
    Duration copy(boolean toEmpty) throws IOException, InterruptedException;

    /** The copy, as seen from here. */
    Path copied();
}
