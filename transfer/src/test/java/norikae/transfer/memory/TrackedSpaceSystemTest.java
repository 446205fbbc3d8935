package norikae.transfer.memory;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import norikae.linux.ProcessMemory;
import norikae.linux.ProcessMemory.Range;
import norikae.linux.Procfs;
import norikae.transfer.PageSpace;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is believed of a process that changes its mappings at the worst moment. */
@Tag("system")
@Timeout(60)
class TrackedSpaceSystemTest {

    private static final int PAGE = ProcessMemory.PAGE_BYTES;

    /** Reserves 40 pages and maps inside them what it is told. */
    private static final String PROGRAM = """
            import ctypes, sys
            libc = ctypes.CDLL(None, use_errno=True)
            libc.mmap.restype = ctypes.c_void_p
            libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
            libc.mprotect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
            P = 4096
            base = libc.mmap(None, 40 * P, 0, 0x22, -1, 0)
            print(base, flush=True)
            for line in sys.stdin:
                what, start, count = line.split()
                at = base + int(start) * P
                if what == 'map':
                    libc.mmap(at, int(count) * P, 3, 0x32, -1, 0)
                elif what == 'hide':
                    libc.mprotect(at, int(count) * P, 0)
                elif what == 'show':
                    libc.mprotect(at, int(count) * P, 3)
                else:
                    for i in range(int(count)):
                        ctypes.c_uint8.from_address(at + i * P).value += 1
                print('done', flush=True)
            """;

    private final Stranger program = new Stranger(PROGRAM);
    private final long base = Long.parseLong(program.reader().readLine());
    private final int pid = program.pid();
    private final AtomicReference<List<Procfs.Mapping>> outdated = new AtomicReference<>(List.of());

    TrackedSpaceSystemTest() throws IOException {}

    @AfterEach
    void end() throws Exception {
        program.end();
    }

    @Test
    void writesAreNotForgottenWhenHalfOfAMappingBecameAnotherOneSinceTheListWasRead() throws Exception {
        tell("map 10 20");
        tell("write 10 20");
        try (TrackedSpace space = TrackedSpace.watching(pid, PageSpace.stored(1), this::mappings)) {
            var _ = space.look(false);
            send(space);
            tell("write 12 3");
            outdated.set(Procfs.maps(pid));
            tell("map 20 10"); // the first ten pages are watched, these are not
            var _ = space.look(false);
            var _ = space.look(false);
            assertThat(space.pending().containsAll(pages(12, 15)))
                    .as("what was written is sent again")
                    .isTrue();
        }
    }

    @Test
    void whatCouldNotBeReadForAMomentIsPendingAgain() throws Exception {
        tell("map 10 20");
        tell("write 10 20");
        try (TrackedSpace space = TrackedSpace.watching(pid, PageSpace.stored(1), this::mappings)) {
            var _ = space.look(false);
            tell("hide 14 2");
            space.sending(space.pending().ranges());
            space.missed(pages(14, 16));
            tell("show 14 2");
            var _ = space.look(false);
            assertThat(space.pending().containsAll(pages(14, 16))).isTrue();
        }
    }

    @Test
    void aMappingThatWasOverlookedOnceIsSentWhole() throws Exception {
        tell("map 10 20");
        tell("write 10 20");
        try (TrackedSpace space = TrackedSpace.watching(pid, PageSpace.stored(1), this::mappings)) {
            var _ = space.look(false);
            send(space);
            outdated.set(Procfs.maps(pid).stream()
                    .filter(m -> m.start() != pages(10, 30).start())
                    .toList());
            assertThat(space.look(false)).as("said to be gone").contains(pages(10, 30));
            var _ = space.look(false);
            assertThat(space.pending().containsAll(pages(10, 30))).isTrue();
        }
    }

    private static void send(TrackedSpace space) {
        space.sending(space.pending().ranges());
        assertThat(space.pending().ranges()).isEmpty();
    }

    private List<Procfs.Mapping> mappings(int process) throws IOException {
        List<Procfs.Mapping> old = outdated.getAndSet(List.of());
        return old.isEmpty() ? Procfs.maps(process) : old;
    }

    private Range pages(long from, long to) {
        return new Range(base + from * PAGE, base + to * PAGE);
    }

    private void tell(String command) throws IOException {
        program.writer().write(command + "\n");
        program.writer().flush();
        assertThat(program.reader().readLine()).isEqualTo("done");
    }
}
