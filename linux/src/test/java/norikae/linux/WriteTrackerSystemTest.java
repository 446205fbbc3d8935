package norikae.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.FutureTask;
import norikae.linux.ProcessMemory.Range;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tracks a Python process that does to its memory what it is told. */
@Tag("system")
@Timeout(60)
class WriteTrackerSystemTest {

    private static final int PAGE = ProcessMemory.PAGE_BYTES;
    private static final int PAGES = 4_096;

    private static final String PROGRAM = """
            import ctypes, mmap, os, signal, sys, threading, time
            seen = 0
            def handler(number, frame):
                global seen
                seen += 1
            signal.signal(signal.SIGUSR1, handler)
            def area(pages):
                m = mmap.mmap(-1, pages * 4096, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
                return m, ctypes.addressof(ctypes.c_char.from_buffer(m))
            memory, address = area(%d)
            others = []
            libc = ctypes.CDLL(None, use_errno=True)
            libc.mmap.restype = libc.mremap.restype = ctypes.c_void_p
            libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
            libc.mremap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_size_t, ctypes.c_int]
            libc.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
            churned = failed = 0
            def churn():
                global churned, failed
                failure = ctypes.c_void_p(-1).value
                while True:
                    for pages in range(1, 40):
                        at = libc.mmap(None, pages * 4096, 3, 0x22, -1, 0)
                        ctypes.memset(at, 1, pages * 4096)
                        to = libc.mremap(at, pages * 4096, (80 - pages) * 4096, 1)
                        if to == failure:
                            failed += 1
                            libc.munmap(at, pages * 4096)
                        else:
                            libc.munmap(to, (80 - pages) * 4096)
                    churned += 1
            print(address, flush=True)
            while True:
                words = os.read(0, 1000).decode().split()
                if not words:
                    break
                answer = 'done'
                if words[0] == 'write':
                    memory[int(words[1]) * 4096 + 7] = int(words[2])
                elif words[0] == 'drop':
                    memory.madvise(mmap.MADV_DONTNEED, int(words[1]) * 4096, 4096)
                elif words[0] == 'map':
                    others.append(area(int(words[1])))
                    answer = str(others[-1][1])
                elif words[0] == 'seen':
                    answer = str(seen)
                elif words[0] == 'churn':
                    threading.Thread(target=churn, daemon=True).start()
                elif words[0] == 'churned':
                    answer = '%%d %%d' %% (churned, failed)
                elif words[0] == 'sleep':
                    begin = time.monotonic()
                    time.sleep(float(words[1]))
                    answer = str(time.monotonic() - begin)
                print(answer, flush=True)
            """.formatted(PAGES);

    private StreamSocket talk;
    private ChildProcess child;
    private Range memory;

    WriteTrackerSystemTest() throws IOException {
        UnixSockets.StreamPair pair = UnixSockets.streamPair();
        talk = pair.ours();
        try (OwnedFd theirs = pair.theirs()) {
            child = Spawn.of(List.of("/usr/bin/python3", "-c", PROGRAM))
                    .environment(Map.of())
                    .inherit(theirs, 0)
                    .inherit(theirs, 1)
                    .start();
        }
        memory = new Range(0, 0);
    }

    @BeforeEach
    void learnItsAddress() throws IOException {
        long address = Long.parseLong(line());
        memory = new Range(address, address + (long) PAGES * PAGE);
    }

    @AfterEach
    void end() throws IOException {
        talk.close();
        child.pidFd().signal(PidFd.SIGKILL);
        assertThat(child.awaitExit(Waiting.PATIENCE)).isPresent();
        child.close();
    }

    @Test
    void tellsExactlyThePagesThatWereWrittenSinceItWasLastAsked() throws IOException {
        ask("write 3 1");
        try (WriteTracker tracker = WriteTracker.of(child.pid())) {
            assertThat(tracker.cover(memory)).isTrue();
            assertThat(tracker.takeWritten(memory)).as("everything, at first").contains(List.of(memory));
            assertThat(tracker.populated(memory)).contains(page(3, 4));
            assertThat(tracker.takeWritten(memory)).contains(List.of());
            ask("write 5 1");
            ask("write 6 1");
            ask("write 4000 1");
            assertThat(tracker.takeWritten(memory)).contains(List.of(page(5, 7), page(4000, 4001)));
            ask("write 5 2");
            assertThat(tracker.takeWritten(new Range(memory.start(), page(5, 5).start())))
                    .as("not asked about page 5")
                    .contains(List.of());
            assertThat(tracker.takeWritten(memory)).contains(List.of(page(5, 6)));
        }
    }

