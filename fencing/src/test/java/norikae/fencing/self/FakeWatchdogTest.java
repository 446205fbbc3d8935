package norikae.fencing.self;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class FakeWatchdogTest {

    private static final Duration TIMEOUT = Duration.ofSeconds(4);

    @TestFactory
    Stream<DynamicTest> keepsTheContractThatRealDevicesKeep() {
        FakeWatchdog watchdog = new FakeWatchdog(FakeWatchdog.Faults.NONE);
        return new WatchdogContract(watchdog, watchdog::elapse, TIMEOUT)
                .checks().entrySet().stream()
                        .map(check -> DynamicTest.dynamicTest(check.getKey(), () -> {
                            check.getValue().run();
                            assertThat(watchdog.bitten()).isFalse();
                        }));
    }

    @Test
    void bitesWhenItIsStarvedOrItsUserDies() throws Exception {
        FakeWatchdog starved = new FakeWatchdog(FakeWatchdog.Faults.NONE);
        starved.start(TIMEOUT).feed();
        starved.elapse(TIMEOUT);
        assertThat(starved.bitten()).isTrue();

        FakeWatchdog orphaned = new FakeWatchdog(FakeWatchdog.Faults.NONE);
        orphaned.start(TIMEOUT).abandon();
        orphaned.elapse(TIMEOUT);
        assertThat(orphaned.bitten()).isTrue();
    }
}
