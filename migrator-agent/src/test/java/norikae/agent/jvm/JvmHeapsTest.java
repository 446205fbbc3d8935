package norikae.agent.jvm;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import norikae.linux.ProcessMemory.Range;
import norikae.linux.Procfs;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Against real JVMs, this test's own and the machine's. */
class JvmHeapsTest {

    private static final int LIVE_MIB = 32;

    /** Holds 32 MiB in small pieces, among 96 MiB that it drops; says so and waits. */
    public static final class Hoard {

        private static final List<byte[]> KEPT = new ArrayList<>();

        private Hoard() {}

        public static void main(String[] arguments) throws Exception {
            hoard();
            System.out.println("ready");
            int _ = System.in.read();
        }

        private static void hoard() {
            List<byte[]> dropped = new ArrayList<>();
            for (int i = 0; i < LIVE_MIB * 4 * 64; i++) {
                byte[] piece = new byte[16 << 10];
                java.util.Arrays.fill(piece, (byte) (i | 1));
                (i % 4 == 0 ? KEPT : dropped).add(piece);
            }
        }
    }

    private static Process start(String... flags) throws IOException {
        List<String> command = new ArrayList<>(
                List.of(Path.of(System.getProperty("java.home"), "bin/java").toString(), "-Xmx512m"));
        command.addAll(List.of(flags));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Hoard.class.getName()));
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        assertThat(process.inputReader().readLine()).isEqualTo("ready");
        return process;
    }

    @ParameterizedTest
    @CsvSource({"-XX:+UseG1GC", "-XX:+UseSerialGC", "-XX:+UseParallelGC", "-XX:+UseShenandoahGC"})
    void afterACollectionLittleMoreThanTheLivingHasToTravel(String collector) throws IOException {
        Process process = start(collector);
        try {
            int pid = (int) process.pid();
            JvmHeaps heaps = JvmHeaps.of(List.of(pid), TrimPolicy.AUTO);
            assertThat(heaps.collect(TrimPolicy.GC, Duration.ZERO)).contains("collected in");
            long unused = residentIn(pid, heaps.unused().getOrDefault(pid, List.of()));
            assertThat(heapResident(pid) - unused).isBetween((long) LIVE_MIB << 20, (LIVE_MIB + 16L) << 20);
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void g1sSettingsAreItsOwnersAgain() throws IOException {
        Process process = start("-XX:+UseG1GC", "-XX:MinHeapFreeRatio=33", "-XX:MaxHeapFreeRatio=66");
        try {
            int pid = (int) process.pid();
            assertThat(JvmHeaps.of(List.of(pid), TrimPolicy.GC).collect(TrimPolicy.GC, Duration.ZERO))
                    .contains("g1 heap collected");
            HotSpot jvm = HotSpot.attach(pid).orElseThrow();
            assertThat(jvm.flag("MinHeapFreeRatio")).isEqualTo(33);
            assertThat(jvm.flag("MaxHeapFreeRatio")).isEqualTo(66);
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void aHeapThatWouldTakeLongerThanThePauseIsNotCollectedUnasked() throws IOException {
        Process process = start("-XX:+UseG1GC");
        try {
            int pid = (int) process.pid();
            JvmHeaps heaps = JvmHeaps.of(List.of(pid), TrimPolicy.AUTO);
            long before = Procfs.residentBytes(pid);
            assertThat(heaps.collect(TrimPolicy.AUTO, Duration.ofMillis(100))).contains("not collected");
            assertThat(Procfs.residentBytes(pid)).isGreaterThan(before - (8 << 20));
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void nobodySpeaksToAJvmIfThatIsOffNorToAnythingElseEver() throws Exception {
        Process sleeper = new ProcessBuilder("sleep", "60").start();
        Process deaf = start("-XX:+DisableAttachMechanism");
        Process rude = start("-Xrs"); // a signal would kill it
        try {
            List<Integer> pids = List.of((int) sleeper.pid(), (int) deaf.pid(), (int) rude.pid());
            assertThat(JvmHeaps.of(pids, TrimPolicy.GC).isEmpty()).isTrue();
            assertThat(JvmHeaps.of(List.of((int) ProcessHandle.current().pid()), TrimPolicy.OFF)
                            .isEmpty())
                    .isTrue();
            assertThat(List.of(sleeper, deaf, rude)).allMatch(Process::isAlive);
        } finally {
            List.of(sleeper, deaf, rude).forEach(Process::destroyForcibly);
        }
    }

    @Test
    void aProcessThatHasEndedIsNoJvm() throws IOException {
        assertThat(HotSpot.attach(4_194_303)).isEqualTo(Optional.empty());
    }

    private static long heapResident(int pid) throws IOException {
        long begin = 0x80000000L; // 512 MiB of heap end far below 64 GiB and begin above 2 GiB, as HotSpot places them
        return residentIn(pid, List.of(new Range(begin, 0x1000000000L)));
    }

    private static long residentIn(int pid, List<Range> ranges) throws IOException {
        long resident = 0;
        try (norikae.linux.Pagemap pagemap = norikae.linux.Pagemap.of(pid)) {
            for (Procfs.Mapping mapping : Procfs.maps(pid)) {
                for (Range range : ranges) {
                    long from = Math.max(range.start(), mapping.start());
                    long to = Math.min(range.end(), mapping.end());
                    if (from < to && mapping.anonymous()) {
                        resident += pagemap.populated(new Range(from, to)).stream()
                                .mapToLong(Range::bytes)
                                .sum();
                    }
                }
            }
        }
        return resident;
    }
}
