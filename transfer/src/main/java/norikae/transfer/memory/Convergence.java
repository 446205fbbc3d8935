package norikae.transfer.memory;

import java.time.Duration;

/**
 * Decides, after each round of a pre-copy, whether another one is worth its while. Not thread-safe.
 *
 * <p>The rounds of a process that writes {@code d} bytes per second over a link of {@code b} shrink like {@code (d/b)^n}: they
 * converge where {@code d < b}, and stop shrinking at what is written during the shortest round. So it goes on while rounds
 * shrink by a quarter at least, and ends when what is left takes no time worth speaking of.
 */
public final class Convergence {

    /** What is left takes so little that another round would only write it twice. */
    private static final Duration NEGLIGIBLE = Duration.ofMillis(8);

    private static final double SHRINKING = 0.75;

    /** Rounds that did not shrink, one after the other, before it is believed. */
    private static final int PATIENCE = 2;

    private final Duration budget;
    private final int roundsMax;
    private int rounds;
    private int stuck;
    private double bytesPerSecond;
    private double dirtyBytesPerSecond;
    private long left = Long.MAX_VALUE;

    /** What to do next. */
    public enum Verdict {
        /** Send what is pending, with the process running. */
        ANOTHER_ROUND,
        /** What is left fits into the budget: freeze, and send it then. */
        FREEZE,
        /** What is left will not fit into the budget, however many rounds there are. */
        HOPELESS
    }

    /**
     * @param budget how long sending what is left may take while the process stands still
     * @param roundsMax rounds after which it is frozen or given up
     */
    public Convergence(Duration budget, int roundsMax) {
        if (budget.isNegative() || roundsMax < 1) {
            throw new IllegalArgumentException("budget=" + budget + ", roundsMax=" + roundsMax);
        }
        this.budget = budget;
        this.roundsMax = roundsMax;
    }

    /**
     * One round was sent, and the next look has found what was written meanwhile.
     *
     * @param sentBytes bytes of memory that the round sent
     * @param took from this round's look to the next
     * @param pendingBytes what the next look found
     */
    public Verdict afterRound(long sentBytes, Duration took, long pendingBytes) {
        rounds++;
        double seconds = Math.max(took.toNanos(), 1) / 1e9;
        // A round of few bytes says nothing about the link.
        if (bytesPerSecond == 0 || sentBytes > 4 << 20) {
            bytesPerSecond = Math.max(sentBytes / seconds, 1);
        }
        dirtyBytesPerSecond = pendingBytes / seconds;
        boolean shrank = pendingBytes < left * SHRINKING;
        left = pendingBytes;
        stuck = shrank ? 0 : stuck + 1;
        Duration predicted = predicted();
        if (predicted.compareTo(NEGLIGIBLE) <= 0) {
            return Verdict.FREEZE;
        }
        if (stuck >= PATIENCE || rounds >= roundsMax) {
            return predicted.compareTo(budget) <= 0 ? Verdict.FREEZE : Verdict.HOPELESS;
        }
        return Verdict.ANOTHER_ROUND;
    }

    /** How long what is left would take. */
    public Duration predicted() {
        return Duration.ofNanos((long) Math.min(left / Math.max(bytesPerSecond, 1) * 1e9, Long.MAX_VALUE / 2.0));
    }

    /** How fast memory went, as of the last round that says something about it. */
    public double bytesPerSecond() {
        return bytesPerSecond;
    }

    /** How fast the process wrote to fresh pages during the last round. */
    public double dirtyBytesPerSecond() {
        return dirtyBytesPerSecond;
    }

    public int rounds() {
        return rounds;
    }
}
