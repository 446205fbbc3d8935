package norikae.fencing.self;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SelfFenceTest {

    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    private final Path directory;
    private final List<String> waited = new ArrayList<>();
    private FakeWatchdog watchdog = new FakeWatchdog(FakeWatchdog.Faults.NONE);
    private boolean disksHang;

    SelfFenceTest(@TempDir Path directory) {
        this.directory = directory;
    }

    @BeforeEach
    void aServerHasAKernelThatTakesOrders() throws IOException {
        Files.writeString(sysrq(), "");
        Files.writeString(kernelLog(), "");
    }

    @Test
    void aServerLivesAsLongAsItsAgentFeeds() throws IOException {
        SelfFence fence = fence(WatchdogMode.REQUIRED);
        assertThat(fence.arm()).isEqualTo(new SelfFence.Armed("fake watchdog", TIMEOUT, false));
        for (int i = 0; i < 5; i++) {
            watchdog.elapse(TIMEOUT.minusMillis(1));
            fence.feed();
        }
        assertThat(watchdog.bitten()).isFalse();
        watchdog.elapse(TIMEOUT);
        assertThat(watchdog.bitten()).as("nothing feeds unasked").isTrue();
    }

    @Test
    void anOrderlyEndLeavesTheServerRunning() throws IOException {
        SelfFence fence = fence(WatchdogMode.REQUIRED);
        fence.arm();
        fence.disarm();
        fence.feed(); // one more round of a loop that is just ending
        watchdog.elapse(TIMEOUT.multipliedBy(2));
        assertThat(watchdog.bitten()).isFalse();
        assertThat(fence.arm()).isInstanceOf(SelfFence.Armed.class);
    }

    @Test
    void aRequiredWatchdogThatIsMissingOrTakenIsRefusedWithTheRemedy() {
        watchdog = new FakeWatchdog(FakeWatchdog.Faults.MISSING);
        assertThatThrownBy(() -> fence(WatchdogMode.REQUIRED).arm())
                .hasMessageContaining("no watchdog at " + directory.resolve("watchdog"))
                .hasMessageContaining("modprobe")
                .hasMessageContaining("REQUIRED");
        watchdog = new FakeWatchdog(FakeWatchdog.Faults.BUSY);
        assertThatThrownBy(() -> fence(WatchdogMode.REQUIRED).arm()).hasMessageContaining("in use");
    }

    @Test
    void aWatchdogThatIsOnlyWelcomeMayBeMissing() throws IOException {
        watchdog = new FakeWatchdog(FakeWatchdog.Faults.MISSING);
        SelfFence fence = fence(WatchdogMode.IF_AVAILABLE);
        assertThat(fence.arm()).isInstanceOfSatisfying(SelfFence.Unarmed.class, unarmed -> assertThat(unarmed.why())
                .contains("modprobe"));
        fence.feed();
        fence.disarm();
    }

    @Test
    void aWatchdogThatIsOffIsNeverTouched() throws IOException {
        assertThat(fence(WatchdogMode.OFF).arm()).isInstanceOf(SelfFence.Unarmed.class);
        watchdog.elapse(TIMEOUT);
        assertThat(watchdog.bitten()).isFalse();
        assertThatThrownBy(() -> fence(WatchdogMode.OFF, StopAction.WATCHDOG)).hasMessageContaining("drop WATCHDOG");
    }

    @Test
    void aWatchdogThatCannotBeStoppedOrFedIsReported() throws IOException {
        watchdog = new FakeWatchdog(FakeWatchdog.Faults.NO_WAY_OUT);
        SelfFence stubborn = fence(WatchdogMode.REQUIRED);
        stubborn.arm();
        assertThatThrownBy(stubborn::disarm).hasMessageContaining("counts on");
        watchdog = new FakeWatchdog(FakeWatchdog.Faults.TAKES_NO_FOOD);
        SelfFence broken = fence(WatchdogMode.REQUIRED);
        broken.arm();
        assertThatThrownBy(broken::feed).hasMessageContaining("no food");
    }

    @Test
    void everyActionIsTriedInItsOrderUntilTheServerIsGone() throws IOException {
        SelfFence fence = fence(WatchdogMode.REQUIRED, StopAction.PANIC, StopAction.RESET, StopAction.WATCHDOG);
        fence.arm();
        // This 'server' survives everything, so all that can be tried is tried.
        assertThatThrownBy(() -> fence.stopServer("lease ended\nat 10:00"))
                .hasMessageContaining("could not stop itself (lease ended")
                .hasMessageContaining("PANIC: still running 5 s after 'c'")
                .hasMessageContaining("RESET: still running 5 s after 'b'")
                .hasMessageContaining("WATCHDOG: still running 13 s after fake watchdog was fed last");
        assertThat(waited).containsExactly("PT5S", "sync PT2S", "PT5S", "PT13S");
        assertThat(watchdog.bitten()).isTrue();
        assertThat(kernelLog()).hasContent("<0>norikae: stopping this server: lease ended at 10:00\n");
    }

    @Test
    void nothingFeedsOrStopsTheWatchdogOnceTheServerMustStop() throws IOException {
        SelfFence fence = fence(WatchdogMode.REQUIRED);
        fence.arm();
        assertThatThrownBy(() -> fence.stopServer("test")).hasMessageContaining("no action is configured");
        watchdog.elapse(TIMEOUT.minusSeconds(1));
        fence.feed();
        assertThatThrownBy(fence::disarm).hasMessageContaining("stays armed");
        watchdog.elapse(Duration.ofSeconds(1));
        assertThat(watchdog.bitten()).isTrue();
    }

    @Test
    void disksThatHangDoNotKeepAServerAlive() throws IOException {
        disksHang = true;
        assertThatThrownBy(() -> fence(WatchdogMode.OFF, StopAction.POWER_OFF).stopServer("test"))
                .hasMessageContaining("'o'")
                .hasMessageContaining("disks had not taken everything");
        assertThat(Files.readString(sysrq())).isEqualTo("o");
    }

    @Test
    void aKernelThatTakesNoOrderDoesNotHoldUpTheNextAction() throws IOException {
        Files.delete(sysrq());
        Files.delete(kernelLog());
        SelfFence fence = fence(WatchdogMode.REQUIRED, StopAction.PANIC, StopAction.WATCHDOG);
        fence.arm();
        assertThatThrownBy(() -> fence.stopServer("test"))
                .hasMessageContaining("PANIC: " + sysrq())
                .hasMessageContaining("WATCHDOG: still running");
        assertThat(watchdog.bitten()).isTrue();
    }

    @Test
    void whoeverStopsAServerIsNotInterrupted() {
        long before = System.nanoTime();
        Thread.currentThread().interrupt();
        ServerSelfFence.REAL_WAITS.pass(Duration.ofMillis(50));
        assertThat(System.nanoTime() - before).isGreaterThanOrEqualTo(50_000_000);
        assertThat(ServerSelfFence.REAL_WAITS.sync(Duration.ofMinutes(1))).isTrue();
        assertThat(Thread.interrupted()).as("told afterwards").isTrue();
    }

    @Test
    void settingsRefuseWhatNoDeviceCanDo() {
        assertThatThrownBy(
                        () -> SelfFenceSettings.ofThisServer(WatchdogMode.REQUIRED, Duration.ofMillis(500), List.of()))
                .hasMessageContaining("whole seconds");
        assertThatThrownBy(() -> fence(WatchdogMode.REQUIRED, StopAction.RESET, StopAction.RESET))
                .hasMessageContaining("twice");
    }

    private SelfFence fence(WatchdogMode mode, StopAction... actions) {
        SelfFenceSettings settings = new SelfFenceSettings(
                mode,
                directory.resolve("watchdog"),
                TIMEOUT,
                List.of(actions),
                Duration.ofSeconds(2),
                sysrq(),
                kernelLog());
        return new ServerSelfFence(settings, watchdog, new ServerSelfFence.Waits() {
            @Override
            public void pass(Duration time) {
                waited.add(time.toString());
                watchdog.elapse(time);
            }

            @Override
            public boolean sync(Duration patience) {
                waited.add("sync " + patience);
                return !disksHang;
            }
        });
    }

    private Path sysrq() {
        return directory.resolve("sysrq-trigger");
    }

    private Path kernelLog() {
        return directory.resolve("kmsg");
    }
}
