package norikae.mirror.primary;

import static norikae.mirror.primary.Pair.A;
import static norikae.mirror.primary.Pair.B;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import norikae.failover.model.NodeId;
import norikae.failover.model.ReplicationMode;
import norikae.mirror.nbd.NbdExport;
import norikae.mirror.nbd.NbdServer;
import norikae.mirror.testing.Await;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * {@code fio} writes while the primary dies, notes which of its writes were acknowledged, and looks for each of them on the copy
 * that the volume goes on from: the replica's where it has every acknowledged write, else the primary's own.
 */
@Tag("system")
class FioAcrossCutsTest {

    private static final int CUTS = Integer.getInteger("norikae.mirror.fio.cuts", 2);
    private static final long BYTES = 32L << 20;
    private static final int WRITES = (int) (BYTES / 4096);
    private static final int PATIENCE_SECONDS = 60;

    private final long seed = Long.getLong("norikae.seed", System.nanoTime());

    @ParameterizedTest
    @EnumSource
    void everyWriteThatFioSawAcknowledgedIsThereAfterACut(ReplicationMode mode, @TempDir Path directory)
            throws Exception {
        Random random = new Random(seed);
        for (int cut = 0; cut < CUTS; cut++) {
            Path own = Files.createDirectory(directory.resolve("" + cut));
            try {
                cut(mode, own, random);
            } catch (AssertionError | Exception e) {
                throw new AssertionError("mode=" + mode + " seed=" + seed + " cut=" + cut, e);
            }
        }
    }

    private static void cut(ReplicationMode mode, Path directory, Random random) throws Exception {
        Path socket = directory.resolve("nbd.sock");
        try (Pair pair = new Pair(directory, BYTES);
                NbdServer server = NbdServer.start(socket)) {
            pair.together(mode);
            serve(server, pair);
            Process writer = fio(directory, socket, random.nextInt(1, 1 << 20), true);
            long until = 200L + random.nextInt(WRITES / 2);
            Await.until("so many writes", () -> pair.primary().written() > until || !writer.isAlive());
            pair.crashPrimary();
            server.remove("v");
            String said = output(writer);
            assertThat(writer.exitValue()).as("fio was cut off: %s", said).isNotZero();
            boolean takeover = mode != ReplicationMode.ASYNC;
            NodeId on = takeover ? B : A;
            if (takeover) {
                Await.until("the replica has noticed", () -> !pair.replica().isAttached());
                pair.closeReplica();
            }
            pair.openPrimary(on, 2, mode);
            serve(server, pair);
            Process reader = fio(directory, socket, 0, false);
            said = output(reader);
            assertThat(reader.exitValue()).as(said).isZero();
            assertThat(reads(said)).as("writes that were looked for: %s", said).isPositive();
            if (takeover) {
                pair.openReplica(A);
            }
            pair.awaitCaughtUp();
            pair.flush();
            pair.awaitCaughtUp();
            pair.assertEqualCopies();
        }
    }

    private static void serve(NbdServer server, Pair pair) {
        server.add(new NbdExport("v", "what fio writes", pair.primary()));
    }

    /** The seed is kept in a file: whoever verifies must draw the same places. */
    private static Process fio(Path directory, Path socket, int seed, boolean write) throws IOException {
        Path seeds = directory.resolve("seed");
        if (write) {
            Files.writeString(seeds, "" + seed);
        }
        List<String> command = new ArrayList<>(List.of(
                "fio",
                "--name=v",
                "--ioengine=nbd",
                "--uri=nbd+unix:///v?socket=" + socket,
                "--rw=randwrite",
                "--randseed=" + Files.readString(seeds),
                "--bs=4k",
                "--size=" + BYTES,
                "--fsync=256",
                "--verify=crc32c",
                "--verify_fatal=1",
                "--output-format=json",
                "--aux-path=" + directory));
        command.addAll(
                write
                        ? List.of("--iodepth=8", "--do_verify=0", "--verify_state_save=1")
                        // One at a time: it counts what was read, not what was asked for, to know where it must stop.
                        : List.of("--iodepth=1", "--verify_only=1", "--verify_state_load=1"));
        return new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .start();
    }

    private static String output(Process process) throws IOException, InterruptedException {
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new AssertionError("fio does not end: " + said);
        }
        return said;
    }

    /** How many blocks it read to compare them. */
    private static long reads(String said) {
        int read = said.indexOf("\"read\" :");
        int at = said.indexOf("\"total_ios\" :", read);
        return Long.parseLong(said.substring(at + 13, said.indexOf(',', at)).strip());
    }
}
