package norikae.lab.bench;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import norikae.agent.api.v1.MoveResult;
import norikae.agent.client.ControlClient;
import norikae.agent.config.ClientConfig;
import norikae.lab.Lab;
import norikae.lab.LabException;
import norikae.lab.demo.LedgerClients;

/**
 * How long a live JVM stands still when it is moved, by the size of its heap and by how fast it writes to it; beside it the
 * plain script of {@code criu dump}, copy and {@code criu restore}.
 */
public final class PauseBenchmark implements Benchmark {

    /** Instead of all loads these: {@code HEAP:RATE:MOVES:PLAIN,...}, in MiB, MiB/s and numbers of moves. */
    private static final String LOADS = "NORIKAE_BENCH_LOADS";

    private static final int CONNECTIONS = 20;
    private static final Duration BREATH = Duration.ofMillis(600);

    private final Rows rows = new Rows(
            "pause",
            "heap MiB",
            "written MiB/s",
            "moved by",
            "moves",
            "client pause ms p50",
            "p99",
            "max",
            "total ms p50",
            "memory MiB",
            "on the wire MiB",
            "requests/s before",
            "while memory goes",
            "after",
            "request p99 ms before",
            "request p99 ms while memory goes",
            "agents' CPU s",
            "client errors");

    /** For {@link java.util.ServiceLoader}. */
    public PauseBenchmark() {}

    private record Load(int heapMebibytes, int dirtyMebibytes, int moves, int plainMoves) {

        static Load parse(String text) {
            String[] words = text.strip().split(":");
            if (words.length != 4) {
                throw new LabException(
                        LOADS + ": '" + text + "' is no load; write HEAP:RATE:MOVES:PLAIN, such as 1024:50:20:3");
            }
            try {
                return new Load(
                        Integer.parseInt(words[0]),
                        Integer.parseInt(words[1]),
                        Integer.parseInt(words[2]),
                        Integer.parseInt(words[3]));
            } catch (NumberFormatException e) {
                throw new LabException(LOADS + ": '" + text + "': " + e.getMessage());
            }
        }
    }

    @Override
    public String name() {
        return "pause";
    }

    @Override
    public String description() {
        return "how long a JVM stands still in a move, by heap and by how fast it writes";
    }

    @Override
    public int run(boolean quick) throws Exception {
        List<Load> loads = new ArrayList<>();
        String chosen = System.getenv(LOADS);
        if (chosen != null) {
            for (String load : chosen.split(",")) {
                loads.add(Load.parse(load));
            }
        } else if (quick) {
            loads.add(new Load(64, 20, 2, 1));
        } else {
            for (int heap : List.of(256, 1024, 4096)) {
                for (int dirty : List.of(0, 50, 200)) {
                    loads.add(new Load(heap, dirty, heap > 1024 ? 8 : 20, heap > 1024 ? 1 : 3));
                }
            }
        }
        try (AutoCloseable _ = Lab.endingWithThisProgram(LedgerBench.LAB)) {
            Lab lab = LedgerBench.boot();
            for (Load load : loads) {
                measureNorikae(lab, load);
                if (load.plainMoves() > 0) {
                    measurePlain(lab, load, PlainScript.Way.COPY, "plain CRIU script");
                    measurePlain(lab, load, PlainScript.Way.LAZY, "CRIU's lazy-pages");
                }
                System.err.println("so far: " + rows.write(lab.distribution().root()));
            }
            rows.print(System.out);
        }
        return 0;
    }

    private void measureNorikae(Lab lab, Load load) throws Exception {
        try (ControlClient control = ControlClient.open(ClientConfig.load(lab.clientConfig()))) {
            LedgerBench.run(control, command(lab, load));
            try (LedgerClients clients = LedgerBench.clients(lab, LedgerBench.OURS, CONNECTIONS)) {
                warmUp(control);
                Seen seen = new Seen();
                for (int i = 0; i < load.moves(); i++) {
                    norikaeMove(lab, control, clients, LedgerBench.NODES.get(i % 2), seen, i);
                }
                add(load, "Norikae", seen, clients);
            } finally {
                var _ = control.stop(LedgerBench.SERVICE, 2);
            }
        }
    }

    /** Two moves that do not count: an agent's first ones run code that its JVM has not compiled yet. */
    private static void warmUp(ControlClient control) throws InterruptedException {
        for (String node : List.of("node-b", "node-a", "node-b")) {
            var _ = LedgerBench.moved(control, node);
            Thread.sleep(BREATH);
        }
    }

