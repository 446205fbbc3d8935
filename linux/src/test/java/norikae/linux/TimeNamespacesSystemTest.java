package norikae.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Tag("system")
@Timeout(60)
class TimeNamespacesSystemTest {

    @Test
    void readTheClocksOfAProcessWithAnotherUptime() throws Exception {
        int self = (int) ProcessHandle.current().pid();
        List<String> command = List.of(
                "unshare", "--time", "--monotonic", "86400", "--boottime", "259200", "--kill-child", "sleep", "1000");
        try (ChildProcess unshare =
                Spawn.of(command).environment(Map.of("PATH", "/usr/bin:/bin")).start()) {
            Waiting.until("the child sleeps", () -> Procfs.children(unshare.pid()).stream()
                    .anyMatch(TimeNamespacesSystemTest::sleeps));
            int child = Procfs.children(unshare.pid()).getFirst();
            TimeNamespaces.Offsets own = TimeNamespaces.offsets(self);
            TimeNamespaces.Offsets offsets = TimeNamespaces.offsets(child);
            assertThat(offsets.monotonic().minus(own.monotonic())).isEqualTo(Duration.ofDays(1));
            assertThat(offsets.boottime().minus(own.boottime())).isEqualTo(Duration.ofDays(3));
            assertThat(TimeNamespaces.inode(child)).isNotEqualTo(TimeNamespaces.inode(self));
            try (PidFd sleeper = PidFd.open(child)) {
                sleeper.signal(PidFd.SIGKILL);
                assertThat(sleeper.awaitExit(Waiting.PATIENCE)).isTrue();
            }
        }
    }

    private static boolean sleeps(int pid) {
        try {
            return Procfs.commandLine(pid).contains("1000")
                    && Procfs.executable(pid).endsWith("sleep");
        } catch (IOException e) {
            return false;
        }
    }
}
