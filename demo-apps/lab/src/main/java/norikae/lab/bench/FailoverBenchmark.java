package norikae.lab.bench;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import norikae.agent.client.ControlClient;
import norikae.agent.client.ControlException;
import norikae.agent.config.ClientConfig;
import norikae.lab.Lab;
import norikae.lab.LabException;
import norikae.lab.LabOptions;
import norikae.lab.Subnet;
import norikae.lab.demo.ReconnectingClients;

/**
 * How long clients are without a service that starts in no time, when its server loses its power, hangs, or loses its network;
 * the same with Pacemaker and Corosync; and whether healthy servers are ever taken for lost while all processors are busy.
 */
public final class FailoverBenchmark implements Benchmark {

    /** Instead of the usual number of faults of each kind, the same for each of Pacemaker's settings, minutes under load. */
    private static final String FAULTS = "NORIKAE_BENCH_FAULTS";

    /** Which kinds of faults, such as {@code network cut}; all if it is not set. */
    private static final String KINDS = "NORIKAE_BENCH_KINDS";

    private static final String PEER_FAULTS = "NORIKAE_BENCH_PEER_FAULTS";
    private static final String LOADED_MINUTES = "NORIKAE_BENCH_LOADED_MINUTES";

    private static final String LAB = "benchfo";
    private static final Subnet SUBNET = Subnet.parse("10.95.0.0/24");
    private static final int HOST_NUMBER = 50;
    private static final int PORT = 7100;
    private static final int CLIENTS = 10;
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final Duration SHORT_TOKEN = Duration.ofSeconds(1);

    /** Shorter than any failover, longer than clients wait while all is well. */
    private static final long OUTAGE_MILLIS_MIN = 300;

    /** Each line comes back: a server that has nothing to load or to read. */
    private static final List<String> SERVER = List.of("socat", "TCP-LISTEN:" + PORT + ",reuseaddr,fork", "PIPE");

    /** For {@link java.util.ServiceLoader}. */
    public FailoverBenchmark() {}

    @Override
    public String name() {
        return "failover";
    }

    @Override
    public String description() {
        return "client-observed outage after power cuts, hangs and network cuts; false alarms under load";
    }

    private enum Fault {
        POWER_CUT,
        HANG,
        NETWORK_CUT;

        void strike(Lab lab, String node) {
            switch (this) {
                case POWER_CUT -> lab.node(node).powerOff();
                case HANG -> lab.node(node).hang();
                case NETWORK_CUT -> lab.isolate(node);
            }
        }

        String words() {
            return name().toLowerCase(Locale.ROOT).replace('_', ' ');
        }
    }

    @Override
    public int run(boolean quick) throws Exception {
        int faults = number(FAULTS, quick ? 1 : 30);
        int peerFaults = number(PEER_FAULTS, quick ? 0 : 5);
        int loadedMinutes = number(LOADED_MINUTES, quick ? 0 : 30);
        Rows rows = new Rows(
                "failover",
                "cluster",
                "fault",
                "times",
                "detection ms p50",
                "detection ms p99",
                "fencing ms p50",
                "fencing ms p99",
                "takeover ms p50",
                "takeover ms p99",
                "client outage ms p50",
                "client outage ms p99",
                "false alarms");
        LabOptions options = LabOptions.defaults().withName(LAB).withSubnet(SUBNET.toString());
        try (AutoCloseable _ = Lab.endingWithThisProgram(LAB)) {
            Lab.down(LAB);
            if (faults > 0 || loadedMinutes > 0) {
                norikae(Lab.up(options.withFailover(), System.err::println), faults, loadedMinutes, rows);
                Lab.down(LAB);
            }
            for (Optional<Duration> token : List.of(Optional.<Duration>empty(), Optional.of(SHORT_TOKEN))) {
                if (peerFaults > 0) {
                    pacemaker(
                            Lab.up(options.withAgents(LabOptions.Agents.NONE), System.err::println),
                            token,
                            peerFaults,
                            rows);
                    Lab.down(LAB);
                }
            }
        } finally {
            // Also what an hour's run had measured before it was broken off.
            rows.print(System.out);
            System.err.println("written: "
                    + rows.write(norikae.lab.Distribution.ofThisProcess().root()));
        }
        return 0;
    }

    private static int number(String variable, int otherwise) {
        String text = System.getenv(variable);
        return text == null ? otherwise : Integer.parseInt(text);
    }

