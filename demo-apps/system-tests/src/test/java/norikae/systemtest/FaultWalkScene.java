package norikae.systemtest;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import norikae.agent.api.v1.MemoryMode;
import norikae.agent.api.v1.MoveRequest;
import norikae.agent.api.v1.MoveUpdate;
import norikae.agent.api.v1.ServiceSpec;
import norikae.agent.api.v1.ServiceStatus;
import norikae.agent.client.ControlClient;
import norikae.agent.client.ControlException;
import norikae.agent.client.Subscription;
import norikae.agent.config.ClientConfig;
import norikae.failover.fault.FaultPoint;
import norikae.lab.LabNode;
import norikae.lab.Trace;
import norikae.lab.demo.LedgerClients;
import org.jspecify.annotations.Nullable;

/** A cluster, a ledger on it with clients, and a move that is struck. Confined to one thread. */
final class FaultWalkScene implements AutoCloseable {

    private static final String SERVICE = "ledger";
    private static final int ADDRESS = 50;
    private static final int PORT = 7100;
    private static final int CONNECTIONS = 8;

    /** A move whose link is cut is given up by then, if it can be. */
    private static final Duration CUT = Duration.ofSeconds(10);

    private static final Duration CUT_AFTER_COMMIT = Duration.ofSeconds(2);

    private final TestCluster cluster;
    private @Nullable LedgerClients clients;
    private int window;

    FaultWalkScene() {
        cluster = TestCluster.boot("walk", "10.79.0");
    }

