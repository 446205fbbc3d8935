package norikae.transfer.memory;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.locks.LockSupport;
import norikae.linux.ProcessMemory;
import norikae.linux.ProcessMemory.Range;
import norikae.linux.Procfs;
import norikae.transfer.PageOutlet;
import norikae.transfer.PageSpace;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Whatever a running process does to its memory, what was sent of it is in the end what it holds. */
@Tag("system")
@Timeout(180)
class MemorySenderSystemTest {

    private static final int PAGE = ProcessMemory.PAGE_BYTES;
    private static final int MOVES = 12;
    private static final byte[] ZEROS = new byte[PAGE];

    /** Maps, writes, gives back, shrinks, grows, moves and hides memory, without a pause; tells of calls that failed. */
    private static final String PROGRAM = """
            import ctypes, random, sys
            libc = ctypes.CDLL(None, use_errno=True)
            libc.mmap.restype = libc.mremap.restype = ctypes.c_void_p
            libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
            libc.mremap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_size_t, ctypes.c_int]
            libc.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
            libc.madvise.argtypes = libc.mprotect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
            failure = ctypes.c_void_p(-1).value
            P = 4096
            random.seed(int(sys.argv[1]))
            areas = []
            def must(result, what):
                if result == failure or result == -1:
                    print('failed:', what, ctypes.get_errno(), flush=True)
                    sys.exit(3)
                return result
            print('ready', flush=True)
            while True:
                what = random.random()
                if len(areas) < 4 or what < 0.1:
                    n = random.randrange(1, 400)
                    areas.append([must(libc.mmap(None, n * P, 3, 0x22, -1, 0), 'mmap'), n])
                    if random.random() < 0.3:
                        libc.madvise(areas[-1][0], n * P, 14)
                area = random.choice(areas)
                address, n = area
                i = random.randrange(n); j = random.randrange(i, n) + 1
                if what < 0.45:
                    for page in range(i, j, random.randrange(1, 9)):
                        ctypes.c_uint64.from_address(address + page * P + 8 * random.randrange(512)).value = random.getrandbits(60)
                elif what < 0.5:
                    must(libc.madvise(address + i * P, (j - i) * P, 4), 'madvise')
                elif what < 0.8:
                    n = random.randrange(1, 400)
                    area[0] = must(libc.mremap(address, area[1] * P, n * P, 1), 'mremap')
                    area[1] = n
                elif what < 0.83:
                    must(libc.mprotect(address + i * P, (j - i) * P, 0), 'mprotect')
                    must(libc.mprotect(address + i * P, (j - i) * P, 3), 'mprotect')
                elif len(areas) > 12:
                    must(libc.munmap(address, n * P), 'munmap')
                    areas.remove(area)
            """;

    private final long seed = System.nanoTime();
    private final Stranger program;

    MemorySenderSystemTest() throws IOException {
        System.out.println("seed " + seed);
        program = new Stranger(PROGRAM, String.valueOf(seed % 1_000_000));
    }

    @BeforeEach
    void isReady() throws IOException {
        assertThat(program.reader().readLine()).isEqualTo("ready");
    }

    @AfterEach
    void end() throws Exception {
        program.end();
    }

    @ParameterizedTest
    @EnumSource
    void whatArrivesIsWhatTheProcessHeldWhenItStoppedHoweverItChangesItsMappings(MemorySender.Watch watch)
            throws Exception {
        SplittableRandom random = new SplittableRandom(seed);
        Thread load = Thread.ofPlatform().daemon().start(() -> {
            while (!Thread.currentThread().isInterrupted()) {
                Thread.onSpinWait();
            }
        });
        try {
            for (int move = 1; move <= MOVES; move++) {
                Arrived arrived = new Arrived();
                try (MemorySender sender =
                        new MemorySender(() -> List.of(new MemorySender.Member(program.pid(), 1)), watch)) {
                    for (int round = random.nextInt(1, 9); round > 0; round--) {
                        sender.look(false);
                        sender.send(arrived, false, _ -> {});
                        LockSupport.parkNanos(random.nextLong(1_000_000));
                    }
                    program.signal("STOP");
                    awaitStopped();
                    sender.look(true);
                    sender.send(arrived, true, _ -> {});
                    assertThat(arrived.differences(program.pid()))
                            .as("pages that differ after move %d", move)
                            .isEmpty();
                }
                program.signal("CONT");
            }
        } finally {
            load.interrupt();
        }
        assertThat(program.alive()).as("the program goes on").isTrue();
        assertThat(program.reader().ready()).as("it complains").isFalse();
    }

    /** What the target has. */
    private static final class Arrived implements PageOutlet {

        private final Map<Long, byte[]> pages = new HashMap<>();

        @Override
        public void pages(PageSpace space, long address, ByteBuffer data) {
            ByteBuffer from = data.duplicate();
            for (long at = address; from.hasRemaining(); at += PAGE) {
                byte[] page = new byte[PAGE];
                from.get(page);
                pages.put(at, page);
            }
        }

        @Override
        public void zeroPages(PageSpace space, long address, long count) {
            for (long i = 0; i < count; i++) {
                pages.remove(address + i * PAGE);
            }
        }

        List<String> differences(int pid) throws IOException {
            Map<Long, byte[]> left = new HashMap<>(pages);
            List<String> differences = new ArrayList<>();
            ByteBuffer content = ByteBuffer.allocateDirect(256 * PAGE);
            byte[] page = new byte[PAGE];
            for (Procfs.Mapping mapping : Procfs.maps(pid)) {
                boolean travels = mapping.anonymous()
                        && mapping.permissions().startsWith("r")
                        && !mapping.path().startsWith("[v");
                for (long at = mapping.start(); travels && at < mapping.end(); at += content.position()) {
                    content.clear().limit((int) Math.min(content.capacity(), mapping.end() - at));
                    ProcessMemory.read(pid, List.of(new Range(at, at + content.limit())), content);
                    content.flip();
                    for (long of = at; content.hasRemaining(); of += PAGE) {
                        content.get(page);
                        if (!Arrays.equals(page, Objects.requireNonNullElse(left.remove(of), ZEROS))) {
                            differences.add(Long.toHexString(of));
                        }
                    }
                }
            }
            left.forEach((at, there) -> {
                if (!Arrays.equals(ZEROS, there)) {
                    differences.add(Long.toHexString(at) + " (not mapped)");
                }
            });
            return differences;
        }
    }

    private void awaitStopped() throws IOException {
        Path stat = Path.of("/proc/" + program.pid() + "/stat");
        while (!Files.readString(stat).contains(") T ")) {
            LockSupport.parkNanos(100_000);
        }
    }
}
