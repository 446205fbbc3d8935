package norikae.transfer;

/**
 * Decides whether pages travel compressed, by trying: where the link is the limit, compressed ones arrive faster; where a
 * processor is, others do. Every so often it tries again, because links and neighbours change. Not thread-safe.
 */
final class CompressionChoice {

    /** One attempt: some times the window, so that it measures the way and not the buffers on it. */
    private static final long TRIAL_BYTES = 16L << 20;

    /** So long the winner stays. */
    private static final long TERM_BYTES = 256L << 20;

    private final boolean allowed;
    private boolean compress;
    private long bytes;
    private long begin = System.nanoTime();
    private double compressedRate;
    private Stage stage = Stage.COMPRESSED;

    private enum Stage {
        COMPRESSED,
        PLAIN,
        TERM
    }

    CompressionChoice(boolean allowed) {
        this.allowed = allowed;
        this.compress = allowed;
    }

    /** Some bytes were sent; whether the next are to be compressed. */
    boolean after(long sent) {
        bytes += sent;
        if (!allowed || bytes < (stage == Stage.TERM ? TERM_BYTES : TRIAL_BYTES)) {
            return compress;
        }
        long now = System.nanoTime();
        double rate = bytes / (double) Math.max(now - begin, 1);
        switch (stage) {
            case COMPRESSED -> {
                compressedRate = rate;
                compress = false;
                stage = Stage.PLAIN;
            }
            case PLAIN -> {
                compress = compressedRate >= rate;
                stage = Stage.TERM;
            }
            case TERM -> {
                compress = true;
                stage = Stage.COMPRESSED;
            }
        }
        bytes = 0;
        begin = now;
        return compress;
    }
}
