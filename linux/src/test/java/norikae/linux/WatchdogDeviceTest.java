package norikae.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Real devices are met in a guest, where one may bite: {@code norikae.fencing.self.WatchdogGuestSystemTest}. */
@Timeout(60)
class WatchdogDeviceTest {

    private static final Path GCC = Path.of("/usr/bin/gcc");
    private static final Path HEADER = Path.of("/usr/include/linux/watchdog.h");

    private final Path directory;

    WatchdogDeviceTest(@TempDir Path directory) {
        this.directory = directory;
    }

    @Test
    void speaksTheLayoutOfTheKernelsOwnHeader() throws Exception {
        assumeTrue(Files.isExecutable(GCC) && Files.exists(HEADER), "needs gcc and linux-libc-dev");
        String program = """
                #include <linux/watchdog.h>
                #include <stddef.h>
                #include <stdio.h>
                #define OUT(x) printf("%lu\\n", (unsigned long)(x))
                int main(void) {
                  OUT(sizeof(struct watchdog_info));
                  OUT(offsetof(struct watchdog_info, options));
                  OUT(offsetof(struct watchdog_info, firmware_version));
                  OUT(offsetof(struct watchdog_info, identity));
                  OUT(sizeof(((struct watchdog_info *)0)->identity));
                  OUT(WDIOC_GETSUPPORT); OUT(WDIOC_GETBOOTSTATUS); OUT(WDIOC_SETOPTIONS); OUT(WDIOC_KEEPALIVE);
                  OUT(WDIOC_SETTIMEOUT); OUT(WDIOC_GETTIMEOUT); OUT(WDIOC_SETPRETIMEOUT); OUT(WDIOC_GETPRETIMEOUT);
                  OUT(WDIOC_GETTIMELEFT); OUT(WDIOS_DISABLECARD); OUT(WDIOS_ENABLECARD);
                  OUT(WDIOF_CARDRESET); OUT(WDIOF_SETTIMEOUT); OUT(WDIOF_MAGICCLOSE); OUT(WDIOF_PRETIMEOUT);
                  OUT(WDIOF_ALARMONLY);
                  return 0;
                }
                """;
        assertThat(compileAndRun(program))
                .isEqualTo(List.of(
                        (long) WatchdogDevice.INFO_BYTES,
                        (long) WatchdogDevice.INFO_OPTIONS,
                        (long) WatchdogDevice.INFO_FIRMWARE,
                        (long) WatchdogDevice.INFO_IDENTITY,
                        (long) WatchdogDevice.IDENTITY_BYTES,
                        WatchdogDevice.GETSUPPORT,
                        WatchdogDevice.GETBOOTSTATUS,
                        WatchdogDevice.SETOPTIONS,
                        WatchdogDevice.KEEPALIVE,
                        WatchdogDevice.SETTIMEOUT,
                        WatchdogDevice.GETTIMEOUT,
                        WatchdogDevice.SETPRETIMEOUT,
                        WatchdogDevice.GETPRETIMEOUT,
                        WatchdogDevice.GETTIMELEFT,
                        (long) WatchdogDevice.DISABLE_CARD,
                        (long) WatchdogDevice.ENABLE_CARD,
                        (long) WatchdogDevice.CARD_RESET,
                        (long) WatchdogDevice.SETS_TIMEOUT,
                        (long) WatchdogDevice.MAGIC_CLOSE,
                        (long) WatchdogDevice.PRETIMEOUT,
                        (long) WatchdogDevice.ALARM_ONLY));
    }

    @Test
    void namesTheDeviceThatIsNotThere() {
        assertThatThrownBy(() -> WatchdogDevice.open(directory.resolve("watchdog")))
                .isInstanceOfSatisfying(
                        LinuxException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ENOENT))
                .hasMessageContaining(directory.resolve("watchdog").toString());
    }

    @Test
    void namesWhatIsNoWatchdogAndTheQuestionThatItDoesNotUnderstand() throws IOException {
        Path file = Files.writeString(directory.resolve("file"), "");
        try (WatchdogDevice device = WatchdogDevice.open(file)) {
            assertThatThrownBy(device::keepAlive).hasMessageContaining(file + ", WDIOC_KEEPALIVE");
            assertThatThrownBy(() -> device.setTimeout(7))
                    .hasMessageContaining("7 s")
                    .hasMessageContaining("ENOTTY");
            assertThat(device.timeLeft()).isEmpty();
        }
    }

    @Test
    void saysFarewellOnlyWhenItIsClosedInOrder() throws IOException {
        Path file = Files.writeString(directory.resolve("file"), "");
        WatchdogDevice.open(file).close();
        assertThat(Files.readString(file)).isEmpty();
        WatchdogDevice.open(file).closeOrderly();
        assertThat(Files.readString(file)).isEqualTo("V");
    }

    @Test
    void ordersOfTheKernelAreSingleLetters() throws IOException {
        Path trigger = Files.writeString(directory.resolve("trigger"), "");
        SysRq.RESET.order(trigger);
        assertThat(Files.readString(trigger)).isEqualTo("b");
        assertThat(SysRq.CRASH.key() + SysRq.POWER_OFF.key()).isEqualTo("co");
        assertThatThrownBy(() -> SysRq.CRASH.order(directory.resolve("none"))).hasMessageContaining("none");
    }

    private List<Long> compileAndRun(String program) throws IOException, InterruptedException {
        Path source = Files.writeString(directory.resolve("probe.c"), program);
        Path binary = directory.resolve("probe");
        run(List.of(GCC.toString(), "-o", binary.toString(), source.toString()));
        return run(List.of(binary.toString())).lines().map(Long::valueOf).toList();
    }

    private static String run(List<String> command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        return output;
    }
}
