package norikae.mirror.primary;

import static norikae.mirror.primary.Pair.A;
import static norikae.mirror.primary.Pair.B;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import norikae.failover.model.Epoch;
import norikae.failover.model.NodeId;
import norikae.failover.model.ReplicationMode;
import norikae.mirror.replica.ReplicaServer;
import norikae.mirror.replica.ReplicaVolume;
import norikae.mirror.state.ReplicaState;
import norikae.mirror.store.VolumeDirectory;
import norikae.mirror.testing.Await;
import norikae.mirror.testing.Line;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Replicas that are dropped, added and added again: whoever is taken for equal is equal. */
class ReplicaSetTest {

    private static final int MIB = 1 << 20;
    private static final NodeId C = new NodeId("c");

    @SuppressWarnings("NullAway.Init")
    private Pair pair;

    @BeforeEach
    void make(@TempDir Path directory) throws Exception {
        pair = new Pair(directory, 16 * MIB);
    }

    @AfterEach
    void close() throws Exception {
        pair.close();
    }

    /** Opens the volume on that node with these replicas. */
    private PrimaryVolume open(NodeId node, long epoch, ReplicaSpec... replicas) throws Exception {
        PrimaryVolume opened = PrimaryVolume.open(
                pair.directory(node),
                VolumeOptions.of(node, new Epoch(epoch), Arrays.asList(replicas), pair.peers, pair.loss));
        pair.primary = opened;
        return opened;
    }

    @Test
    void aReplicaThatWasDroppedAndIsAddedAgainGetsWhatWasWrittenMeanwhile() throws Exception {
        pair.together(ReplicationMode.SYNC);
        pair.fill(0, 4 * MIB, 1);
        pair.closePrimary();
        Path map = pair.directory(A).resolve("differs-b.map");
        assertThat(map).exists();
        open(A, 2);
        assertThat(map).as("what nobody keeps up to date").doesNotExist();
        pair.fill(MIB, MIB, 2);
        pair.closePrimary();
        pair.openPrimary(A, 3, ReplicationMode.SYNC);
        pair.awaitState(ReplicaState.STREAMING);
        assertThat(pair.primary().verify(B, false).get(30, TimeUnit.SECONDS))
                .as("bytes that are not the same")
                .isZero();
        pair.flush();
        pair.assertEqualCopies();
    }

    @Test
    void aPrimaryThatDroppedItsReplicaIsNoLongerTakenForOneThatHasWhatThatReplicaHas() throws Exception {
        pair.together(ReplicationMode.ASYNC);
        pair.fill(0, MIB, 1);
        pair.awaitCaughtUp();
        pair.toB.hold(true);
        pair.fill(MIB, MIB, 2); // b never gets it
        pair.crashPrimary();
        pair.closeReplica();
        open(A, 2);
        pair.closePrimary();
        pair.openPrimary(B, 3, ReplicationMode.ASYNC); // by force
        pair.openReplica(A);
        pair.awaitState(ReplicaState.REFUSED);
        assertThat(pair.status().reason()).contains("--discard");
    }

    @Test
    void aThirdCopyGetsWhatItLackedWhenAnotherOneTookOver() throws Exception {
        Path copy = pair.parent.resolve("c");
        VolumeDirectory.create(copy, Pair.NAME, pair.id, pair.size);
        try (ReplicaServer server = ReplicaServer.start(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), pair.peers, Pair.SILENCE);
                Line toC = new Line(server.address());
                ReplicaVolume third = ReplicaVolume.open(copy, C)) {
            server.add(third);
            ReplicaSpec specC = ReplicaSpec.of(C, toC.address(), ReplicationMode.ASYNC);
            pair.openReplica(B);
            PrimaryVolume primary = open(A, 1, ReplicaSpec.of(B, pair.toB.address(), ReplicationMode.SYNC), specC);
            awaitStreaming(primary);
            pair.fill(0, MIB, 1);
            Await.until("c has it", () -> third.applied() >= primary.written());
            toC.hold(true);
            pair.fill(2 * MIB, MIB, 2); // b has it, c does not
            pair.crashPrimary();
            toC.cut();
            Await.until("c has noticed", () -> !third.isAttached());
            pair.closeReplica();
            toC.hold(false);
            toC.mend();
            PrimaryVolume successor = open(B, 2, specC);
            awaitStreaming(successor);
            pair.flush();
            assertThat(successor.verify(C, false).get(30, TimeUnit.SECONDS))
                    .as("bytes that are not the same")
                    .isZero();
            assertThat(Files.mismatch(pair.directory(B).resolve("data"), copy.resolve("data")))
                    .isEqualTo(-1);
            server.remove(Pair.NAME);
        }
    }

    private static void awaitStreaming(PrimaryVolume volume) throws Exception {
        Await.until("all replicas stream: " + volume.status(), () -> List.copyOf(volume.status()).stream()
                .allMatch(s -> s.state() == ReplicaState.STREAMING));
    }
}
