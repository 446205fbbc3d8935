package norikae.lab.demo;

import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import norikae.agent.api.v1.ServiceSpec;
import norikae.agent.client.ControlClient;
import norikae.lab.Lab;
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
        return DemoLab.run(
                LabOptions.defaults()
                        .withName(name)
                        .withSubnet(subnet.toString())
                        .withFailover(),
                out,
                this::show);
    }

    private boolean show(Lab lab, ControlClient control) throws InterruptedException {
        var started = control.run(spec(lab));
        out.printf("%nledger runs on %s at %s:%d%n", started.getNode(), subnet.address(HOST_NUMBER), PORT);
        InetSocketAddress address = new InetSocketAddress(subnet.address(HOST_NUMBER), PORT);
        try (ReconnectingClients clients = new ReconnectingClients(address, CLIENTS, LedgerTalk::new)) {
            DemoLab.await("the clients' first answers", PATIENCE, () -> clients.answers() > 10 * CLIENTS);
            out.printf("%d clients move money in it%n", CLIENTS);
            Thread.sleep(BREATH);
            long answersBefore = clients.answers();
            clients.measureAnew();
            long cutAt = System.currentTimeMillis();
            lab.node(started.getNode()).powerOff();
            out.printf("%nthe power of %s is cut%n%n", started.getNode());
            DemoLab.await("the clients' next answers", PATIENCE, () -> clients.longestGapMillis() > 200);
            Thread.sleep(BREATH);
            FailoverStory story = FailoverStory.of(control, SERVICE, cutAt);
            story.print(out, clients);
            out.printf(
                    "%n%,d answers before, %,d after; wrong answers %d; the clients connected %d times%n",
                    answersBefore, clients.answers() - answersBefore, clients.wrong(), clients.connects());
            out.printf("starting %s again; it joins by itself%n", started.getNode());
            lab.node(started.getNode()).powerOn();
            DemoLab.await(started.getNode() + " to be up", PATIENCE, () -> control.status(null).getNodesList().stream()
                    .allMatch(n -> n.getReachable() && n.getPhase().equals("UP")));
            out.printf(
                    "%s is up again; the ledger runs on %s%n",
                    started.getNode(), control.status(SERVICE).getServices(0).getNode());
            return story.isComplete() && clients.wrong() == 0;
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
