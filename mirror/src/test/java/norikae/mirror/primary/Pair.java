package norikae.mirror.primary;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import norikae.failover.model.Epoch;
import norikae.failover.model.NodeId;
import norikae.failover.model.ReplicationMode;
import norikae.failover.model.VolumeName;
import norikae.mirror.Completion;
import norikae.mirror.PeerCheck;
import norikae.mirror.replica.ReplicaServer;
import norikae.mirror.replica.ReplicaVolume;
import norikae.mirror.state.ReplicaState;
import norikae.mirror.store.StoreException;
import norikae.mirror.store.VolumeDirectory;
import norikae.mirror.testing.Await;
import norikae.mirror.testing.BrittleStore;
import norikae.mirror.testing.Line;
import org.jspecify.annotations.Nullable;

/** One volume on two nodes, a and b, with lines between them that can be cut. */
final class Pair implements AutoCloseable {

    static final VolumeName NAME = new VolumeName("orders");
    static final Duration SILENCE = Duration.ofSeconds(2);
    static final NodeId A = new NodeId("a");
    static final NodeId B = new NodeId("b");

    final long size;
    final UUID id = UUID.randomUUID();
    final Path parent;
    final ReplicaServer serverA;
    final ReplicaServer serverB;
    final Line toA;
    final Line toB;
    UnaryOperator<ReplicaSpec> tuning = spec -> spec;
    PeerCheck peers = PeerCheck.open();
    LossPort loss = (_, _, _, answer) -> answer.accept(true);

    @Nullable
    BrittleStore replicaDisk;

    @Nullable
    BrittleStore primaryDisk;

    @Nullable
    PrimaryVolume primary;

    @Nullable
    ReplicaVolume replica;

    Pair(Path parent, long size) throws Exception {
        this(parent, size, PeerCheck.open());
    }

    Pair(Path parent, long size, PeerCheck serverPeers) throws Exception {
        this.parent = parent;
        this.size = size;
        serverA = ReplicaServer.start(anyPort(), serverPeers, SILENCE);
        serverB = ReplicaServer.start(anyPort(), serverPeers, SILENCE);
        toA = new Line(serverA.address());
        toB = new Line(serverB.address());
        create(A);
        create(B);
    }

    private static InetSocketAddress anyPort() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    }

    Path directory(NodeId node) {
        return parent.resolve(node.value());
    }

    void create(NodeId node) throws StoreException {
        VolumeDirectory.create(directory(node), NAME, id, size);
    }

    PrimaryVolume primary() {
        return java.util.Objects.requireNonNull(primary);
    }

    ReplicaVolume replica() {
        return java.util.Objects.requireNonNull(replica);
    }

    PrimaryVolume openPrimary(NodeId node, long epoch, ReplicationMode mode) throws StoreException {
        NodeId other = node.equals(A) ? B : A;
        ReplicaSpec spec = tuning.apply(ReplicaSpec.of(other, (node.equals(A) ? toB : toA).address(), mode));
        VolumeOptions options =
                new VolumeOptions(node, new Epoch(epoch), List.of(spec), peers, loss, SILENCE, false, 0, directory -> {
                    BrittleStore disk = new BrittleStore(directory.openBlocks());
                    primaryDisk = disk;
                    return disk;
                });
        PrimaryVolume opened = PrimaryVolume.open(directory(node), options);
        primary = opened;
        return opened;
    }

    ReplicaVolume openReplica(NodeId node) throws StoreException {
        ReplicaVolume opened = ReplicaVolume.open(directory(node), node, directory -> {
            BrittleStore disk = new BrittleStore(directory.openBlocks());
            replicaDisk = disk;
            return disk;
        });
        (node.equals(A) ? serverA : serverB).add(opened);
        replica = opened;
        return opened;
    }

    void closeReplica() throws StoreException {
        ReplicaVolume open = replica;
        if (open != null) {
            serverA.remove(NAME);
            serverB.remove(NAME);
            open.close();
            replica = null;
        }
    }

    void closePrimary() throws StoreException {
        PrimaryVolume open = primary;
        if (open != null) {
            open.close();
            primary = null;
        }
    }

    void crashPrimary() throws StoreException {
        primary().crash();
        primary = null;
    }

    /** a is the primary, b the replica, and they are together. */
    void together(ReplicationMode mode) throws Exception {
        openReplica(B);
        openPrimary(A, 1, mode);
        awaitState(ReplicaState.STREAMING);
    }

    ReplicaStatus status() {
        return primary().status().getFirst();
    }

    void awaitState(ReplicaState state) throws Exception {
        try {
            Await.until(state.name(), () -> status().state() == state);
        } catch (AssertionError e) {
            throw new AssertionError("state is " + status(), e);
        }
    }

    /** Waits until the replica has every write so far. */
    void awaitCaughtUp() throws Exception {
        awaitState(ReplicaState.STREAMING);
        Await.until(
                "caught up: " + status(), () -> replica().applied() >= primary().written());
    }

    // ---- requests

    static CompletableFuture<@Nullable Void> ask(Consumer<Completion> request) {
        CompletableFuture<@Nullable Void> future = new CompletableFuture<>();
        request.accept(failure -> {
            if (failure == null) {
                future.complete(null);
            } else {
                future.completeExceptionally(failure);
            }
        });
        return future;
    }

    static void done(CompletableFuture<@Nullable Void> future) throws Exception {
        future.get(30, TimeUnit.SECONDS);
    }

    CompletableFuture<@Nullable Void> write(long offset, ByteBuffer data) {
        ByteBuf buffer = Unpooled.wrappedBuffer(data);
        try {
            return ask(c -> primary().write(offset, buffer, false, c));
        } finally {
            buffer.release();
        }
    }

    /** Writes pseudo-random bytes and waits for the acknowledgement. */
    void fill(long offset, int bytes, long seed) throws Exception {
        done(write(offset, random(bytes, seed)));
    }

    void zero(long offset, long bytes) throws Exception {
        done(ask(c -> primary().zero(offset, bytes, true, false, c)));
    }

    void flush() throws Exception {
        done(ask(primary()::flush));
    }

    static ByteBuffer random(int bytes, long seed) {
        byte[] content = new byte[bytes];
        new Random(seed).nextBytes(content);
        return ByteBuffer.wrap(content);
    }

    /** Both files hold the same, read around everything that Norikae knows. */
    void assertEqualCopies() throws Exception {
        assertThat(java.nio.file.Files.mismatch(
                        directory(A).resolve("data"), directory(B).resolve("data")))
                .as("first byte that is not the same")
                .isEqualTo(-1);
    }

    @Override
    public void close() throws java.io.IOException {
        try {
            toA.cut();
            toB.cut();
            closePrimary();
            closeReplica();
        } finally {
            serverA.close();
            serverB.close();
            toA.close();
            toB.close();
        }
    }
}