    private static void norikaeMove(
            Lab lab, ControlClient control, LedgerClients clients, String to, Seen seen, int number) throws Exception {
        JsonNode before = watch(clients, "before-" + number, BREATH);
        double cpu = agentsCpuSeconds(lab);
        clients.begin("copy-" + number);
        long begin = System.nanoTime();
        MoveResult result = LedgerBench.moved(control, to, () -> clients.begin("move-" + number));
        double total = (System.nanoTime() - begin) / 1e6;
        // A client that has to send again does so after as long as it has waited.
        Thread.sleep((long) result.getPauseMillis());
        JsonNode pause = clients.end("move-" + number);
        JsonNode after = watch(clients, "after-" + number, BREATH);
        seen.add(before, pause, after, total, agentsCpuSeconds(lab) - cpu);
        seen.copying(clients.ended("copy-" + number));
        seen.memory = result.getBytesMemory();
        seen.wire = result.getBytesWire();
        System.err.printf(
                "Norikae, move %d: pause %.0f ms (agents: %.0f), total %.0f ms%n",
                number, pause.path("pauseMillis").asDouble(), result.getPauseMillis(), total);
    }

    private void measurePlain(Lab lab, Load load, PlainScript.Way way, String by) throws Exception {
        String address = LedgerBench.SUBNET.address(LedgerBench.PLAIN);
        try (PlainScript script = new PlainScript(way, lab, address, command(lab, load));
                LedgerClients clients = LedgerBench.clients(lab, LedgerBench.PLAIN, CONNECTIONS)) {
            Seen seen = new Seen();
            for (int i = 1; i <= load.plainMoves(); i++) {
                JsonNode before = watch(clients, "before-" + i, BREATH);
                clients.begin("move-" + i);
                long begin = System.nanoTime();
                seen.memory = script.move(LedgerBench.NODES.get(i % 2));
                seen.wire = seen.memory;
                double total = (System.nanoTime() - begin) / 1e6;
                Thread.sleep(BREATH.plusMillis((long) total));
                JsonNode pause = clients.end("move-" + i);
                JsonNode after = watch(clients, "after-" + i, BREATH);
                seen.add(before, pause, after, total, 0);
                System.err.printf(
                        "%s, move %d: pause %.0f ms, total %.0f ms%n",
                        by, i, pause.path("pauseMillis").asDouble(), total);
            }
            add(load, by, seen, clients);
        }
    }

    private void add(Load load, String by, Seen seen, LedgerClients clients) {
        JsonNode books = clients.stop();
        boolean live = by.equals("Norikae");
        rows.add(
                (long) load.heapMebibytes(),
                (long) load.dirtyMebibytes(),
                by,
                (long) seen.pauses.size(),
                seen.pauses.median(),
                seen.pauses.percentile(99),
                seen.pauses.max(),
                seen.totals.median(),
                seen.memory / (double) (1 << 20),
                seen.wire / (double) (1 << 20),
                seen.rateBefore.median(),
                live ? seen.rateCopying.median() : "-",
                seen.rateAfter.median(),
                seen.latencyBefore.median(),
                live ? seen.latencyCopying.median() : "-",
                live ? seen.cpu.median() : "-",
                LedgerBench.errors(books));
    }

    private static JsonNode watch(LedgerClients clients, String window, Duration time) throws InterruptedException {
        clients.begin(window);
        Thread.sleep(time);
        return clients.end(window);
    }

    /** What both agents and the engines that they have ended used of the processors so far. */
    private static double agentsCpuSeconds(Lab lab) throws Exception {
        long ticks = 0;
        for (String node : LedgerBench.NODES) {
            String stat = Files.readString(
                    Path.of("/proc/" + lab.node(node).agentPid().orElseThrow() + "/stat"));
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
            for (int i = 11; i <= 14; i++) {
                ticks += Long.parseLong(fields[i]); // utime, stime, cutime, cstime
            }
        }
        return ticks / 100.0;
    }

    private static List<String> command(Lab lab, Load load) {
        return LedgerBench.command(lab, load.heapMebibytes(), "--dirty", load.dirtyMebibytes() + "m");
    }

    private static final class Seen {
        private final Sample pauses = new Sample();
        private final Sample totals = new Sample();
        private final Sample rateBefore = new Sample();
        private final Sample rateCopying = new Sample();
        private final Sample rateAfter = new Sample();
        private final Sample latencyBefore = new Sample();
        private final Sample latencyCopying = new Sample();
        private final Sample cpu = new Sample();
        private long memory;
        private long wire;

        void add(JsonNode before, JsonNode move, JsonNode after, double total, double cpuSeconds) {
            double pause = move.path("pauseMillis").asDouble();
            pauses.add(pause);
            totals.add(total);
            rateBefore.add(before.path(RATE).asDouble());
            rateAfter.add(after.path(RATE).asDouble());
            latencyBefore.add(before.path(P99).asDouble());
            cpu.add(cpuSeconds);
        }

        void copying(JsonNode window) {
            rateCopying.add(window.path(RATE).asDouble());
            latencyCopying.add(window.path(P99).asDouble());
        }
    }

    private static final String RATE = "answersPerSecond";
    private static final String P99 = "latencyP99Millis";
}
