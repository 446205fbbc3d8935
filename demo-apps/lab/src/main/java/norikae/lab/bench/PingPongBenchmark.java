package norikae.lab.bench;

import com.fasterxml.jackson.databind.JsonNode;
import norikae.agent.api.v1.MoveResult;
import norikae.agent.client.ControlClient;
import norikae.agent.config.ClientConfig;
import norikae.lab.Lab;
import norikae.lab.LabException;
import norikae.lab.demo.LedgerClients;

/**
 * A JVM that writes all the time, moved to and fro without rest, hundreds of times, under clients that check every answer: how
 * long they wait, and whether they ever get a wrong one.
 */
public final class PingPongBenchmark implements Benchmark {

    /** Instead of the usual number of moves. */
    private static final String MOVES = "NORIKAE_BENCH_MOVES";

    private static final int HEAP_MEBIBYTES = 64;
    private static final int CONNECTIONS = 20;

    /** A move that was given up, such as for a handshake in flight, leaves the service where it was; more in a row are a fault. */
    private static final int GIVEN_UP_MAX = 3;

    /** For {@link java.util.ServiceLoader}. */
    public PingPongBenchmark() {}

    @Override
    public String name() {
        return "pingpong";
    }

    @Override
    public String description() {
        return "hundreds of moves to and fro without rest, every answer checked";
    }

    @Override
    public int run(boolean quick) throws Exception {
        String chosen = System.getenv(MOVES);
        int moves = chosen != null ? Integer.parseInt(chosen) : quick ? 10 : 500;
        Rows rows = new Rows(
                "pingpong",
                "moves",
                "given up",
                "client pause ms p50",
                "p99",
                "max",
                "requests",
                "answers",
                "resets",
                "lost",
                "doubled");
        try (AutoCloseable _ = Lab.endingWithThisProgram(LedgerBench.LAB)) {
            Lab lab = LedgerBench.boot();
            try (ControlClient control = ControlClient.open(ClientConfig.load(lab.clientConfig()))) {
                LedgerBench.run(control, LedgerBench.command(lab, HEAP_MEBIBYTES, "--dirty", "20m"));
                try (LedgerClients clients = LedgerBench.clients(lab, LedgerBench.OURS, CONNECTIONS)) {
                    Sample pauses = new Sample();
                    long givenUp = play(control, clients, moves, pauses);
                    JsonNode books = clients.stop();
                    rows.add(
                            (long) moves,
                            givenUp,
                            pauses.median(),
                            pauses.percentile(99),
                            pauses.max(),
                            books.path("requests").asLong(),
                            books.path("answers").asLong(),
                            books.path("resets").asLong(),
                            books.path("lost").asLong(),
                            books.path("doubled").asLong());
                    rows.print(System.out);
                    System.err.println(
                            "written: " + rows.write(lab.distribution().root()));
                    return LedgerBench.errors(books) == 0 ? 0 : 1;
                } finally {
                    var _ = control.stop(LedgerBench.SERVICE, 2);
                }
            }
        }
    }

    /** Returns how many moves were given up besides. */
    private static long play(ControlClient control, LedgerClients clients, int moves, Sample pauses)
            throws InterruptedException {
        long givenUp = 0;
        int inARow = 0;
        for (int done = 0; done < moves; ) {
            String window = "move-" + done + "-" + givenUp;
            clients.begin(window);
            MoveResult result = LedgerBench.move(control, LedgerBench.NODES.get((done + 1) % 2), () -> {})
                    .getResult();
            Thread.sleep(
                    (long) result.getPauseMillis()); // a client that has to send again waits as long as it has waited
            double pause = clients.end(window).path("pauseMillis").asDouble();
            if (result.getMoved()) {
                done++;
                inARow = 0;
                pauses.add(pause);
                System.err.printf("move %d of %d: pause %.0f ms%n", done, moves, pause);
            } else {
                givenUp++;
                System.err.println("given up: " + result.getReason());
                if (++inARow > GIVEN_UP_MAX) {
                    throw new LabException("the ledger does not move: " + result.getReason());
                }
            }
        }
        return givenUp;
    }
}