    @Test
    void manyScatteredPagesAreAllTold() throws IOException {
        try (WriteTracker tracker = WriteTracker.of(child.pid())) {
            assertThat(tracker.cover(memory)).isTrue();
            var _ = tracker.takeWritten(memory);
            long seed = System.nanoTime();
            System.out.println("seed " + seed);
            SplittableRandom random = new SplittableRandom(seed);
            boolean[] written = new boolean[PAGES];
            for (int i = 0; i < 600; i++) {
                int page = random.nextInt(PAGES);
                written[page] = true;
                ask("write " + page + " " + random.nextInt(256));
            }
            boolean[] told = new boolean[PAGES];
            for (Range range : tracker.takeWritten(memory).orElseThrow()) {
                Arrays.fill(told, pageOf(range.start()), pageOf(range.end()), true);
            }
            assertThat(told).isEqualTo(written);
        }
    }

    @Test
    void whatWasGivenBackIsNotWrittenButGone() throws IOException {
        ask("write 10 1");
        ask("write 11 1");
        try (WriteTracker tracker = WriteTracker.of(child.pid())) {
            assertThat(tracker.cover(memory)).isTrue();
            var _ = tracker.takeWritten(memory);
            ask("drop 10");
            assertThat(tracker.populated(memory))
                    .contains(page(11, 12))
                    .noneMatch(r -> r.start() == page(10, 11).start());
            ask("write 10 2");
            assertThat(tracker.takeWritten(memory)).contains(List.of(page(10, 11)));
        }
    }

    @Test
    void aNewMappingIsNotCoveredAndSaysSo() throws IOException {
        try (WriteTracker tracker = WriteTracker.of(child.pid())) {
            assertThat(tracker.takeWritten(memory)).isEmpty();
            assertThat(tracker.cover(memory)).isTrue();
            // Of another size, so that the kernel does not join them.
            long address = Long.parseLong(ask("map 100"));
            Range other = new Range(address, address + 100L * PAGE);
            boolean joined = tracker.takeWritten(other).isPresent();
            if (!joined) {
                assertThat(tracker.cover(other)).isTrue();
            }
            assertThat(tracker.takeWritten(other)).isPresent();
            assertThat(tracker.cover(new Range(PAGE, 2 * PAGE)))
                    .as("nothing is there")
                    .isFalse();
        }
    }

    @Test
    void aProgramThatRemapsWhileItsMappingsAreCoveredNeverFails() throws Exception {
        ask("churn");
        ask("churn");
        try (WriteTracker tracker = WriteTracker.of(child.pid())) {
            int begin = churned()[0];
            for (int i = 0; i < 300 || churned()[0] < begin + 20; i++) {
                tracker.refresh();
                List<Range> covered = tracker.coverAll(
                        m -> m.anonymous() && !m.shared() && !m.path().startsWith("[v"), Waiting.PATIENCE);
                assertThat(covered).isNotEmpty();
            }
            assertThat(churned()[1]).as("calls of mremap that failed").isZero();
            assertThat(tracker.stoppedNanos()).isPositive();
        }
        assertThat(Procfs.status(child.pid())).containsEntry("TracerPid", "0");
    }

    private int[] churned() throws IOException {
        return Arrays.stream(ask("churned").split(" ", -1))
                .mapToInt(Integer::parseInt)
                .toArray();
    }

    @Test
    void signalsArriveAtAProcessThatIsCoveredAndAStoppedOneStaysStopped() throws Exception {
        try (WriteTracker tracker = WriteTracker.of(child.pid())) {
            for (int i = 1; i <= 20; i++) {
                FutureTask<List<Range>> covering =
                        new FutureTask<>(() -> tracker.coverAll(Procfs.Mapping::anonymous, Waiting.PATIENCE));
                Thread.ofPlatform().start(covering);
                child.pidFd().signal(10); // SIGUSR1
                covering.get();
                int wanted = i;
                Waiting.until("signal " + i + " has arrived", () -> Integer.parseInt(ask("seen")) >= wanted);
            }
            child.pidFd().signal(19); // SIGSTOP
            Waiting.until("it is stopped", () -> state().startsWith("T"));
            assertThat(tracker.coverAll(Procfs.Mapping::anonymous, Waiting.PATIENCE))
                    .isNotEmpty();
            Waiting.until("it is stopped again", () -> state().startsWith("T"));
            child.pidFd().signal(18); // SIGCONT
            assertThat(ask("write 1 1")).isEqualTo("done");
        }
    }

