package norikae.transfer.memory;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import norikae.linux.ProcessMemory;
import norikae.transfer.PageOutlet;
import norikae.transfer.PageSpace;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Guard pages, which the checkpoint engine makes readable while it works: whoever looks just then finds them among the others. */
@Tag("system")
class ProtectedMemorySystemTest {

    private static final int PAGE = ProcessMemory.PAGE_BYTES;

    private static final String PROGRAM = """
            import ctypes, sys
            libc = ctypes.CDLL(None)
            libc.mmap.restype = ctypes.c_void_p
            libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
            libc.mprotect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
            start = libc.mmap(None, 3 * 4096, 3, 0x22, -1, 0)
            ctypes.memset(start, 7, 3 * 4096)
            print(start, flush=True)
            sys.stdin.readline()
            libc.mprotect(start + 4096, 4096, 0)
            print('hidden', flush=True)
            sys.stdin.readline()
            """;

    @Test
    void aPageThatIsHiddenAfterTheLastLookArrivesAllTheSame() throws Exception {
        Stranger program = new Stranger(PROGRAM);
        try (MemorySender sender =
                new MemorySender(() -> List.of(new MemorySender.Member(program.pid(), 1)), MemorySender.Watch.WRITES)) {
            long start = Long.parseLong(program.reader().readLine());
            sender.look(true);
            program.writer().write("\n");
            program.writer().flush();
            assertThat(program.reader().readLine()).isEqualTo("hidden");
            FirstBytes arrived = new FirstBytes();
            sender.send(arrived, true, _ -> {});
            for (long page = start; page < start + 3 * PAGE; page += PAGE) {
                assertThat(arrived.byPage).containsEntry(page, (byte) 7);
            }
        } finally {
            program.end();
        }
    }

    private static final class FirstBytes implements PageOutlet {

        private final Map<Long, Byte> byPage = new HashMap<>();

        @Override
        public void pages(PageSpace space, long address, ByteBuffer data) {
            for (int at = 0; at < data.remaining(); at += PAGE) {
                byPage.put(address + at, data.get(data.position() + at));
            }
        }

        @Override
        public void zeroPages(PageSpace space, long address, long count) {
            for (long page = 0; page < count; page++) {
                byPage.put(address + page * PAGE, (byte) 0);
            }
        }
    }
}
