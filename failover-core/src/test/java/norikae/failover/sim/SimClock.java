package norikae.failover.sim;

/** {@code CLOCK_BOOTTIME} of one node since it was switched on; immutable. */
record SimClock(long switchedOnNanos, long firstReading, double rate) {

    long read(long realNanos) {
        return firstReading + (long) ((realNanos - switchedOnNanos) * rate);
    }

    /** The latest real time at which it reads less than {@code reading}. */
    long realTimeOf(long reading) {
        double real = (reading - firstReading) / rate;
        return real > Long.MAX_VALUE / 4.0 ? Long.MAX_VALUE : switchedOnNanos + (long) real;
    }
}
