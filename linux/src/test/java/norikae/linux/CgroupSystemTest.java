package norikae.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.NoSuchFileException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Tag("system")
@Timeout(60)
class CgroupSystemTest {

    private Cgroup group = Cgroup.at(java.nio.file.Path.of("/nowhere"));

    @BeforeEach
    void makeAGroup() throws IOException {
        group = Cgroup.root().child(Waiting.unique("nkt-")).create();
    }

    @AfterEach
    void leaveNothingBehind() throws IOException {
        group.kill();
        group.remove(Waiting.PATIENCE);
        assertThat(group.exists()).isFalse();
    }

    @Test
    void freezesAndThawsWhatRunsInside() throws Exception {
        try (ChildProcess busy = busy()) {
            group.add(busy.pid());
            assertThat(group.procs()).containsExactly(busy.pid());
            assertThat(group.populated()).isTrue();

            group.freeze(Waiting.PATIENCE);
            assertThat(group.frozen()).isTrue();
            long then = cpuTicks(busy.pid());
            // It used all of a processor before; what another busy process gets meanwhile, this one would have got,
            // too.
            try (ChildProcess other = busy()) {
                Waiting.until("another process gets on", () -> cpuTicks(other.pid()) > 10);
            }
            assertThat(cpuTicks(busy.pid())).as("stands still").isEqualTo(then);

            group.thaw();
            assertThat(group.frozen()).isFalse();
            Waiting.until("goes on", () -> cpuTicks(busy.pid()) > then);
        }
    }

    @Test
    void killsWhatIsFrozen() throws IOException {
        try (ChildProcess busy = busy()) {
            group.add(busy.pid());
            group.freeze(Waiting.PATIENCE);
            assertThat(group.awaitEmpty(Duration.ofMillis(20))).isFalse();
            group.kill();
            assertThat(busy.awaitExit(Waiting.PATIENCE)).contains(new ExitStatus(-1, PidFd.SIGKILL));
            assertThat(group.awaitEmpty(Waiting.PATIENCE)).isTrue();
        }
    }

    @Test
    void isWokenByTheLastProcessThatLeaves() throws Exception {
        try (ChildProcess busy = busy()) {
            group.add(busy.pid());
            Thread killer = Thread.ofPlatform().start(() -> {
                try {
                    Waiting.until("somebody waits", () -> true);
                    busy.kill();
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                }
            });
            assertThat(group.awaitEmpty(Waiting.PATIENCE)).isTrue();
            killer.join();
        }
    }

    @Test
    void costsNoProcessorTimeWhileItWaits() throws IOException {
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        try (ChildProcess sleeper = Spawn.of(List.of("sleep", "1000")).start()) {
            group.add(sleeper.pid());
            assertThat(group.awaitEmpty(Duration.ofMillis(50))).as("warm up").isFalse();
            long before = threads.getCurrentThreadCpuTime();
            assertThat(group.awaitEmpty(Duration.ofMillis(600))).isFalse();
            assertThat(Duration.ofNanos(threads.getCurrentThreadCpuTime() - before))
                    .isLessThan(Duration.ofMillis(100));
        }
    }

    @Test
    void refusesToRemoveAGroupInUseAndNamesItsProcesses() throws IOException {
        try (ChildProcess sleeper = Spawn.of(List.of("sleep", "1000")).start()) {
            group.add(sleeper.pid());
            assertThatThrownBy(() -> group.remove(Duration.ofMillis(20)))
                    .hasMessageContaining(group.toString())
                    .hasMessageContaining("[" + sleeper.pid() + "]");
        }
    }

    @Test
    void namesFileValueAndReasonOfAnOrderThatFails() {
        assertThatThrownBy(() -> group.add(4_194_304))
                .isInstanceOf(LinuxException.class)
                .hasMessage("write(" + group.procsFile() + ", \"4194304\") failed: ESRCH (no such process)");
    }

    @Test
    void treatsAGroupThatIsNotThereAsEmpty() throws IOException {
        Cgroup none = group.child("none");
        none.kill();
        none.remove(Duration.ZERO);
        assertThat(none.procs()).isEmpty();
        assertThat(none.awaitEmpty(Duration.ZERO)).isTrue();
        assertThat(none.frozen()).isFalse();
        assertThat(none.populated()).isFalse();
        assertThatThrownBy(() -> none.freeze(Duration.ZERO)).isInstanceOf(NoSuchFileException.class);
        assertThatThrownBy(none::thaw).isInstanceOf(NoSuchFileException.class);
        assertThatThrownBy(() -> none.add(1)).isInstanceOf(NoSuchFileException.class);
    }

    @Test
    void knowsTheGroupOfThisProcess() throws IOException {
        assertThat(Cgroup.own().procs()).contains((int) ProcessHandle.current().pid());
        assertThat(group.child("a").parent().directory()).isEqualTo(group.directory());
    }

    @Test
    void limitsMemoryProcessorAndTasksThroughVersionOne() throws IOException {
        String name = Waiting.unique("nkt-");
        for (String controller : List.of("memory", "cpu", "pids")) {
            var root = LegacyCgroup.controller(controller);
            if (root.isEmpty()) {
                continue; // a machine with v2 controllers
            }
            LegacyCgroup legacy = root.get().child(name).create();
            try (ChildProcess child = Spawn.of(List.of("sleep", "1000")).start()) {
                legacy.add(child.pid());
                switch (controller) {
                    case "memory" -> {
                        legacy.limitMemory(64 << 20);
                        assertThat(legacy.get("memory.limit_in_bytes")).isEqualTo("67108864");
                    }
                    case "cpu" -> {
                        legacy.limitCpu(Duration.ofMillis(150), Duration.ofMillis(100));
                        assertThat(legacy.get("cpu.cfs_quota_us")).isEqualTo("150000");
                        assertThat(legacy.get("cpu.cfs_period_us")).isEqualTo("100000");
                    }
                    default -> {
                        legacy.limitTasks(17);
                        assertThat(legacy.get("pids.max")).isEqualTo("17");
                    }
                }
            } finally {
                legacy.remove();
            }
        }
        assertThat(LegacyCgroup.controller("no-such-controller")).isEmpty();
    }

    private static ChildProcess busy() throws IOException {
        return Spawn.of(List.of("sh", "-c", "while :; do :; done"))
                .environment(Map.of("PATH", "/usr/bin:/bin"))
                .start();
    }

    private static long cpuTicks(int pid) throws IOException {
        String stat = java.nio.file.Files.readString(java.nio.file.Path.of("/proc/" + pid + "/stat"));
        String[] f = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        return Long.parseLong(f[11]) + Long.parseLong(f[12]);
    }
}
