package ledger;

/** Counts of durations in buckets about 3 % wide, so that percentiles of millions of answers cost a few kilobytes. */
final class Histogram {
    /** Buckets for each doubling. */
    private static final int STEPS_BITS = 5;

    private static final int STEPS = 1 << STEPS_BITS;

    private final long[] counts = new long[(Long.SIZE - STEPS_BITS) * STEPS];
    private long total;

    void add(long nanos) {
        counts[bucket(Math.max(0, nanos))]++;
        total++;
    }

    /** The upper edge of the bucket in which the given share (0 to 1) of all durations is reached; 0 if there are none. */
    long quantile(double share) {
        long wanted = (long) Math.ceil(share * total);
        long seen = 0;
        for (int i = 0; i < counts.length && total > 0; i++) {
            seen += counts[i];
            if (seen >= wanted && seen > 0) {
                return upperEdge(i);
            }
        }
        return 0;
    }

    private static int bucket(long nanos) {
        if (nanos < STEPS) {
            return (int) nanos;
        }
        int shift = Long.SIZE - 1 - Long.numberOfLeadingZeros(nanos) - STEPS_BITS;
        return (shift + 1) * STEPS + (int) (nanos >>> shift) - STEPS;
    }

    private static long upperEdge(int bucket) {
        if (bucket < STEPS) {
            return bucket;
        }
        int shift = bucket / STEPS - 1;
        return ((long) (bucket % STEPS + STEPS + 1) << shift) - 1;
    }
}
