package norikae.systemtest;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import norikae.agent.api.v1.HeapTrim;
import norikae.agent.api.v1.MoveRequest;
import norikae.agent.api.v1.MoveUpdate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Garbage does not travel, and nobody misses it. */
@Tag("system")
@ExtendWith(LastWords.class)
class HeapTrimTest {

    private static final int PORT = 7000;
    private static final long LIVE = 100L << 20;

    private static TestCluster cluster;

    @BeforeAll
    static void boot() {
        cluster = TestCluster.boot("trim", "10.86.0");
    }

    @AfterAll
    static void down() {
        cluster.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"-XX:+UseG1GC", "-XX:+UseParallelGC", "-XX:+UseSerialGC"})
    void aHeapOfThreeQuartersGarbageMovesAsWhatIsAlive(String collector) throws Exception {
        List<String> command = cluster.ledger(
                "600m", "server", "--port", Integer.toString(PORT), "--ballast", "100m", "--garbage", "300m");
        command.addAll(1, List.of(collector, "-XX:ReservedCodeCacheSize=64m"));
        cluster.run("hoard", 60, "node-a", command);
        try (LineConnection client = LineConnection.open(cluster.address(60), PORT)) {
            assertThat(client.ask("PING")).startsWith("OK"); // it answers once its heap is as it will be
            for (String target :
                    List.of("node-b", "node-a")) { // a JVM that was spoken to once can move, and move again
                MoveUpdate moved = cluster.move(MoveRequest.newBuilder()
                        .setService("hoard")
                        .setTo(target)
                        .setTrim(HeapTrim.TRIM_GC)
                        .build());
                assertThat(moved.getResult().getMoved())
                        .as(moved.getResult().getReason())
                        .isTrue();
                System.out.println(collector + " " + moved.getHeap() + "; sent "
                        + (moved.getResult().getBytesMemory() >> 20) + " MiB");
                assertThat(moved.getResult().getBytesMemory())
                        .isLessThan((long) (1.15 * LIVE) + outsideTheHeap(target));
                assertThat(client.ask("BALLAST")).startsWith("OK bytes=" + LIVE).endsWith(" faults=0");
            }
        } finally {
            cluster.stop("hoard");
        }
    }

    /** Metaspace, code, threads' stacks and what else is private to the process, as resident on its new node. */
    private static long outsideTheHeap(String node) {
        String smaps = cluster.node(node)
                .run("sh", "-c", "for p in $(pgrep -f 'norikae-ledger.*server'); do cat /proc/$p/smaps; done");
        Pattern head = Pattern.compile("^([0-9a-f]+)-[0-9a-f]+ .*");
        Pattern anonymous = Pattern.compile("^Anonymous: +(\\d+) kB");
        long bytes = 0;
        boolean heap = false;
        for (String line : smaps.split("\n")) {
            Matcher mapping = head.matcher(line);
            if (mapping.matches()) {
                long start = Long.parseUnsignedLong(mapping.group(1), 16);
                heap = start >= 0xd0000000L && start < 0x100000000L; // 600 MiB that end at 4 GiB
            }
            Matcher private1 = anonymous.matcher(line);
            if (private1.matches() && !heap) {
                bytes += Long.parseLong(private1.group(1)) << 10;
            }
        }
        assertThat(bytes).isBetween(10L << 20, 120L << 20);
        return bytes;
    }
}
