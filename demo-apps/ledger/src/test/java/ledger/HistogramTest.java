package ledger;

import static org.assertj.core.api.Assertions.assertThat;

import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;

class HistogramTest {
    @Test
    void givesQuantilesWithinAFewPercent() {
        Histogram histogram = new Histogram();
        assertThat(histogram.quantile(0.5)).isZero();
        for (long i = 1; i <= 100_000; i++) {
            histogram.add(i * 1000);
        }
        assertThat(histogram.quantile(0.5)).isCloseTo(50_000_000L, Percentage.withPercentage(4));
        assertThat(histogram.quantile(0.99)).isCloseTo(99_000_000L, Percentage.withPercentage(4));
        assertThat(histogram.quantile(1)).isCloseTo(100_000_000L, Percentage.withPercentage(4));
    }

    @Test
    void holdsTheShortestAndTheLongest() {
        Histogram histogram = new Histogram();
        histogram.add(0);
        assertThat(histogram.quantile(1)).isZero();
        histogram.add(Long.MAX_VALUE);
        assertThat(histogram.quantile(1)).isEqualTo(Long.MAX_VALUE);
    }
}