    private String state() throws IOException {
        return Procfs.status(child.pid()).getOrDefault("State", "");
    }

    @Test
    void theTargetKeepsWaitingForWhatItWaitedFor() throws Exception {
        tell("sleep 0.3");
        for (int i = 0; i < 5; i++) {
            WriteTracker.of(child.pid()).close();
        }
        assertThat(Double.parseDouble(line())).isBetween(0.3, 10.0);
        WriteTracker.of(child.pid()).close(); // waiting in read(2) this time
        assertThat(ask("write 1 1")).isEqualTo("done");
        assertThat(Procfs.descriptors(child.pid()))
                .as("nothing of ours is left in its table")
                .noneMatch(d -> d.target().contains("userfaultfd"));
        assertThat(Procfs.status(child.pid())).containsEntry("TracerPid", "0");
    }

    @Test
    void aSignalThatComesInBetweenIsNotLost() throws Exception {
        for (int i = 1; i <= 20; i++) {
            FutureTask<Void> tracking = new FutureTask<>(() -> {
                WriteTracker.of(child.pid()).close();
                return null;
            });
            Thread.ofPlatform().start(tracking);
            child.pidFd().signal(10); // SIGUSR1
            tracking.get();
            int wanted = i;
            Waiting.until("signal " + i + " has arrived", () -> Integer.parseInt(ask("seen")) >= wanted);
        }
    }

    @Test
    void readsMemoryOfARunningProcess() throws IOException {
        ask("write 20 65");
        ask("write 30 66");
        ByteBuffer copy = ByteBuffer.allocateDirect(2 * PAGE);
        assertThat(ProcessMemory.read(child.pid(), List.of(page(20, 21), page(30, 31)), copy))
                .isEqualTo(2L * PAGE);
        assertThat(copy.remaining()).isZero();
        assertThat(copy.get(7)).isEqualTo((byte) 65);
        assertThat(copy.get(PAGE + 7)).isEqualTo((byte) 66);
        Range nothing = new Range(PAGE, 2 * PAGE);
        assertThatThrownBy(() -> ProcessMemory.read(child.pid(), List.of(nothing), copy.clear()))
                .hasMessageContaining("EFAULT");
        assertThatThrownBy(() -> ProcessMemory.read(child.pid(), List.of(memory), copy.clear()))
                .hasMessageContaining("do not fit into 8192");
        assertThatThrownBy(() -> ProcessMemory.read(child.pid(), List.of(nothing), ByteBuffer.allocate(PAGE)))
                .hasMessageContaining("use a direct one");
    }

    @Test
    void aProcessWithATracerIsSaidToHaveOne() throws Exception {
        try (ChildProcess strange = Spawn.of(List.of("/usr/bin/sleep", "1000"))
                .environment(Map.of())
                .start()) {
            Waiting.until("it sleeps", () -> Procfs.executable(strange.pid()).endsWith("sleep"));
            FutureTask<Void> tracing = new FutureTask<>(() -> {
                try (RemoteSyscall _ = RemoteSyscall.into(strange.pid())) {
                    assertThatThrownBy(() -> WriteTracker.of(strange.pid())).hasMessageContaining("EPERM");
                    return null;
                }
            });
            Thread.ofPlatform().start(tracing);
            tracing.get();
            strange.pidFd().signal(PidFd.SIGKILL);
            assertThat(strange.awaitExit(Waiting.PATIENCE)).isPresent();
            assertThatThrownBy(() -> WriteTracker.of(strange.pid())).isInstanceOf(IOException.class);
        }
    }

    private Range page(long from, long to) {
        return new Range(memory.start() + from * PAGE, memory.start() + to * PAGE);
    }

    private int pageOf(long address) {
        return (int) ((address - memory.start()) / PAGE);
    }

    private String ask(String command) throws IOException {
        tell(command);
        return line();
    }

    private void tell(String command) throws IOException {
        byte[] text = (command + "\n").getBytes(StandardCharsets.US_ASCII);
        talk.write(ByteBuffer.allocateDirect(text.length).put(text).flip());
    }

    private String line() throws IOException {
        StringBuilder line = new StringBuilder();
        ByteBuffer one = ByteBuffer.allocateDirect(1);
        while (true) {
            talk.readFully(one.clear());
            char c = (char) one.get(0);
            if (c == '\n') {
                return line.toString();
            }
            line.append(c);
        }
    }
}
