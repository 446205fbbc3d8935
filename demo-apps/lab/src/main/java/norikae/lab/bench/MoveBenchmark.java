package norikae.lab.bench;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import norikae.agent.api.v1.MoveResult;
import norikae.agent.api.v1.MoveUpdate;
import norikae.agent.api.v1.ServiceSpec;
import norikae.agent.client.ControlClient;
import norikae.agent.client.Subscription;
import norikae.agent.config.ClientConfig;
import norikae.lab.Lab;
import norikae.lab.LabException;
import norikae.lab.LabOptions;
import norikae.lab.NodeOptions;
import norikae.lab.Subnet;
import norikae.lab.demo.LedgerClients;

/**
 * The same JVM with the same clients, moved by Norikae and by a plain script of {@code criu dump}, copy and {@code criu
 * restore}.
 */
public final class MoveBenchmark implements Benchmark {

    private static final String LAB = "bench";
    private static final Subnet SUBNET = Subnet.parse("10.81.0.0/24");
    private static final String SERVICE = "ledger";
    private static final int PORT = 7100;
    private static final int CONNECTIONS = 20;
    private static final List<String> NODES = List.of("node-a", "node-b");

    /** So long the clients are watched before and after each move. */
    private static final Duration BREATH = Duration.ofMillis(400);

    private final Rows rows = new Rows(
            "move",
            "heap MiB",
            "moved by",
            "moves",
            "client pause ms, median",
            "max",
            "total ms, median",
            "memory MiB",
            "on the wire MiB",
            "client errors");

    /** For {@link java.util.ServiceLoader}. */
    public MoveBenchmark() {}

    /** One way to move it; both ways run on the same two nodes, the same network and the same CRIU. */
    private interface Mover extends AutoCloseable {

        /** Moves it, and returns how many bytes of memory and on the wire that took. */
        Bytes move(String target);

        @Override
        void close();
    }

    private record Bytes(long memory, long wire) {}

    @Override
    public String name() {
        return "move";
    }

    @Override
    public String description() {
        return "a live JVM moved by Norikae, and by criu dump + copy + criu restore";
    }

    @Override
    public int run(boolean quick) throws Exception {
        // The plain script does nothing about clocks: give it nodes that were started at the same time.
        LabOptions options = LabOptions.defaults().withName(LAB).withSubnet(SUBNET.toString());
        options = options.withNodes(options.nodes().stream()
                .map(node -> new NodeOptions(node.name(), node.number(), node.role(), Duration.ZERO))
                .toList());
        try (AutoCloseable _ = Lab.endingWithThisProgram(LAB)) {
            Lab.down(LAB);
            Lab lab = Lab.up(options, System.err::println);
            for (int heap : quick ? List.of(128) : List.of(256, 1024)) {
                int moves = quick ? 2 : 6;
                List<String> command = command(lab, heap);
                try (Mover norikae = new NorikaeMover(lab, command)) {
                    measure(lab, heap, "Norikae", norikae, moves);
                }
                try (Mover plain = new PlainMover(new PlainScript(lab, SUBNET.address(51), command))) {
                    measure(lab, heap, "plain CRIU script", plain, moves);
                }
            }
            rows.print(System.out);
            System.err.println("written: " + rows.write(lab.distribution().root()));
        }
        return 0;
    }

    /** The live set is the ballast; the rest of the heap is room for the collector. */
    private static List<String> command(Lab lab, int heapMebibytes) {
        return List.of(
                lab.distribution().javaHome().resolve("bin/java").toString(),
                "-XX:+PerfDisableSharedMem",
                "-Xmx" + (heapMebibytes * 3 / 2) + "m",
                "-jar",
                lab.distribution().jar("norikae-ledger").toString(),
                "server",
                "--port",
                Integer.toString(PORT),
                "--ballast",
                heapMebibytes + "m");
    }

    private void measure(Lab lab, int heap, String by, Mover mover, int moves) throws InterruptedException {
        Sample pauses = new Sample();
        Sample totals = new Sample();
        Bytes last = new Bytes(0, 0);
        int address = by.equals("Norikae") ? 50 : 51;
        Path java = lab.distribution().javaHome().resolve("bin/java");
        Path jar = lab.distribution().jar("norikae-ledger");
        try (LedgerClients clients =
                LedgerClients.start(lab.node("client"), java, jar, SUBNET.address(address) + ":" + PORT, CONNECTIONS)) {
            for (int i = 1; i <= moves; i++) {
                String window = "move-" + i;
                clients.begin(window);
                Thread.sleep(BREATH);
                long begin = System.nanoTime();
                last = mover.move(NODES.get(i % 2));
                double total = (System.nanoTime() - begin) / 1e6;
                // A client that has to send again does so after as long as it has waited: let it, or moves would add
                // up.
                Thread.sleep(BREATH.plusMillis((long) total));
                double pause = clients.end(window).path("pauseMillis").asDouble();
                System.err.printf("%d MiB, %s, move %d: pause %.0f ms, total %.0f ms%n", heap, by, i, pause, total);
                pauses.add(pause);
                totals.add(total);
            }
            JsonNode books = clients.stop();
            long errors = books.path("resets").asLong()
                    + books.path("lost").asLong()
                    + books.path("doubled").asLong();
            rows.add(
                    (long) heap,
                    by,
                    (long) moves,
                    pauses.median(),
                    pauses.max(),
                    totals.median(),
                    last.memory() / (double) (1 << 20),
                    last.wire() / (double) (1 << 20),
                    errors);
        }
    }

    /** By the control API, as the command does it. */
    private static final class NorikaeMover implements Mover {

        private final ControlClient control;

        NorikaeMover(Lab lab, List<String> command) throws Exception {
            control = ControlClient.open(ClientConfig.load(lab.clientConfig()));
            var _ = control.run(ServiceSpec.newBuilder()
                    .setName(SERVICE)
                    .addAllCommand(command)
                    .setAddress(SUBNET.addressWithPrefix(50))
                    .setUser("root")
                    .setWorkingDirectory("/")
                    .setNode(NODES.getFirst())
                    .build());
        }

        @Override
        public Bytes move(String target) {
            MoveResult result = MoveResult.getDefaultInstance();
            try (Subscription<MoveUpdate> updates = control.migrate(SERVICE, target)) {
                while (updates.hasNext()) {
                    MoveUpdate update = updates.next();
                    result = update.hasResult() ? update.getResult() : result;
                }
            }
            if (!result.getMoved()) {
                throw new LabException("the ledger did not move to " + target + ": " + result.getReason());
            }
            return new Bytes(result.getBytesMemory(), result.getBytesWire());
        }

        @Override
        public void close() {
            var _ = control.stop(SERVICE, 2);
            control.close();
        }
    }

    private record PlainMover(PlainScript script) implements Mover {

        @Override
        public Bytes move(String target) {
            long bytes = script.move(target);
            return new Bytes(bytes, bytes);
        }

        @Override
        public void close() {
            script.close();
        }
    }
}
