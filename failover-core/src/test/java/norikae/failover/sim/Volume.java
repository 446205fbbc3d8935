package norikae.failover.sim;

import norikae.failover.model.Epoch;

/**
 * Where a service keeps what it must not lose, as the simulation takes it: synchronous and reachable from everywhere. Confined
 * to one thread.
 */
final class Volume {

    enum Kind {
        /** A mirrored disk: closed to whoever comes under an old epoch. */
        MIRRORED,
        /** A mirrored disk with a bug: open to all. */
        CARELESS,
        /** None; the service finds its state elsewhere, and nothing but the cluster keeps old copies away. */
        NONE
    }

    private final Kind kind;
    private Epoch epoch = Epoch.FIRST;
    private long content;

    Volume(Kind kind) {
        this.kind = kind;
    }

    Epoch epoch() {
        return epoch;
    }

    long content() {
        return content;
    }

    boolean attach(Epoch by) {
        if (by.compareTo(epoch) < 0) {
            return kind != Kind.MIRRORED;
        }
        epoch = by;
        return true;
    }

    boolean write(Epoch by, long value) {
        boolean stale = by.compareTo(epoch) < 0;
        boolean taken = attach(by);
        if (taken && !(stale && kind == Kind.NONE)) {
            content = value;
        }
        return taken;
    }
}
