package norikae.failover.sim;

/** One node's {@code CLOCK_BOOTTIME} in one boot: it begins anywhere, and runs a little fast or slow. Immutable. */
record SimClock(long bootedAt, long offset, double rate) {

    long local(long trueNanos) {
        return offset + (long) ((trueNanos - bootedAt) * rate);
    }

    /** The true time that goes by while this clock counts {@code nanos}, rounded up. */
    long trueLength(long nanos) {
        return (long) Math.ceil(nanos / rate) + 1;
    }
}
