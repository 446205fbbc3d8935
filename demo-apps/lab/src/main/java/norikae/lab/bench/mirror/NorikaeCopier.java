package norikae.lab.bench.mirror;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import norikae.failover.model.ReplicationMode;

/** Ours: a resync. Every mode's is the same. */
record NorikaeCopier(ReplicatedVolume volume) implements Copier {

    static final String NAME = "Norikae";

    private ReplicaChoice choice() {
        return volume.choice(ReplicationMode.SYNC);
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public void reset(long bytes) throws IOException {
        volume.createOfData(bytes);
    }

    @Override
    public Duration copy(boolean toEmpty) throws IOException {
        if (!toEmpty) {
            volume.forgetDifferences();
        }
        return join();
    }

    /**
     * Writes blocks while the replica is away, and lets it come back.
     *
     * @return how long it took to bring it up to date
     */
    Duration changeAndCopy(long seed) {
        volume.changeAlone(choice(), seed);
        return join();
    }

    private Duration join() {
        Duration took = volume.open(choice());
        volume.leave();
        return took;
    }

    @Override
    public Path copied() {
        return volume.copy();
    }
}
