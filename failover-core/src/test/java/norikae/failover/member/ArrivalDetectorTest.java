package norikae.failover.member;

<<<<<<< HEAD
import static norikae.failover.member.Nodes.MILLI;
import static org.assertj.core.api.Assertions.assertThat;

=======
import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
>>>>>>> main
import org.junit.jupiter.api.Test;

class ArrivalDetectorTest {

<<<<<<< HEAD
    private static final long FLOOR = 300 * MILLI;

    @Test
    void regularHeartbeatsLeaveTheLimitAtItsFloor() {
        ArrivalDetector detector = beating(20, 100);
        assertThat(detector.limitNanos(FLOOR)).isBetween(FLOOR, FLOOR + 100 * MILLI);
        assertThat(detector.silent(2_000 * MILLI + FLOOR / 2, FLOOR)).isFalse();
        assertThat(detector.silent(2_000 * MILLI + 2 * FLOOR, FLOOR)).isTrue();
    }

    @Test
    void irregularHeartbeatsRaiseTheLimitUpToItsCeiling() {
        ArrivalDetector detector = new ArrivalDetector(0);
        long now = 0;
        for (int i = 0; i < 50; i++) {
            now += (i % 2 == 0 ? 10 : 900) * MILLI;
=======
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
>>>>>>> main
            detector.arrived(now);
        }
        assertThat(detector.limitNanos(FLOOR)).isEqualTo(5 * FLOOR);
    }

    @Test
<<<<<<< HEAD
    void theTimeInWhichTheObserverStoodStillDoesNotCount() {
        ArrivalDetector detector = beating(10, 100);
        detector.forgive(5_000 * MILLI);
        assertThat(detector.silent(6_000 * MILLI, FLOOR)).isFalse();
        assertThat(detector.silenceNanos(6_000 * MILLI)).isZero();
    }

    private static ArrivalDetector beating(int beats, long distanceMillis) {
        ArrivalDetector detector = new ArrivalDetector(0);
        for (int i = 1; i <= beats; i++) {
            detector.arrived(i * distanceMillis * MILLI);
        }
        return detector;
=======
    void theObserversOwnPauseIsNotTheOthersSilence() {
        long last = beats(100, ms(100));

        detector.forgive(ms(5_000));

        assertThat(detector.silent(last + ms(5_000) + FLOOR, FLOOR)).isFalse();
        assertThat(detector.silent(last + ms(5_000) + FLOOR + 1, FLOOR)).isTrue();
    }

    @Test
    void beatsThatOvertakeEachOtherDoNoHarm() {
        long last = beats(100, ms(100));

        detector.arrived(last - ms(50));

        assertThat(detector.silenceNanos(last)).isZero();
>>>>>>> main
    }
}
