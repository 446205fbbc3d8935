package norikae.lab.bench;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import norikae.agent.api.v1.MemoryMode;
import norikae.agent.api.v1.MoveRequest;
import norikae.agent.api.v1.MoveResult;
import norikae.agent.api.v1.MoveUpdate;
import norikae.agent.api.v1.ServiceSpec;
import norikae.agent.client.ControlClient;
import norikae.agent.client.Subscription;
import norikae.lab.Lab;
import norikae.lab.LabException;
import norikae.lab.LabOptions;
import norikae.lab.NodeOptions;
import norikae.lab.Subnet;
import norikae.lab.demo.LedgerClients;

/** What the benchmarks of moves share: twin nodes, the ledger on them, its clients. */
final class LedgerBench {

    static final String LAB = "bench";
    static final Subnet SUBNET = Subnet.parse("10.81.0.0/24");
    static final String SERVICE = "ledger";
    static final List<String> NODES = List.of("node-a", "node-b");

    /** Last part of the address of what Norikae moves, and of what a script moves. */
    static final int OURS = 50;

    static final int PLAIN = 51;

    private static final int PORT = 7100;

    private LedgerBench() {}

    /** Boots nodes that were started at the same time: a plain script does nothing about clocks. */
    static Lab boot() {
        Lab.down(LAB);
        LabOptions options = LabOptions.defaults().withName(LAB).withSubnet(SUBNET.toString());
        return Lab.up(
                options.withNodes(options.nodes().stream()
                        .map(node -> new NodeOptions(node.name(), node.number(), node.role(), Duration.ZERO))
                        .toList()),
                System.err::println);
    }

    /** The ledger; its ballast is the live set, the rest of the heap is room for the collector. */
    static List<String> command(Lab lab, int heapMebibytes, String... more) {
        List<String> command = new ArrayList<>(List.of(
                lab.distribution().javaHome().resolve("bin/java").toString(),
                "-XX:+PerfDisableSharedMem",
                "-Xmx" + (heapMebibytes * 3 / 2) + "m",
                "-jar",
                lab.distribution().jar("norikae-ledger").toString(),
                "server",
                "--port",
                Integer.toString(PORT),
                "--ballast",
                heapMebibytes + "m"));
        command.addAll(List.of(more));
        return command;
    }

    /** Runs a ledger on the first node. */
    static void run(ControlClient control, List<String> command) {
        run(control, command, false);
    }

    /** @param hybrid its memory may follow it */
    static void run(ControlClient control, List<String> command, boolean hybrid) {
        var _ = control.run(ServiceSpec.newBuilder()
                .setHybridMoves(hybrid)
                .setName(SERVICE)
                .addAllCommand(command)
                .setAddress(SUBNET.addressWithPrefix(OURS))
                .setUser("root")
                .setWorkingDirectory("/")
                .setNode(NODES.getFirst())
                .build());
    }

    /** Waits until the ledger answers, which it does once its ballast is full, and connects clients to it. */
    static LedgerClients clients(Lab lab, int address, int connections) {
        lab.node("client")
                .run(
                        "timeout",
                        "120",
                        "bash",
                        "-c",
                        "until { exec 3<>/dev/tcp/" + SUBNET.address(address) + "/" + PORT
                                + "; } 2>/dev/null; do sleep 0.1; done; echo PING >&3; read -r answer <&3");
        return LedgerClients.start(
                lab.node("client"),
                lab.distribution().javaHome().resolve("bin/java"),
                lab.distribution().jar("norikae-ledger"),
                SUBNET.address(address) + ":" + PORT,
                connections);
    }

    /** @throws LabException if it did not move */
    static MoveResult moved(ControlClient control, String to) {
        return moved(control, to, () -> {});
    }

    /**
     * The same.
     *
     * @param frozen runs once the service stands still
     */
    static MoveResult moved(ControlClient control, String to, Runnable frozen) {
        MoveResult result = move(control, to, frozen).getResult();
        if (!result.getMoved()) {
            throw new LabException("the ledger did not move to " + to + ": " + result.getReason());
        }
        return result;
    }

    /** Returns the move's last word, which has the result. */
    static MoveUpdate move(ControlClient control, String to, Runnable frozen) {
        return move(control, to, MemoryMode.AUTO, frozen);
    }

    /** The same, in the mode that is asked for. */
    static MoveUpdate move(ControlClient control, String to, MemoryMode mode, Runnable frozen) {
        boolean stands = false;
        MoveUpdate last = MoveUpdate.getDefaultInstance();
        try (Subscription<MoveUpdate> updates = control.migrate(MoveRequest.newBuilder()
                .setService(SERVICE)
                .setTo(to)
                .setMode(mode)
                .build())) {
            while (updates.hasNext()) {
                last = updates.next();
                if (!stands && last.getState().equals("Frozen")) {
                    stands = true;
                    frozen.run();
                }
            }
        }
        if (!last.getModeReason().isEmpty()) {
            System.err.println(last.getModeReason());
        }
        return last;
    }

    /** What went wrong for clients, as their books say. */
    static long errors(JsonNode books) {
        return books.path("resets").asLong()
                + books.path("lost").asLong()
                + books.path("doubled").asLong();
    }
}
