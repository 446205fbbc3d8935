package norikae.lab.demo;

import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import norikae.agent.api.v1.ServiceSpec;
import norikae.agent.client.ControlClient;
import norikae.agent.config.ClientConfig;
import norikae.lab.Lab;
import norikae.lab.LabException;
import norikae.lab.LabOptions;
import norikae.lab.Subnet;

/** A bank's server loses its power; the bank comes back on the other one, and its clients go on. */
final class FailoverDemo {

    private static final String SERVICE = "ledger";
    private static final int HOST_NUMBER = 50;
    private static final int PORT = 7100;
    private static final int CLIENTS = 50;
    private static final Duration PATIENCE = Duration.ofMinutes(1);
    private static final Duration BREATH = Duration.ofSeconds(3);

    private final String name;
    private final Subnet subnet;
    private final PrintStream out;

    FailoverDemo(String name, Subnet subnet, PrintStream out) {
        this.name = name;
        this.subnet = subnet;
        this.out = out;
    }

    /** Returns whether all was as promised. */
    boolean run() throws Exception {
        if (Lab.find(name).isPresent()) {
            throw new LabException("a demonstration is running already: wait for it, or end what is left of it with"
                    + " bin/norikae lab down --name " + name);
        }
        try (AutoCloseable _ = Lab.endingWithThisProgram(name)) {
            LabOptions options = LabOptions.defaults()
                    .withName(name)
                    .withSubnet(subnet.toString())
                    .withFailover();
            Lab lab = Lab.up(options, out::println);
            try (ControlClient control = ControlClient.open(ClientConfig.load(lab.clientConfig()))) {
                return show(lab, control);
            }
        }
    }

    private boolean show(Lab lab, ControlClient control) throws InterruptedException {
        var started = control.run(spec(lab));
        out.printf("%nledger runs on %s at %s:%d%n", started.getNode(), subnet.address(HOST_NUMBER), PORT);
        InetSocketAddress address = new InetSocketAddress(subnet.address(HOST_NUMBER), PORT);
        try (ReconnectingClients clients = new ReconnectingClients(address, CLIENTS, LedgerTalk::new)) {
            await("the clients' first answers", () -> clients.answers() > 10 * CLIENTS);
            out.printf("%d clients move money in it%n", CLIENTS);
            Thread.sleep(BREATH);
            long answersBefore = clients.answers();
            clients.measureAnew();
            long cutAt = System.currentTimeMillis();
            lab.node(started.getNode()).powerOff();
            out.printf("%nthe power of %s is cut%n%n", started.getNode());
            await("the clients' next answers", () -> clients.longestGapMillis() > 200);
            Thread.sleep(BREATH);
            FailoverStory story = FailoverStory.of(control, SERVICE, cutAt);
            story.print(out, clients);
            out.printf(
                    "%n%,d answers before, %,d after; wrong answers %d; the clients connected %d times%n",
                    answersBefore, clients.answers() - answersBefore, clients.wrong(), clients.connects());
            out.printf("starting %s again; it joins by itself%n", started.getNode());
            lab.node(started.getNode()).powerOn();
            await(started.getNode() + " to be up", () -> control.status(null).getNodesList().stream()
                    .allMatch(n -> n.getReachable() && n.getPhase().equals("UP")));
            out.printf(
                    "%s is up again; the ledger runs on %s%n",
                    started.getNode(), control.status(SERVICE).getServices(0).getNode());
            return story.isComplete() && clients.wrong() == 0;
        }
    }

    private static void await(String what, java.util.function.BooleanSupplier condition) throws InterruptedException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - deadline > 0) {
                throw new LabException("waited in vain for " + what);
            }
            Thread.sleep(20);
        }
    }

    private ServiceSpec spec(Lab lab) {
        return ServiceSpec.newBuilder()
                .setName(SERVICE)
                .addAllCommand(List.of(
                        lab.distribution().javaHome().resolve("bin/java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-XX:+UseSerialGC",
                        "-Xmx256m",
                        "-jar",
                        lab.distribution().jar("norikae-ledger").toString(),
                        "server",
                        "--port",
                        Integer.toString(PORT)))
                .setAddress(subnet.addressWithPrefix(HOST_NUMBER))
                .setUser("root")
                .setWorkingDirectory("/")
                .setNode("node-a")
                .build();
    }
}
