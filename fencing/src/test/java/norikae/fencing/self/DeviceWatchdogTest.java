package norikae.fencing.self;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Without a device; with one: {@link WatchdogGuestSystemTest}. */
class DeviceWatchdogTest {

    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    private final Path directory;

    DeviceWatchdogTest(@TempDir Path directory) {
        this.directory = directory;
    }

    @Test
    void aDeviceThatIsMissingOrNoWatchdogIsNamed() throws IOException {
        Path none = directory.resolve("watchdog");
        assertThatThrownBy(() -> Watchdog.of(none).start(TIMEOUT))
                .isInstanceOf(NoSuchFileException.class)
                .hasMessageContaining(none.toString());
        Path file = Files.writeString(directory.resolve("file"), "");
        assertThatThrownBy(() -> Watchdog.of(file).start(TIMEOUT)).hasMessageContaining(file + ", WDIOC_GETSUPPORT");
    }

    @Test
    void anAgentThatMustHaveOneDoesNotStartWithoutTheDriver() {
        SelfFenceSettings settings = new SelfFenceSettings(
                WatchdogMode.REQUIRED,
                directory.resolve("watchdog"),
                TIMEOUT,
                List.of(),
                Duration.ZERO,
                directory.resolve("sysrq"),
                directory.resolve("kmsg"));
        assertThatThrownBy(() -> SelfFence.of(settings).arm())
                .hasMessageContaining("there is no watchdog at " + directory)
                .hasMessageContaining("modprobe iTCO_wdt");
    }
}