    private static void norikae(Lab lab, int faults, int loadedMinutes, Rows rows) throws Exception {
        try (NorikaeSubject norikae = NorikaeSubject.start(
                lab,
                ControlClient.open(ClientConfig.load(lab.clientConfig())),
                SUBNET.addressWithPrefix(HOST_NUMBER),
                SERVER)) {
            measureAll(lab, norikae, faults, rows);
            if (loadedMinutes > 0) {
                norikae.settle();
                long before = norikae.suspicions();
                beBusy(Duration.ofMinutes(loadedMinutes));
                Object[] row = {
                    norikae.words(),
                    "none; all processors busy for " + loadedMinutes + " min",
                    1L,
                    "-",
                    "-",
                    "-",
                    "-",
                    "-",
                    "-",
                    "-",
                    "-",
                    norikae.suspicions() - before
                };
                rows.add(row);
            }
        }
    }

    private static void pacemaker(Lab lab, Optional<Duration> token, int faults, Rows rows) throws Exception {
        System.err.println("starting Pacemaker and Corosync");
        try (PacemakerPeer peer = PacemakerPeer.start(lab, token, SUBNET.address(HOST_NUMBER), PORT)) {
            measureAll(lab, peer, faults, rows);
        }
    }

    private static void measureAll(Lab lab, FailoverSubject subject, int times, Rows rows) throws InterruptedException {
        InetSocketAddress address = new InetSocketAddress(SUBNET.address(HOST_NUMBER), PORT);
        try (ReconnectingClients clients = new ReconnectingClients(address, CLIENTS, EchoTalk::new)) {
            String kinds = System.getenv(KINDS);
            for (Fault fault : Fault.values()) {
                if (kinds != null && !List.of(kinds.split(",")).contains(fault.words())) {
                    continue;
                }
                FailoverFigures figures = new FailoverFigures();
                for (int i = 0; i < times; i++) {
                    subject.settle();
                    long answers = clients.answers();
                    await(PATIENCE, "answers", () -> clients.answers() > answers + 10L * CLIENTS);
                    String owner = subject.owner();
                    clients.measureAnew();
                    long at = System.currentTimeMillis();
                    fault.strike(lab, owner);
                    await(
                            PATIENCE,
                            "an answer after a " + fault.words(),
                            () -> clients.longestGapMillis() > OUTAGE_MILLIS_MIN);
                    long outage = clients.longestGapMillis();
                    await(PATIENCE, "the service to run elsewhere", subject::isRunning);
                    await(PATIENCE, "the story of it", () -> subject.stagesSince(at)
                            .isPresent());
                    FailoverSubject.Stages stages = subject.stagesSince(at).orElseThrow();
                    figures.add(at, stages, outage);
                    System.err.printf(
                            "%s: %s %d of %d: nobody had an answer for %d ms (%s: detected after %d, fenced %d, started %d)%n",
                            subject.words(),
                            fault.words(),
                            i + 1,
                            times,
                            outage,
                            owner,
                            stages.detected() - at,
                            stages.fenced() - at,
                            stages.started() - at);
                }
                if (times > 0) {
                    figures.addTo(rows, subject.words(), fault.words());
                }
            }
            if (clients.wrong() > 0) {
                throw new LabException(clients.wrong() + " answers were wrong");
            }
        }
    }

    /** Says its name and wants to hear it. Confined to one connection. */
    private record EchoTalk(String name) implements ReconnectingClients.Talk {
        @Override
        public String next() {
            return name;
        }

        @Override
        public boolean isRight(String answer) {
            return answer.equals(name);
        }
    }

    private static void beBusy(Duration time) throws InterruptedException {
        List<Process> load = new ArrayList<>();
        try {
            for (int i = 0; i < Runtime.getRuntime().availableProcessors(); i++) {
                load.add(new ProcessBuilder("sh", "-c", "while :; do :; done").start());
            }
            Thread.sleep(time);
        } catch (IOException e) {
            throw new LabException("no load could be made: " + e.getMessage(), e);
        } finally {
            load.forEach(Process::destroyForcibly);
        }
    }

    /** Waits on a condition; one that cannot be asked just now is not met yet. */
    static void await(Duration patience, String what, BooleanSupplier condition) throws InterruptedException {
        long deadline = System.nanoTime() + patience.toNanos();
        RuntimeException last = null;
        while (System.nanoTime() - deadline < 0) {
            try {
                if (condition.getAsBoolean()) {
                    return;
                }
                last = null;
            } catch (ControlException | LabException e) {
                // Whoever was asked may be the one that is gone.
                last = e;
            }
            Thread.sleep(50);
        }
        throw new LabException("waited in vain for " + what, last == null ? new IllegalStateException(what) : last);
    }
}
