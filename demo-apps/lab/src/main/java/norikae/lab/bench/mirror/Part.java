package norikae.lab.bench.mirror;

import java.io.IOException;
import norikae.lab.bench.Tables;

/** One of the things that {@code bin/bench mirror} measures. Confined to one thread. */
interface Part {

    /** What the user calls it. */
    String name();

    /** Measures, and keeps what it found; may be broken off by any failure. */
    void measure(Hosts hosts, ReplicatedVolume volume) throws Exception;

    /** Adds a table of what was measured so far. */
    void report(Tables tables) throws IOException;
}
