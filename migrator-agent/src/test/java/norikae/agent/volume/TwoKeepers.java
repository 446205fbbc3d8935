package norikae.agent.volume;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import norikae.agent.client.TestPki;
import norikae.failover.log.ratis.RaftNode;
import norikae.failover.log.ratis.RaftSettings;
import norikae.failover.log.ratis.TlsFiles;
import norikae.failover.model.Command;
import norikae.failover.model.Epoch;
import norikae.failover.model.MirrorOptions;
import norikae.failover.model.NodeId;
import norikae.failover.model.NodeRecord;
import norikae.failover.model.Outcome;
import norikae.failover.model.ReplicationMode;
import norikae.failover.model.Volume;
import norikae.failover.model.VolumeName;
import norikae.mirror.PeerCheck;
import norikae.mirror.primary.PrimaryVolume;
import norikae.mirror.primary.ReplicaSpec;
import norikae.mirror.primary.ReplicaStatus;
import norikae.mirror.primary.VolumeOptions;
import norikae.mirror.store.StoreException;
import org.jspecify.annotations.Nullable;

/** A log with one voter, and the volumes of two nodes, whose agents can be stopped one by one. */
final class TwoKeepers implements AutoCloseable {

    static final NodeId A = new NodeId("node-a");
    static final NodeId B = new NodeId("node-b");
    static final VolumeName DATA = new VolumeName("data");
    static final String SAN = "san1";
    static final int MIB = 1 << 20;
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    final UUID id = UUID.randomUUID();
    final RaftNode log;

    /** The way by which a's writes come to b. */
    final HeldLine toB;

    private final Path folder;
    private final Map<NodeId, NodeRecord> nodes = new HashMap<>();
    private final Map<NodeId, VolumeKeeper> keepers = new HashMap<>();

    TwoKeepers(Path folder) throws Exception {
        this.folder = folder;
        TestPki pki = new TestPki(folder.resolve("pki"));
        TestPki.Issued me = pki.issue("voter", "node");
        log = RaftNode.start(new RaftSettings(
                new NodeId("voter"),
                "127.0.0.1",
                freePort(),
                folder.resolve("log"),
                new TlsFiles(me.certificate(), me.key(), pki.authorityFile()),
                List.of(),
                true));
        for (NodeId node : List.of(A, B)) {
            nodes.put(node, record(node, freePort()));
        }
        toB = new HeldLine(address(B), Objects.requireNonNull(nodes.get(B)).mirrorPort());
        accepted(new Command.AddNode(Objects.requireNonNull(nodes.get(A)), 1));
        accepted(new Command.AddNode(record(B, toB.port()), 1));
    }

    private static String address(NodeId node) {
        return node.equals(A) ? "127.0.0.2" : "127.0.0.3";
    }

    private static NodeRecord record(NodeId node, int mirrorPort) {
        return new NodeRecord(node, address(node), 7071, 7072, 7073, false, null, mirrorPort);
    }

