package norikae.mirror.nbd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import norikae.mirror.LocalVolume;
import norikae.mirror.store.BlockStore;
import norikae.mirror.store.FileStore;
import norikae.mirror.testing.Run;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Clients by which others test their own servers: that of the reference implementation of NBD, with its traces, and those of
 * libnbd's tests that take any server. {@code bin/setup} builds them.
 */
@Tag("system")
class NbdTesterTest {

    private static final Path TESTER =
            Path.of(System.getenv().getOrDefault("NORIKAE_TOOLS", "/usr/local/lib/norikae"), "nbd-testers");

    /** What the traces were recorded on. */
    private static final long SIZE = 50L << 20;

    @SuppressWarnings("NullAway.Init")
    private BlockStore store;

    @SuppressWarnings("NullAway.Init")
    private NbdServer server;

    @SuppressWarnings("NullAway.Init")
    private Path socket;

    @BeforeEach
    void start(@TempDir Path directory) throws Exception {
        assumeThat(TESTER.resolve("nbd-tester-client"))
                .as("built by bin/setup where apt-get has its source")
                .exists();
        FileStore.create(directory.resolve("data"), SIZE);
        store = FileStore.open(directory.resolve("data"), SIZE);
        socket = directory.resolve("nbd.sock");
        server = NbdServer.start(socket);
        server.add(new NbdExport("v", "a volume of the tests", new LocalVolume(store, false)));
        server.add(new NbdExport("readonly", "the same, to be read", new LocalVolume(store, true)));
    }

    @AfterEach
    @SuppressWarnings("NullAway") // neither is there if the test was skipped
    void stop() throws Exception {
        if (server != null) {
            server.close();
        }
        if (store != null) {
            store.close();
        }
    }

    private Run run(String export, String... options) throws Exception {
        List<String> command = new ArrayList<>(
                List.of(TESTER.resolve("nbd-tester-client").toString(), "-u", socket.toString(), "-N", export));
        command.addAll(List.of(options));
        return Run.of(command.toArray(String[]::new));
    }

    private void passes(String export, String... options) throws Exception {
        Run run = run(export, options);
        assertThat(run.exit()).as("%s", tail(run)).isZero();
    }

    /** It tells of each request. */
    private static String tail(Run run) {
        return run.output().substring(Math.max(0, run.output().length() - 1000));
    }

    @Test
    void theHandshakeTestPasses() throws Exception {
        passes("v", "-h");
    }

    @Test
    void theIntegrityTestPasses() throws Exception {
        passes("v", "-i", "-t", TESTER.resolve("integrity-test.tr").toString());
    }

    /** Its requests have up to 48 MiB; NBD has clients ask for no more than 32 unless a server offers it, which ours does not. */
    @Test
    void theIntegrityTestWithHugeRequestsIsRefusedOnlyForTheirSize() throws Exception {
        Run run = run("v", "-i", "-t", TESTER.resolve("integrityhuge-test.tr").toString());
        assertThat(run.exit()).isNotZero();
        assertThat(tail(run)).contains("Server errored a transaction");
        theHandshakeTestPasses();
    }

    @Test
    void theThroughputTestsPassReadingAndWritingAndWithFlushes() throws Exception {
        passes("v");
        passes("v", "-w");
        passes("v", "-w", "-f");
    }

    @Test
    void theOversizeTestPasses() throws Exception {
        passes("v", "-o");
    }

    @Test
    void theTestOfAReadOnlyDiskPasses() throws Exception {
        passes("readonly", "-w", "-F");
        assertThat(run("readonly", "-w").exit()).as("writing is refused").isNotZero();
    }

    /** Fills a disk as nbdkit's plugin {@code pattern} does: each eight bytes are their own offset. */
    private static void fillWithPattern(BlockStore disk) throws Exception {
        ByteBuffer piece = ByteBuffer.allocate(1 << 20);
        for (long at = 0; at < disk.size(); at += piece.capacity()) {
            piece.clear();
            while (piece.hasRemaining()) {
                piece.putLong(at + piece.position());
            }
            disk.write(at, piece.flip());
        }
    }

    /** Eight connections, with up to sixteen requests each, that know what they must read; each wants a disk of its size. */
    @ParameterizedTest
    @CsvSource({"aio-parallel, 64", "synch-parallel, 8", "aio-parallel-load, 64"})
    void libnbdsTestsOfManyConnectionsPass(String name, long mib, @TempDir Path directory) throws Exception {
        FileStore.create(directory.resolve("pattern"), mib << 20);
        try (BlockStore disk = FileStore.open(directory.resolve("pattern"), mib << 20)) {
            fillWithPattern(disk);
            // They ask for the disk without a name.
            server.add(new NbdExport("", "the only one", new LocalVolume(disk, false)));
            String said = Run.ok(TESTER.resolve(name).toString(), socket.toString());
            assertThat(said).contains("thread 7: finished OK").doesNotContain("failed");
            server.remove("");
        }
    }
}
