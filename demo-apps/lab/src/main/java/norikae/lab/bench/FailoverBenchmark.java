package norikae.lab.bench;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.BooleanSupplier;
import norikae.agent.api.v1.ClusterStatus;
import norikae.agent.api.v1.ListEventsRequest;
import norikae.agent.api.v1.ServiceSpec;
import norikae.agent.client.ControlClient;
import norikae.agent.client.ControlException;
import norikae.agent.config.ClientConfig;
import norikae.lab.Lab;
import norikae.lab.LabException;
import norikae.lab.LabNode;
import norikae.lab.LabOptions;
import norikae.lab.Subnet;
import norikae.lab.demo.FailoverStory;
import norikae.lab.demo.ReconnectingClients;

/**
 * How long clients are without a service that starts in no time, when its server loses its power, hangs, or loses its network;
 * and whether healthy servers are ever taken for lost while all processors are busy.
 */
public final class FailoverBenchmark implements Benchmark {

    /** Instead of the usual number of faults of each kind, and of minutes under load. */
    private static final String FAULTS = "NORIKAE_BENCH_FAULTS";

    private static final String LOADED_MINUTES = "NORIKAE_BENCH_LOADED_MINUTES";

    private static final String LAB = "benchfo";
    private static final Subnet SUBNET = Subnet.parse("10.95.0.0/24");
    private static final String SERVICE = "echo";
    private static final int HOST_NUMBER = 50;
    private static final int PORT = 7100;
    private static final int CLIENTS = 10;
    private static final Duration PATIENCE = Duration.ofMinutes(2);

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

    /** Milliseconds from the fault on. Confined to one thread. */
    private static final class Figures {
        final Sample detection = new Sample();
        final Sample fencing = new Sample();
        final Sample takeover = new Sample();
        final Sample outage = new Sample();
    }

    @Override
    public int run(boolean quick) throws Exception {
        int faults = number(FAULTS, quick ? 1 : 30);
        int loadedMinutes = number(LOADED_MINUTES, quick ? 0 : 30);
        Rows rows = new Rows(
                "failover",
                "cluster",
                "fault",
                "times",
                "detection ms p50",
                "p99",
                "fencing ms p50",
                "p99 ",
                "takeover ms p50",
                "p99  ",
                "client outage ms p50",
                "p99   ",
                "false failovers");
        try (AutoCloseable _ = Lab.endingWithThisProgram(LAB)) {
            Lab.down(LAB);
            Lab lab = Lab.up(
                    LabOptions.defaults()
                            .withName(LAB)
                            .withSubnet(SUBNET.toString())
                            .withFailover(),
                    System.err::println);
            try (ControlClient control = ControlClient.open(ClientConfig.load(lab.clientConfig()));
                    ReconnectingClients clients = clients(control)) {
                Scene scene = new Scene(lab, control, clients);
                scene.settle();
                for (Fault fault : Fault.values()) {
                    Figures figures = scene.measure(fault, faults);
                    rows.add(
                            "Norikae",
                            fault.words(),
                            (long) faults,
                            figures.detection.median(),
                            figures.detection.percentile(99),
                            figures.fencing.median(),
                            figures.fencing.percentile(99),
                            figures.takeover.median(),
                            figures.takeover.percentile(99),
                            figures.outage.median(),
                            figures.outage.percentile(99),
                            "-");
                }
                if (loadedMinutes > 0) {
                    long alarms = scene.falseAlarms(Duration.ofMinutes(loadedMinutes));
                    rows.add(
                            "Norikae",
                            "none, " + loadedMinutes + " min under full load",
                            1L,
                            "-",
                            "-",
                            "-",
                            "-",
                            "-",
                            "-",
                            "-",
                            "-",
                            alarms);
                }
            }
            rows.print(System.out);
            System.err.println("written: " + rows.write(lab.distribution().root()));
            return 0;
        }
    }

    private static int number(String variable, int otherwise) {
        String text = System.getenv(variable);
        return text == null ? otherwise : Integer.parseInt(text);
    }

