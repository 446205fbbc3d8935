package norikae.failover.member;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ArrivalDetectorTest {

    private static final long FLOOR = ms(600);

    private final ArrivalDetector detector = new ArrivalDetector(0);

    private static long ms(long millis) {
        return TimeUnit.MILLISECONDS.toNanos(millis);
    }

    private long beats(int count, long distance) {
        long now = 0;
        for (int i = 0; i < count; i++) {
            now += distance;
            detector.arrived(now);
        }
        return now;
    }

    @Test
    void aNodeThatBeatsRegularlyIsSilentAfterTheFloor() {
        long last = beats(100, ms(100));

        assertThat(detector.silent(last + FLOOR, FLOOR)).isFalse();
        assertThat(detector.silent(last + FLOOR + 1, FLOOR)).isTrue();
    }

    @Test
    void irregularBeatsMakeItWaitLongerButNeverBeyondTheCeiling() {
        long now = 0;
        for (int i = 0; i < 100; i++) {
            now += i % 2 == 0 ? ms(20) : ms(400);
            detector.arrived(now);
        }
        assertThat(detector.limitNanos(FLOOR)).isBetween(FLOOR + 1, 5 * FLOOR);

        for (int i = 0; i < 100; i++) {
            now += i % 2 == 0 ? ms(20) : ms(60_000);
            detector.arrived(now);
        }
        assertThat(detector.limitNanos(FLOOR)).isEqualTo(5 * FLOOR);
    }

    @Test
    void theObserversOwnPauseIsNotTheOthersSilence() {
        long last = beats(100, ms(100));

        detector.forgive(ms(5_000), last + ms(5_000), FLOOR);

        assertThat(detector.silent(last + ms(5_000) + FLOOR, FLOOR)).isFalse();
        assertThat(detector.silent(last + ms(5_000) + FLOOR + 1, FLOOR)).isTrue();
    }

    @Test
    void anObserverThatStandsStillAllTheTimeIsNotBlindAfterwards() {
        long now = 0;
        for (int i = 0; i < 1_000; i++) {
            now += ms(200);
            detector.arrived(now - ms(10)); // another thread took it
            detector.forgive(ms(200), now, FLOOR);
        }

        assertThat(detector.silent(now + detector.limitNanos(FLOOR) + 1, FLOOR)).isTrue();
    }

    @Test
    void anObserverThatStandsStillAllTheTimeNoticesASilence() {
        long last = beats(100, ms(100));
        long now = last;
        while (!detector.silent(now, FLOOR)) {
            now += ms(200);
            detector.forgive(ms(200), now, FLOOR);
            assertThat(now - last).as("silence so far").isLessThan(4 * FLOOR);
        }
    }

    @Test
    void beatsThatOvertakeEachOtherDoNoHarm() {
        long last = beats(100, ms(100));

        detector.arrived(last - ms(50));

        assertThat(detector.silenceNanos(last)).isZero();
    }
}
