package norikae.systemtest;

import java.util.List;
import norikae.agent.api.v1.LogChunk;
import norikae.agent.api.v1.ReadLogsRequest;
import norikae.agent.client.ControlClient;
import norikae.agent.client.Subscription;

/** A program that does to its mappings whatever can be done to them, and checks what it finds there. */
final class Churn {

    /**
     * Keeps areas whose every page holds a number that it knows; maps, unmaps, moves, gives back, advises huge pages, forks
     * children that check what they inherited, and grows its stack. Writes its count of rounds, and a complaint for each page
     * that is not as it was left.
     */
    static final String PROGRAM = """
            import ctypes, mmap, os, random, struct, sys, time
            libc = ctypes.CDLL(None, use_errno=True)
            libc.mmap.restype = libc.mremap.restype = ctypes.c_void_p
            libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
            libc.mremap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_size_t, ctypes.c_int]
            libc.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
            libc.madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
            P = 4096
            random.seed(7)
            areas = []
            def put(address, value):
                ctypes.c_uint64.from_address(address).value = value
                ctypes.c_uint64.from_address(address + P - 8).value = value
            def check(area, who):
                address, pages = area
                for i, want in enumerate(pages):
                    for at in (0, P - 8):
                        have = ctypes.c_uint64.from_address(address + i * P + at).value
                        if have != want:
                            print('COMPLAINT', who, hex(address + i * P), have, want)
            def new():
                n = random.randrange(1, 700)
                address = libc.mmap(None, n * P, 3, 0x22, -1, 0)
                if random.random() < 0.3:
                    libc.madvise(address, n * P, 14)
                areas.append([address, [0] * n])
                return areas[-1]
            def deep(n):
                x = [n] * 50
                return deep(n - 1) + len(x) if n else 0
            sys.setrecursionlimit(20000)
            r = 0
            while True:
                for _ in range(6):
                    what = random.random()
                    area = random.choice(areas) if areas and what > 0.2 else new()
                    address, pages = area
                    if what < 0.6:
                        for i in range(random.randrange(len(pages)), len(pages), random.randrange(1, 9)):
                            pages[i] = random.getrandbits(60)
                            put(address + i * P, pages[i])
                    elif what < 0.7:
                        i = random.randrange(len(pages)); j = random.randrange(i, len(pages)) + 1
                        libc.madvise(address + i * P, (j - i) * P, 4)
                        pages[i:j] = [0] * (j - i)
                    elif what < 0.8:
                        n = random.randrange(1, 700)
                        area[0] = libc.mremap(address, len(pages) * P, n * P, 1)
                        area[1] = (pages + [0] * n)[:n]
                    elif len(areas) > 12:
                        libc.munmap(address, len(pages) * P)
                        areas.remove(area)
                    else:
                        check(area, 'self')
                if r % 10 == 0:
                    child = os.fork()
                    if child == 0:
                        for area in areas:
                            check(area, 'child')
                        os._exit(0)
                    os.waitpid(child, 0)
                    deep(random.randrange(3000))
                    for area in areas:
                        check(area, 'self')
                r += 1
                print('round', r)
                time.sleep(0.002)
            """;

    private static final long TAIL_BYTES = 1 << 20;

    private Churn() {}

    static long rounds(TestCluster cluster, String service) {
        return lines(cluster, service).stream()
                .filter(line -> line.matches("round \\d+"))
                .mapToLong(line -> Long.parseLong(line.substring(6)))
                .max()
                .orElse(0);
    }

    static List<String> complaints(TestCluster cluster, String service) {
        return lines(cluster, service).stream()
                .filter(line -> !line.startsWith("round"))
                .filter(line -> line.contains("COMPLAINT") || line.contains("Error"))
                .toList();
    }

    private static List<String> lines(TestCluster cluster, String service) {
        StringBuilder text = new StringBuilder();
        ReadLogsRequest request = ReadLogsRequest.newBuilder()
                .setService(service)
                .setTailBytes(TAIL_BYTES)
                .build();
        try (ControlClient client = cluster.client();
                Subscription<LogChunk> chunks = client.logs(request)) {
            while (chunks.hasNext()) {
                text.append(chunks.next().getData().toStringUtf8());
            }
        }
        return text.toString().lines().toList();
    }
}
