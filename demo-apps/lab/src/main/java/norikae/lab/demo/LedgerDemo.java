package norikae.lab.demo;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import norikae.agent.api.v1.MoveUpdate;
import norikae.agent.api.v1.ServiceSpec;
import norikae.agent.client.ControlClient;
import norikae.agent.client.Subscription;
import norikae.lab.Lab;
import norikae.lab.LabOptions;
import norikae.lab.Subnet;

/** A bank with 200 clients changes servers six times; nobody is hung up on, nothing is lost. */
final class LedgerDemo {

    private static final String SERVICE = "ledger";
    private static final int HOST_NUMBER = 50;
    private static final int PORT = 7100;
    private static final int CONNECTIONS = 200;
    private static final List<String> STOPS = List.of("node-b", "node-a", "node-b", "node-a", "node-b", "node-a");

    /** So long the clients are watched before and after each move. */
    private static final Duration BREATH = Duration.ofSeconds(1);

    private final String name;
    private final Subnet subnet;
    private final PrintStream out;

    LedgerDemo(String name, Subnet subnet, PrintStream out) {
        this.name = name;
        this.subnet = subnet;
        this.out = out;
    }

    /** Returns whether all was as promised. */
    boolean run() throws Exception {
        return DemoLab.run(LabOptions.defaults().withName(name).withSubnet(subnet.toString()), out, this::show);
    }

    private boolean show(Lab lab, ControlClient control) throws InterruptedException {
        Path java = lab.distribution().javaHome().resolve("bin/java");
        Path jar = lab.distribution().jar("norikae-ledger");
        var started = control.run(spec(java, jar));
        out.printf("%nledger runs on %s at %s:%d%n", started.getNode(), subnet.address(HOST_NUMBER), PORT);
        started.getAddedList().forEach(added -> out.println("  added to make it movable: " + added));
        try (LedgerClients clients = LedgerClients.start(
                lab.node("client"), java, jar, subnet.address(HOST_NUMBER) + ":" + PORT, CONNECTIONS)) {
            out.printf("%d clients are connected from host client%n", CONNECTIONS);
            boolean allMoved = true;
            int number = 0;
            for (String target : STOPS) {
                number++;
                if (!move(control, clients, number, target)) {
                    allMoved = false;
                    break;
                }
            }
            JsonNode summary = clients.stop();
            out.printf(
                    "%n%,d requests, %,d answers, balances %s%n",
                    summary.path("requests").asLong(),
                    summary.path("answers").asLong(),
                    summary.path("auditConserved").asBoolean() ? "add up" : "DO NOT ADD UP");
            summary.path("troubles").forEach(trouble -> out.println("  " + trouble.asText()));
            out.printf(
                    "resets %d, lost %d, doubled %d%n",
                    summary.path("resets").asLong(),
                    summary.path("lost").asLong(),
                    summary.path("doubled").asLong());
            return allMoved && summary.path("clean").asBoolean();
        }
    }

    private ServiceSpec spec(Path java, Path jar) {
        return ServiceSpec.newBuilder()
                .setName(SERVICE)
                .addAllCommand(List.of(
                        java.toString(),
                        "-Xmx256m",
                        "-jar",
                        jar.toString(),
                        "server",
                        "--port",
                        Integer.toString(PORT)))
                .setAddress(subnet.addressWithPrefix(HOST_NUMBER))
                .setUser("root") // who may be moved without CAP_SYS_RESOURCE, which not every machine gives
                .setWorkingDirectory("/")
                .setNode("node-a")
                .build();
    }

    private boolean move(ControlClient control, LedgerClients clients, int number, String target)
            throws InterruptedException {
        String window = "move-" + number;
        clients.begin(window);
        Thread.sleep(BREATH);
        MoveStory story = new MoveStory();
        try (Subscription<MoveUpdate> updates = control.migrate(SERVICE, target)) {
            while (updates.hasNext()) {
                story.add(updates.next());
            }
        }
        Thread.sleep(BREATH);
        JsonNode seen = clients.end(window);
        out.println();
        story.print(out, number, seen);
        return story.moved();
    }
}
