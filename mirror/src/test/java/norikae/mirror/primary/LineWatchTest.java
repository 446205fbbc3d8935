package norikae.mirror.primary;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** How a link knows that its line is too narrow. */
class LineWatchTest {

    private static final long MILLI = 1_000_000;

    private final LineWatch watch = new LineWatch();
    private long now = 1_000 * MILLI;

    private void pingThatTakes(long millis) {
        now += 10 * MILLI;
        long number = watch.probe(now);
        assertThat(number).isPositive();
        now += millis * MILLI;
        watch.answered(number, now);
    }

    @Test
    void aLineThatAnswersAlwaysAsFastIsNotTheLimitHoweverLongItIs() {
        for (int i = 0; i < 10; i++) {
            pingThatTakes(150);
            assertThat(watch.isLimit(now)).isFalse();
        }
    }

    @Test
    void pingsThatQueueUpShowTheLimitAndItsEnd() {
        pingThatTakes(1);
        assertThat(watch.isLimit(now)).isFalse();
        pingThatTakes(50);
        assertThat(watch.isLimit(now)).isTrue();
        pingThatTakes(2);
        assertThat(watch.isLimit(now)).isFalse();
    }

    @Test
    void aPingThatIsStillUnderWayShowsItAlready() {
        pingThatTakes(1);
        now += 10 * MILLI;
        watch.probe(now);
        assertThat(watch.isLimit(now + 5 * MILLI)).isFalse();
        assertThat(watch.isLimit(now + 12 * MILLI)).isTrue();
        assertThat(watch.probe(now + 500 * MILLI)).as("one at a time").isZero();
    }

    @Test
    void aLineThatIsFullFromTheBeginningIsTheLimit() {
        pingThatTakes(3000);
        pingThatTakes(3000);
        assertThat(watch.isLimit(now)).isTrue();
    }

    @Test
    void aNewConnectionIsJudgedAnew() {
        pingThatTakes(1);
        long lost = watch.probe(now + 10 * MILLI);
        watch.restart();
        assertThat(watch.isLimit(now + 1000 * MILLI)).isFalse();
        now += 1000 * MILLI;
        watch.answered(lost, now);
        pingThatTakes(100);
        assertThat(watch.isLimit(now)).isFalse();
    }
}