    private static int freePort() throws Exception {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    VolumeKeeper start(NodeId node) throws Exception {
        VolumeKeeper keeper = VolumeKeeper.start(
                Objects.requireNonNull(nodes.get(node)),
                log,
                new CopyPlaces(folder.resolve(node.value()), Map.of(SAN, folder.resolve(SAN))),
                folder.resolve(node + "-promises"),
                folder.resolve(node + ".sock"),
                PeerCheck.open(),
                PeerCheck.open());
        keepers.put(node, keeper);
        return keeper;
    }

    void stop(NodeId node) {
        Objects.requireNonNull(keepers.remove(node)).close();
    }

    VolumeKeeper keeper(NodeId node) {
        return Objects.requireNonNull(keepers.get(node));
    }

    /** a writes it, b follows. */
    void create(long bytes, ReplicationMode mode, @Nullable MirrorOptions mirror) throws Exception {
        for (NodeId node : List.of(A, B)) {
            start(node).prepare(DATA, id, bytes, null, false);
        }
        accepted(new Command.CreateVolume(
                DATA, id, bytes, A, new TreeMap<>(Map.of(A, ReplicationMode.SYNC, B, mode)), mirror, 1));
        await("a writes it", () -> keeper(A).written(DATA).isPresent());
    }

    /** One copy on a storage that both reach; a writes it. */
    void createShared(long bytes) throws Exception {
        start(A).prepare(DATA, id, bytes, SAN, false);
        start(B).prepare(DATA, id, bytes, SAN, true);
        accepted(new Command.CreateVolume(
                DATA,
                id,
                bytes,
                A,
                new TreeMap<>(Map.of(A, ReplicationMode.SYNC, B, ReplicationMode.SYNC)),
                null,
                new TreeMap<>(Map.of(A, SAN, B, SAN)),
                1));
        awaitWritten(A);
    }

    Path storage() {
        return folder.resolve(SAN);
    }

    Volume volume() throws Exception {
        return log.read(PATIENCE).volume(DATA).orElseThrow();
    }

    Outcome submit(Command command) throws Exception {
        return log.submit(command, PATIENCE);
    }

    void accepted(Command command) throws Exception {
        Outcome outcome = submit(command);
        if (!(outcome instanceof Outcome.Accepted)) {
            throw new AssertionError(command + ": " + outcome);
        }
    }

    void promote(NodeId to, boolean losesWrites) throws Exception {
        accepted(new Command.PromoteVolume(DATA, volume().epoch(), to, true, losesWrites, 1));
    }

    void awaitWhole(NodeId node) throws Exception {
        await(
                "the copy on " + node + " is whole",
                () -> log.latestKnown().volume(DATA).orElseThrow().isWholeOn(node));
    }

    PrimaryVolume awaitWritten(NodeId node) throws Exception {
        Epoch epoch = volume().epoch();
        await(node + " writes it", () -> keeper(node).written(DATA, epoch).isPresent());
        return keeper(node).written(DATA, epoch).orElseThrow();
    }

    static ReplicaStatus replica(PrimaryVolume volume) {
        return volume.status().getFirst();
    }

    /** What its agent does just before its server dies: it writes, and nobody else hears of it. */
    void writeAlone(NodeId node, Epoch epoch, long offset, int value) throws Exception {
        NodeId other = node.equals(A) ? B : A;
        ReplicaSpec nowhere = ReplicaSpec.of(
                other, new InetSocketAddress(InetAddress.getLoopbackAddress(), freePort()), ReplicationMode.SYNC);
        try (PrimaryVolume volume = PrimaryVolume.open(
                folder.resolve(node.value()).resolve(DATA.value()),
                VolumeOptions.of(node, epoch, List.of(nowhere), PeerCheck.open(), (_, _, _, _) -> {}))) {
            write(volume, offset, value);
        }
    }

    static void write(PrimaryVolume volume, long offset, int value) throws Exception {
        CompletableFuture<@Nullable Void> done = new CompletableFuture<>();
        byte[] content = new byte[4096];
        java.util.Arrays.fill(content, (byte) value);
        ByteBuf data = Unpooled.wrappedBuffer(content);
        volume.write(offset, data, true, failure -> {
            if (failure == null) {
                done.complete(null);
            } else {
                done.completeExceptionally(failure);
            }
        });
        done.get(20, TimeUnit.SECONDS);
    }

    static int read(PrimaryVolume volume, long offset) throws StoreException {
        ByteBuffer content = ByteBuffer.allocate(512);
        volume.read(offset, content);
        return content.get(0);
    }

    long compare(PrimaryVolume volume, NodeId node) throws Exception {
        return volume.verify(node, false).get(20, TimeUnit.SECONDS);
    }

    Path directory(NodeId node) {
        return folder.resolve(node.value()).resolve(DATA.value());
    }

    static void await(String what, BooleanSupplier condition) throws Exception {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("not within " + PATIENCE + ": " + what);
            }
            Thread.sleep(20);
        }
    }

    @Override
    public void close() throws IOException {
        toB.close();
        List.copyOf(keepers.values()).forEach(VolumeKeeper::close);
        log.close();
    }
}
