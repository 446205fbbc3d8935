package norikae.lab.bench;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import norikae.agent.api.v1.MemoryMode;
import norikae.agent.api.v1.MoveUpdate;
import norikae.agent.client.ControlClient;
import norikae.agent.config.ClientConfig;
import norikae.lab.Lab;
import norikae.lab.LabException;
import norikae.lab.demo.LedgerClients;

/**
 * A JVM that writes faster than the link between the nodes takes: how long until all of it is on the other node, against the
 * least that its memory can take over that link, and how long its clients wait.
 */
public final class HybridBenchmark implements Benchmark {

    private static final int LINK_MEGABITS = 400;
    private static final int DIRTY_MEBIBYTES = 200;
    private static final int CONNECTIONS = 20;
    private static final Duration BREATH = Duration.ofMillis(600);

    /** For {@link java.util.ServiceLoader}. */
    public HybridBenchmark() {}

    @Override
    public String name() {
        return "hybrid";
    }

    @Override
    public String description() {
        return "a JVM that writes faster than the link takes, against its memory divided by the link's speed";
    }

    @Override
    public int run(boolean quick) throws Exception {
        Rows rows = new Rows(
                "hybrid",
                "heap MiB",
                "written MiB/s",
                "link Mbit/s",
                "mode",
                "moves",
                "memory MiB",
                "memory / link ms",
                "total ms p50",
                "total / limit p50",
                "max",
                "client pause ms p50",
                "client pause ms max",
                "client errors");
        try (AutoCloseable _ = Lab.endingWithThisProgram(LedgerBench.LAB)) {
            Lab lab = LedgerBench.boot();
            try (ControlClient control = ControlClient.open(ClientConfig.load(lab.clientConfig()))) {
                for (int heap : quick ? List.of(64) : List.of(256, 1024)) {
                    for (MemoryMode mode :
                            quick ? List.of(MemoryMode.HYBRID) : List.of(MemoryMode.HYBRID, MemoryMode.AUTO)) {
                        measure(lab, control, heap, mode, quick ? 2 : 6, rows);
                    }
                }
            }
            rows.print(System.out);
            System.err.println("written: " + rows.write(lab.distribution().root()));
        }
        return 0;
    }

    private static void measure(Lab lab, ControlClient control, int heap, MemoryMode mode, int moves, Rows rows)
            throws Exception {
        LedgerBench.run(control, LedgerBench.command(lab, heap, "--dirty", DIRTY_MEBIBYTES + "m"), true);
        try (LedgerClients clients = LedgerBench.clients(lab, LedgerBench.OURS, CONNECTIONS)) {
            // Two that do not count, over a wide link: an agent's first moves run code that its JVM has not compiled
            // yet.
            for (String node : List.of("node-b", "node-a")) {
                var _ = move(control, node, MemoryMode.HYBRID, clients, "ahead-" + node);
            }
            shape(lab, LINK_MEGABITS + "mbit");
            Sample totals = new Sample();
            Sample ratios = new Sample();
            Sample pauses = new Sample();
            Sample limits = new Sample();
            Sample memory = new Sample();
            for (int i = 1; i <= moves; i++) {
                double mebibytes = resident(lab, LedgerBench.NODES.get((i + 1) % 2));
                double limit = mebibytes * (1 << 20) * 8 / (LINK_MEGABITS * 1e6) * 1e3;
                Thread.sleep(BREATH);
                long begin = System.nanoTime();
                double pause = move(control, LedgerBench.NODES.get(i % 2), mode, clients, "move-" + i);
                double total = (System.nanoTime() - begin) / 1e6 - BREATH.toMillis();
                memory.add(mebibytes);
                limits.add(limit);
                totals.add(total);
                ratios.add(total / limit);
                pauses.add(pause);
                System.err.printf(
                        "%s, move %d: pause %.0f ms, total %.0f ms, limit %.0f ms%n", mode, i, pause, total, limit);
            }
            JsonNode books = clients.stop();
            rows.add(
                    (long) heap,
                    (long) DIRTY_MEBIBYTES,
                    (long) LINK_MEGABITS,
                    mode.name().toLowerCase(Locale.ROOT),
                    (long) moves,
                    memory.median(),
                    limits.median(),
                    totals.median(),
                    ratios.median(),
                    ratios.max(),
                    pauses.median(),
                    pauses.max(),
                    LedgerBench.errors(books));
        } finally {
            shape(lab, "none");
            var _ = control.stop(LedgerBench.SERVICE, 2);
        }
    }

    /** Returns how long the clients waited; the move has ended {@link #BREATH} before it does. */
    private static double move(ControlClient control, String to, MemoryMode mode, LedgerClients clients, String window)
            throws Exception {
        clients.begin(window);
        MoveUpdate moved = LedgerBench.move(control, to, mode, () -> {});
        if (!moved.getResult().getMoved()) {
            throw new LabException("the ledger did not move to " + to + ": "
                    + moved.getResult().getReason());
        }
        Thread.sleep(BREATH);
        return clients.end(window).path("pauseMillis").asDouble();
    }

    private static void shape(Lab lab, String rate) {
        for (String node : LedgerBench.NODES) {
            lab.shape(node, rate);
        }
    }

    /** The ledger's own memory, without what it has of files, in MiB. */
    private static double resident(Lab lab, String node) {
        String kibibytes = lab.node(node)
                .run(
                        "bash",
                        "-c",
                        "for pid in $(pgrep -f norikae-ledger); do awk '/^RssAnon/ { print $2 }' /proc/$pid/status; done"
                                + " 2>/dev/null | sort -n | tail -n 1");
        return Long.parseLong(kibibytes.strip()) / 1024.0;
    }
}
