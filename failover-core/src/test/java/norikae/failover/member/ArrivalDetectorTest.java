package norikae.failover.member;

import static norikae.failover.member.Nodes.MILLI;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ArrivalDetectorTest {

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
            detector.arrived(now);
        }
        assertThat(detector.limitNanos(FLOOR)).isEqualTo(5 * FLOOR);
    }

    @Test
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
    }
}
