package norikae.agent.jvm;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Against real JVMs: the names of HotSpot's threads are its own. */
@Timeout(60)
class GcShareTest {

    /** Keeps its heap all but full, or computes and leaves no garbage. */
    public static final class Toil {

        private Toil() {}

        public static void main(String[] arguments) {
            System.out.println("ready");
            if (arguments[0].equals("compute")) {
                for (long x = 1; x != 0; x = x * 6364136223846793005L + 1442695040888963407L | 1) {
                    // on and on
                }
            }
            List<byte[]> kept = new ArrayList<>(1 << 20);
            while (true) {
                try {
                    kept.add(new byte[1 << 10]);
                } catch (OutOfMemoryError e) {
                    for (int i = 0; i < 64 && !kept.isEmpty(); i++) {
                        kept.removeLast();
                    }
                }
            }
        }
    }

    private static Process start(String what, String... flags) throws Exception {
        List<String> command = new ArrayList<>(
                List.of(Path.of(System.getProperty("java.home"), "bin/java").toString(), "-Xmx32m"));
        command.addAll(List.of(flags));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Toil.class.getName(), what));
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        assertThat(process.inputReader().readLine()).isEqualTo("ready");
        return process;
    }

    private static GcShare over(int pid, int ticks) throws Exception {
        GcShare before = GcShare.of(pid);
        GcShare since = GcShare.of(pid).since(before);
        while (since.allTicks() < ticks) {
            Thread.sleep(20);
            since = GcShare.of(pid).since(before);
        }
        return since;
    }

    @ParameterizedTest
    @ValueSource(strings = {"UseSerialGC", "UseParallelGC", "UseG1GC", "UseZGC", "UseShenandoahGC"})
    void aJvmWithAFullHeapDoesLittleButCollect(String collector) throws Exception {
        Process process = start("thrash", "-XX:+" + collector);
        try {
            int percent = 0;
            for (int i = 0; i < 20 && percent < 90; i++) {
                percent = over((int) process.pid(), 30).percent();
            }
            assertThat(percent).isGreaterThanOrEqualTo(90);
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void aJvmThatComputesDoesNotCollect() throws Exception {
        Process process = start("compute");
        try {
            assertThat(over((int) process.pid(), 50).percent()).isLessThan(20);
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void threadsOfTheApplicationDoNotCount() {
        assertThat(GcShare.collects("12 (G1 Conc#0) S 1 2")).isTrue();
        assertThat(GcShare.collects("12 (VM Thread) S 1 2")).isTrue();
        assertThat(GcShare.collects("12 (worker (GC Thread#) S 1 2")).isFalse();
        assertThat(GcShare.collects("12 (java) S 1 2")).isFalse();
    }

    @Test
    void aDeadlockIsReadFromHotSpotsPrint() {
        String healthy = "2026-11-27 10:00:00\nFull thread dump OpenJDK\n\n\"main\" #1\n";
        assertThat(JvmHealth.deadlock(healthy)).isNull();
        assertThat(JvmHealth.deadlock(healthy + """

                Found one Java-level deadlock:
                =============================
                "lefty":
                  waiting to lock monitor 0x1 (object 0x2, a java.lang.Object),
                  which is held by "righty"

                "righty":
                  waiting to lock monitor 0x3 (object 0x4, a java.lang.Object),
                  which is held by "lefty"

                Java stack information for the threads listed above:
                ===================================================
                "lefty":
                	at X
                """)).isEqualTo("a deadlock of its threads \"lefty\", \"righty\"");
    }
}