    private static ReconnectingClients clients(ControlClient control) {
        var _ = control.run(ServiceSpec.newBuilder()
                .setName(SERVICE)
                .addAllCommand(List.of("socat", "TCP-LISTEN:" + PORT + ",reuseaddr,fork", "PIPE"))
                .setAddress(SUBNET.addressWithPrefix(HOST_NUMBER))
                .setUser("root")
                .setWorkingDirectory("/")
                .setNode("node-a")
                .build());
        return new ReconnectingClients(
                new InetSocketAddress(SUBNET.address(HOST_NUMBER), PORT), CLIENTS, EchoTalk::new);
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

    /** The cluster, its one service and its clients. Confined to one thread. */
    private record Scene(Lab lab, ControlClient control, ReconnectingClients clients) {

        Figures measure(Fault fault, int times) throws InterruptedException {
            Figures figures = new Figures();
            for (int i = 0; i < times; i++) {
                String owner = control.status(SERVICE).getServices(0).getNode();
                clients.measureAnew();
                long at = System.currentTimeMillis();
                fault.strike(lab, owner);
                await("an answer after a " + fault.words(), () -> clients.longestGapMillis() > 300);
                await(
                        "the service to run elsewhere",
                        () -> control.status(SERVICE).getServices(0).getPhase().equals("RUNNING"));
                FailoverStory story = FailoverStory.of(control, SERVICE, at);
                if (story.isComplete()) {
                    long suspected = story.millisTo("node-suspected");
                    long fenced = story.millisTo("node-fenced");
                    figures.detection.add((double) suspected);
                    figures.fencing.add((double) (fenced - suspected));
                    figures.takeover.add((double) (story.millisTo("service-running") - fenced));
                }
                figures.outage.add((double) clients.longestGapMillis());
                System.err.printf(
                        "%s %d of %d: nobody had an answer for %d ms%n",
                        fault.words(), i + 1, times, clients.longestGapMillis());
                settle();
            }
            return figures;
        }

        /** How many servers were suspected although all were well. */
        long falseAlarms(Duration time) throws InterruptedException {
            long before = suspicions();
            List<Process> load = new ArrayList<>();
            try {
                for (int i = 0; i < Runtime.getRuntime().availableProcessors(); i++) {
                    load.add(new ProcessBuilder("sh", "-c", "while :; do :; done").start());
                }
                Thread.sleep(time);
            } catch (java.io.IOException e) {
                throw new LabException("no load could be made: " + e.getMessage(), e);
            } finally {
                load.forEach(Process::destroyForcibly);
            }
            return suspicions() - before;
        }

        private long suspicions() {
            try (var events = control.events(
                    ListEventsRequest.newBuilder().setLimit(2_000).build())) {
                long count = 0;
                while (events.hasNext()) {
                    count += events.next().getKind().equals("node-suspected") ? 1 : 0;
                }
                return count;
            }
        }

        /** Everything is on and well, and nobody who runs the service leads the log. */
        void settle() throws InterruptedException {
            lab.heal();
            for (LabNode node : lab.nodes()) {
                if (!node.isOn()) {
                    node.powerOn();
                }
            }
            await("everybody to be up", () -> {
                ClusterStatus status = control.status(null);
                String owner = status.getServices(0).getNode();
                return status.getCurrent()
                        && !status.getLeader().isEmpty()
                        && !status.getLeader().equals(owner)
                        && status.getNodesList().stream()
                                .allMatch(n -> n.getReachable() && n.getPhase().equals("UP"));
            });
            long answers = clients.answers();
            await("answers", () -> clients.answers() > answers + 10L * CLIENTS);
        }

        private static void await(String what, BooleanSupplier condition) throws InterruptedException {
            long deadline = System.nanoTime() + PATIENCE.toNanos();
            while (true) {
                try {
                    if (condition.getAsBoolean()) {
                        return;
                    }
                } catch (ControlException e) {
                    // the member that was asked is the one that is gone
                }
                if (System.nanoTime() - deadline > 0) {
                    throw new LabException("waited in vain for " + what);
                }
                Thread.sleep(50);
            }
        }
    }
}
