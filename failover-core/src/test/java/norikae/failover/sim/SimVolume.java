package norikae.failover.sim;

/** A service's disk, which all nodes reach, and which refuses whoever comes under a stale epoch. Confined to one thread. */
final class SimVolume {

    private final boolean checksEpochs;
    private long epoch;
    private long value;

    SimVolume(boolean checksEpochs) {
        this.checksEpochs = checksEpochs;
    }

    boolean open(long by) {
        if (by < epoch && checksEpochs) {
            return false;
        }
        epoch = Math.max(epoch, by);
        return true;
    }

    boolean write(long by, long newValue) {
        if (!open(by)) {
            return false;
        }
        value = newValue;
        return true;
    }

    long value() {
        return value;
    }
}
