package norikae.mirror.nbd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

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

/**
 * The client by which the reference implementation of NBD tests its own server, with that project's own traces. {@code
 * bin/setup} builds it.
 */
@Tag("system")
class NbdTesterTest {

    private static final Path TESTER =
            Path.of(System.getenv().getOrDefault("NORIKAE_TOOLS", "/usr/local/lib/norikae"), "nbd-tester");

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
                .as("built by bin/setup where apt-get has the source of nbd")
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
}