    /** Makes sure that the ledger runs and its clients are served, also after a cell that went wrong. */
    void prepare() throws InterruptedException {
        if (clients != null) {
            return;
        }
        cluster.lab().heal();
        try (Stream<Path> gates = Files.list(cluster.lab().faults())) {
            for (Path gate : gates.toList()) {
                Files.deleteIfExists(gate);
            }
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
        for (String node : List.of("node-a", "node-b", "witness")) {
            cluster.node(node).startAgent();
        }
        Path jar = cluster.jar("norikae-ledger");
        TestCluster.await("the ledger can be started", () -> {
            try (ControlClient client = cluster.client()) {
                if (client.status(null).getServicesList().stream()
                        .anyMatch(s -> s.getName().equals(SERVICE))) {
                    var _ = client.stop(SERVICE, 2);
                }
                var _ = client.run(ServiceSpec.newBuilder()
                        .setName(SERVICE)
                        .addAllCommand(cluster.ledger("64m", "server", "--port", Integer.toString(PORT)))
                        .setAddress(cluster.address(ADDRESS) + "/24")
                        .setUser("root")
                        .setWorkingDirectory("/")
                        .setMemoryBytes(512L << 20)
                        .setNode("node-a")
                        .setHybridMoves(true)
                        .build());
                return true;
            }
        });
        clients = LedgerClients.start(
                cluster.node("client"), cluster.java(), jar, cluster.address(ADDRESS) + ":" + PORT, CONNECTIONS);
    }

    /** After a failure: the next cell starts with a ledger and clients of its own. */
    void distrust() {
        if (clients != null) {
            clients.close();
            clients = null;
        }
    }

    /** One move with one fault; returns where that left the service, after all has been found as it should be. */
    FaultWalkCell.Outcome walk(FaultWalkCell cell) throws InterruptedException {
        prepare();
        LedgerClients watching = Objects.requireNonNull(clients);
        if (cell.fault() == FaultWalkFault.LEADER_KILLED) {
            haveWitnessLead();
        }
        cluster.awaitAgents();
        String source = cluster.awaitSettled(SERVICE).getNode();
        String target = other(source);
        String whole = "cell-" + ++window;
        watching.begin(whole);
        String held = cell.onSource() ? source : target;
        String companion = companion(cell.point());
        cluster.hold(held, cell.point().name());
        if (companion != null) {
            cluster.hold(target, companion);
        }
        Move move = new Move(source, target, cell.mode(), cell.fault() != FaultWalkFault.CANCELLED);
        try {
            move.awaitHeld(held, cell.point().name());
            if (companion != null) {
                move.awaitHeld(target, companion);
            }
            boolean begun = !settled(); // the log knows of it, and can tell when it has been given up
            strike(cell, move);
            cluster.letGo(source, cell.point().name());
            if (cell.expected() == FaultWalkCell.Outcome.STAYS && !cell.committed() && waitsForSource(cell.fault())) {
                if (cell.fault() == FaultWalkFault.LINK_CUT) {
                    awaitGivenUp(CUT, () -> begun ? settled() : move.ended());
                } else {
                    awaitGivenUp(TestCluster.PATIENCE, () -> move.ended() && settled());
                }
            } else if (cell.fault() == FaultWalkFault.LINK_CUT) {
                letTargetGo(cell, target, companion);
                Thread.sleep(CUT_AFTER_COMMIT);
            }
        } finally {
            cluster.lab().heal();
            letTargetGo(cell, target, companion);
            cluster.letGo(source, cell.point().name());
            cluster.node(target).holdAgent(false);
        }
        move.awaitEnd();
        String node = cluster.awaitSettled(SERVICE).getNode();
        assertOneCopy(node);
        assertServed(watching, whole);
        return node.equals(target) ? FaultWalkCell.Outcome.MOVES : FaultWalkCell.Outcome.STAYS;
    }

    /** Faults of which the source learns by itself, while the target stands still. */
    private static boolean waitsForSource(FaultWalkFault fault) {
        return switch (fault) {
            case SOURCE_AGENT_KILLED, TARGET_AGENT_KILLED, LINK_CUT, CANCELLED -> true;
            default -> false;
        };
    }

    /** What has to be held as well, so that the move is in that state and no other when the fault strikes. */
    private static @Nullable String companion(FaultPoint point) {
        return switch (point) {
            case SOURCE_RECEIVED -> FaultPoint.TARGET_RECEIVED.name();
            case SOURCE_COMMITTED -> FaultPoint.TARGET_RELEASED.name();
            default -> null;
        };
    }

    private void letTargetGo(FaultWalkCell cell, String target, @Nullable String companion) {
        cluster.letGo(target, cell.point().name());
        if (companion != null) {
            cluster.letGo(target, companion);
        }
    }

    private static void awaitGivenUp(Duration patience, BooleanSupplier givenUp) throws InterruptedException {
        long deadline = System.nanoTime() + patience.toNanos();
        while (System.nanoTime() < deadline && !givenUp.getAsBoolean()) {
            Thread.sleep(50);
        }
    }

    private boolean settled() {
        try {
            return cluster.status(SERVICE).getMoveId().isEmpty();
        } catch (ControlException e) {
            return false;
        }
    }

    private void strike(FaultWalkCell cell, Move move) throws InterruptedException {
        LabNode source = cluster.node(move.source);
        LabNode target = cluster.node(move.target);
        switch (cell.fault()) {
            case SOURCE_AGENT_KILLED -> source.killAgent();
            case TARGET_AGENT_KILLED -> {
                target.holdAgent(!cell.committed());
                target.killAgent();
            }
            case SOURCE_CRIU_KILLED -> killCriu(source);
            case TARGET_CRIU_KILLED -> killCriu(target);
            case LINK_CUT -> cluster.lab().partition(move.source, move.target);
            case TARGET_SPACE_GONE ->
                traces(target, Trace.Kind.MOUNT)
                        .forEach(mount -> target.run("mount", "-o", "remount,size=64k", mount.name()));
            case TARGET_MEMORY_GONE ->
                target.run(
                        "sh",
                        "-c",
                        "echo 4M > /sys/fs/cgroup/memory/norikae-walk/" + move.target + "/capsules/" + SERVICE
                                + "/memory.limit_in_bytes");
            case LEADER_KILLED -> cluster.node("witness").killAgent();
            case CANCELLED -> move.cancel();
        }
    }

    private void killCriu(LabNode node) {
        List<Trace> found = traces(node, Trace.Kind.CRIU);
        if (found.isEmpty()) {
            throw new AssertionError("no CRIU runs on " + node.name());
        }
        for (Trace criu : found) {
            ProcessHandle.of(Long.parseLong(criu.name().split(" ", -1)[0])).ifPresent(ProcessHandle::destroyForcibly);
        }
    }

    private List<Trace> traces(LabNode node, Trace.Kind kind) {
        return cluster.lab().leftovers().stream()
                .filter(trace -> trace.node().equals(node.name()) && trace.kind() == kind)
                .toList();
    }

    private void haveWitnessLead() {
        TestCluster.await("the witness leads the log", () -> {
            try (ControlClient client = cluster.client()) {
                String leader = client.status(null).getLeader();
                if (leader.equals("witness")) {
                    return true;
                }
                if (!leader.isEmpty() && cluster.node(leader).agentPid().isPresent()) {
                    cluster.node(leader).killAgent();
                    TestCluster.await("another leader than " + leader, () -> {
                        String now = client.status(null).getLeader();
                        return !now.isEmpty() && !now.equals(leader);
                    });
                }
                return false;
            }
        });
    }

    private void assertOneCopy(String node) {
        List<String> wrong = new ArrayList<>();
        try {
            TestCluster.await("one copy", () -> {
                wrong.clear();
                wrong.addAll(amiss(node));
                return wrong.isEmpty();
            });
        } catch (AssertionError e) {
            throw new AssertionError("the service belongs to " + node + ", and this is amiss: " + wrong, e);
        }
    }

    /** Everything that is not as it should be when the service runs on {@code owner} and no move is in flight. */
    private List<String> amiss(String owner) {
        List<String> wrong = new ArrayList<>();
        boolean runs = false;
        for (Trace trace : cluster.lab().leftovers()) {
            boolean ofTheService = trace.node().equals(owner)
                    && switch (trace.kind()) {
                        case PROCESS, CGROUP, LINK, NETWORK_NAMESPACE -> true;
                        case CRIU, MOUNT, NFT_TABLE, MOVE_DIRECTORY, DIRECTORY -> false;
                    };
            if (!ofTheService) {
                wrong.add(trace.toString());
            }
            runs |= ofTheService && trace.kind() == Trace.Kind.PROCESS;
        }
        if (!runs) {
            wrong.add("no process runs on " + owner);
        }
        for (String node : List.of(owner, other(owner))) {
            records(node)
                    .filter(record -> !node.equals(owner) || !record.contains("\"RUNNING\""))
                    .forEach(record -> wrong.add(node + " has the record " + record));
        }
        ServiceStatus status = cluster.status(SERVICE);
        if (!status.getPhase().equals("RUNNING") || !status.getMoveId().isEmpty()) {
            wrong.add("the log says " + status.getPhase() + " " + status.getDetail() + " " + status.getMovePhase());
        }
        Path frozen = Path.of("/sys/fs/cgroup/unified/norikae-walk", owner, "capsules", SERVICE, "cgroup.freeze");
        try {
            if (Files.exists(frozen) && !Files.readString(frozen).startsWith("0")) {
                wrong.add("it is frozen");
            }
        } catch (IOException e) {
            wrong.add("cannot read " + frozen + ": " + e);
        }
        return wrong;
    }

    private Stream<String> records(String node) {
        List<String> all = new ArrayList<>();
        Path directory = cluster.node(node).file("/run/norikae/capsules");
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.toList()) {
                all.add(Files.readString(file));
            }
        } catch (IOException e) {
            all.add("of which nothing can be read: " + e);
        }
        return all.stream();
    }

    private void assertServed(LedgerClients watching, String whole) throws InterruptedException {
        var seen = watching.end(whole);
        // After a long pause the clients' kernel asks again as late as it has waited already.
        long deadline = System.nanoTime() + TestCluster.PATIENCE.toNanos();
        var served = seen;
        do {
            String after = whole + "-served-" + ++window;
            watching.begin(after);
            Thread.sleep(200);
            served = watching.end(after);
        } while (served.path("answers").asLong() == 0 && System.nanoTime() < deadline);
        List<String> wrong = new ArrayList<>();
        for (String count : List.of("resets", "doubledAnswers", "outOfOrder", "mismatched", "errors")) {
            long sum = seen.path(count).asLong() + served.path(count).asLong();
            if (sum != 0) {
                wrong.add(count + " " + sum);
            }
        }
        if (served.path("answers").asLong() == 0) {
            wrong.add("no answers");
        }
        if (!wrong.isEmpty()) {
            throw new AssertionError("the clients saw " + wrong + ": " + seen + " " + served);
        }
    }

    private static String other(String node) {
        return node.equals("node-a") ? "node-b" : "node-a";
    }

    /** Ends the clients, which compare their books with the bank's. */
    void compareBooks() {
        LedgerClients ending = clients;
        if (ending == null) {
            throw new AssertionError("the last cell failed, so there are no books to compare");
        }
        var summary = ending.stop();
        distrust();
        if (!summary.path("clean").asBoolean()) {
            throw new AssertionError("the books differ: " + summary);
        }
    }

    @Override
    public void close() {
        distrust();
        cluster.close();
    }

    /**
     * A move that was asked for at the source itself, so that its word is there as long as the source's agent is; one that
     * is to be cancelled is asked for anywhere, as operators do.
     */
    private final class Move {

        private final String source;
        private final String target;
        private final MemoryMode mode;
        private final ControlClient client;
        private final Thread thread;
        private volatile String id = "";
        private volatile String last = "";

        Move(String source, String target, MemoryMode mode, boolean onlySource) {
            this.source = source;
            this.target = target;
            this.mode = mode;
            try {
                this.client = onlySource ? ControlClient.open(onlySource()) : cluster.client();
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
            this.thread = Thread.ofPlatform().daemon().name("move").start(this::run);
        }

        private void run() {
            try (client;
                    Subscription<MoveUpdate> updates = client.migrate(MoveRequest.newBuilder()
                            .setService(SERVICE)
                            .setTo(target)
                            .setMode(mode)
                            .build())) {
                while (updates.hasNext()) {
                    MoveUpdate update = updates.next();
                    id = update.getMoveId();
                    last = update.getState() + " " + update.getReason();
                }
            } catch (ControlException e) {
                // The source's agent is what the test kills; what comes of the move is seen by other means.
                last = last + " " + e.getMessage();
            }
        }

        private ClientConfig onlySource() throws IOException {
            ClientConfig all = ClientConfig.load(cluster.lab().clientConfig());
            String address = cluster.node(source).address();
            return new ClientConfig(
                    all.cluster(),
                    all.members().stream()
                            .filter(m -> m.toString().contains(address))
                            .toList(),
                    all.certificate(),
                    all.key(),
                    all.authority());
        }

        /** As the command does it on Ctrl-C. */
        void cancel() {
            TestCluster.await("the move has a name", () -> !id.isEmpty());
            var _ = client.cancel(id);
        }

        /** Fails at once if the move ends before. */
        void awaitHeld(String node, String point) {
            boolean[] over = new boolean[1];
            TestCluster.await(node + " is held at " + point, () -> {
                over[0] = ended();
                return over[0] || Files.exists(cluster.lab().faults().resolve(node + "." + point + ".reached"));
            });
            if (over[0]) {
                throw new AssertionError("the move ended before " + node + " was at " + point + ": " + last);
            }
        }

        boolean ended() {
            return !thread.isAlive();
        }

        void awaitEnd() {
            TestCluster.await("the move from " + source + " has ended", this::ended);
        }
    }
}
