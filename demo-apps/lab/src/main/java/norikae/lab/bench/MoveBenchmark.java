package norikae.lab.bench;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.List;
import norikae.agent.api.v1.MoveResult;
import norikae.agent.client.ControlClient;
import norikae.agent.config.ClientConfig;
import norikae.agent.criu.CriuException;
import norikae.lab.Lab;
import norikae.lab.demo.LedgerClients;

/**
 * The same JVM with the same clients, moved by Norikae and by a plain script of {@code criu dump}, copy and {@code criu
 * restore}.
 */
public final class MoveBenchmark implements Benchmark {

    private static final int CONNECTIONS = 20;

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
        try (AutoCloseable _ = Lab.endingWithThisProgram(LedgerBench.LAB)) {
            Lab lab = LedgerBench.boot();
            for (int heap : quick ? List.of(128) : List.of(256, 1024)) {
                int moves = quick ? 2 : 6;
                List<String> command = LedgerBench.command(lab, heap);
                try (Mover norikae = new NorikaeMover(lab, command)) {
                    measure(lab, heap, "Norikae", norikae, moves);
                }
                try (Mover plain = new PlainMover(plain(lab, command))) {
                    measure(lab, heap, "plain CRIU script", plain, moves);
                }
            }
            rows.print(System.out);
            System.err.println("written: " + rows.write(lab.distribution().root()));
        }
        return 0;
    }

    private static PlainScript plain(Lab lab, List<String> command) throws CriuException {
        return new PlainScript(PlainScript.Way.COPY, lab, LedgerBench.SUBNET.address(LedgerBench.PLAIN), command);
    }

    private void measure(Lab lab, int heap, String by, Mover mover, int moves) throws InterruptedException {
        Sample pauses = new Sample();
        Sample totals = new Sample();
        Bytes last = new Bytes(0, 0);
        int address = by.equals("Norikae") ? LedgerBench.OURS : LedgerBench.PLAIN;
        try (LedgerClients clients = LedgerBench.clients(lab, address, CONNECTIONS)) {
            for (int i = 1; i <= moves; i++) {
                String window = "move-" + i;
                clients.begin(window);
                Thread.sleep(BREATH);
                long begin = System.nanoTime();
                last = mover.move(LedgerBench.NODES.get(i % 2));
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
            rows.add(
                    (long) heap,
                    by,
                    (long) moves,
                    pauses.median(),
                    pauses.max(),
                    totals.median(),
                    last.memory() / (double) (1 << 20),
                    last.wire() / (double) (1 << 20),
                    LedgerBench.errors(books));
        }
    }

    /** By the control API, as the command does it. */
    private static final class NorikaeMover implements Mover {

        private final ControlClient control;

        NorikaeMover(Lab lab, List<String> command) throws Exception {
            control = ControlClient.open(ClientConfig.load(lab.clientConfig()));
            LedgerBench.run(control, command);
        }

        @Override
        public Bytes move(String target) {
            MoveResult result = LedgerBench.moved(control, target);
            return new Bytes(result.getBytesMemory(), result.getBytesWire());
        }

        @Override
        public void close() {
            var _ = control.stop(LedgerBench.SERVICE, 2);
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
