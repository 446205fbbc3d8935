package norikae.transfer.memory;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import norikae.transfer.memory.Convergence.Verdict;
import org.junit.jupiter.api.Test;

class ConvergenceTest {

    private static final long MIB = 1 << 20;

    private Verdict last = Verdict.ANOTHER_ROUND;

    /** A link of so many bytes per second, and a process that writes so many, to fresh pages, of so large a set at most. */
    private Convergence run(double link, double dirty, long memory, Convergence convergence) {
        long pending = memory;
        for (int i = 0; i < 1_000; i++) {
            Duration took = Duration.ofNanos((long) (pending / link * 1e9) + 2_000_000);
            long next = (long) Math.min(dirty * took.toNanos() / 1e9, (double) memory);
            Verdict verdict = convergence.afterRound(pending, took, next);
            pending = next;
            if (verdict != Verdict.ANOTHER_ROUND) {
                last = verdict;
                return convergence;
            }
        }
        throw new AssertionError("no end");
    }

    @Test
    void aServiceThatWritesSlowlyIsFrozenWhenNextToNothingIsLeft() {
        Convergence reached = run(400 * MIB, 50 * MIB, 1024 * MIB, new Convergence(Duration.ofMillis(150), 30));
        assertThat(last).isEqualTo(Verdict.FREEZE);
        assertThat(reached.predicted()).isLessThan(Duration.ofMillis(8));
        assertThat(reached.rounds()).isLessThan(6);
    }

    @Test
    void aServiceThatWritesNothingTakesOneRound() {
        Convergence reached = run(400 * MIB, 0, 1024 * MIB, new Convergence(Duration.ofMillis(150), 30));
        assertThat(last).isEqualTo(Verdict.FREEZE);
        assertThat(reached.rounds()).isOne();
    }

    @Test
    void aServiceThatWritesFasterThanTheLinkIsHopelessAndThatIsSaidSoon() {
        Convergence reached = run(10 * MIB, 50 * MIB, 512 * MIB, new Convergence(Duration.ofMillis(150), 30));
        assertThat(last).isEqualTo(Verdict.HOPELESS);
        assertThat(reached.rounds()).isLessThanOrEqualTo(3);
        assertThat(reached.predicted()).isGreaterThan(Duration.ofSeconds(10));
    }

    /** It rewrites the same 20 MiB all the time: more rounds do not help, but the pause is short enough. */
    @Test
    void aSmallSetThatIsRewrittenAllTheTimeIsFrozenIfItFitsIntoTheBudget() {
        Convergence reached = new Convergence(Duration.ofMillis(150), 30);
        Verdict verdict = reached.afterRound(512 * MIB, Duration.ofSeconds(1), 20 * MIB);
        while (verdict == Verdict.ANOTHER_ROUND) {
            verdict = reached.afterRound(20 * MIB, Duration.ofMillis(40), 20 * MIB);
        }
        assertThat(verdict).isEqualTo(Verdict.FREEZE);
        assertThat(reached.rounds()).isLessThan(5);
    }

    @Test
    void theLimitOfRoundsHolds() {
        Convergence reached = run(100 * MIB, 70 * MIB, 4096 * MIB, new Convergence(Duration.ofMillis(20), 4));
        assertThat(reached.rounds()).isEqualTo(4);
        assertThat(last).isEqualTo(Verdict.HOPELESS);
    }
}
