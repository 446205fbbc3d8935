package norikae.lab.bench.mirror;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import norikae.failover.model.Epoch;
import norikae.failover.model.NodeId;
import norikae.mirror.PeerCheck;
import norikae.mirror.nbd.NbdExport;
import norikae.mirror.nbd.NbdServer;
import norikae.mirror.primary.PrimaryVolume;
import norikae.mirror.primary.ReplicaSpec;
import norikae.mirror.primary.ReplicaStatus;
import norikae.mirror.primary.VolumeOptions;
import norikae.mirror.state.ReplicaState;
import org.jspecify.annotations.Nullable;

/** A host's copy where it is written, when it is. Confined to one thread. */
final class HostedPrimary implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofMinutes(5);
    private static final long LOOK_AGAIN_MILLIS = 1;

    private final NodeId node;
    private final Path directory;
    private final NbdServer nbd;
    private long epoch;
    private long opened;
    private @Nullable PrimaryVolume volume;

    HostedPrimary(NodeId node, Path directory, Path socket) throws IOException {
        this.node = node;
        this.directory = directory;
        this.nbd = NbdServer.start(socket);
    }

    void open(List<ReplicaSpec> replicas) throws IOException {
        opened = System.nanoTime();
        // There is no cluster that could object to going on without a replica.
        PrimaryVolume made = PrimaryVolume.open(
                directory,
                VolumeOptions.of(
                        node,
                        new Epoch(++epoch),
                        replicas,
                        PeerCheck.open(),
                        (_, _, _, answer) -> answer.accept(true)));
        volume = made;
        nbd.add(new NbdExport(MirrorHost.EXPORT, "what bin/bench mirror measures", made));
    }

    private PrimaryVolume volume() {
        PrimaryVolume open = volume;
        if (open == null) {
            throw new IllegalStateException("the volume is not open");
        }
        return open;
    }

    /** A copy that has a history is no longer taken for one that is all zeros. */
    void begin() throws IOException {
        open(List.of());
        ByteBuffer block = ByteBuffer.allocate(4096);
        volume().read(0, block);
        Writes.write(volume(), 0, block.flip());
        closeVolume();
    }

    /** Returns once the replica has everything, on stable storage; how long after the volume was opened that was, in ns. */
    long awaitReplica() throws IOException {
        long deadline = opened + PATIENCE.toNanos();
        ReplicaStatus status = status();
        while (status.state() != ReplicaState.STREAMING) {
            if (status.state() == ReplicaState.REFUSED || System.nanoTime() - deadline > 0) {
                throw new IOException("the replica does not come up: " + status);
            }
            try {
                Thread.sleep(LOOK_AGAIN_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted while waiting for the replica", e);
            }
            status = status();
        }
        return System.nanoTime() - opened;
    }

    private ReplicaStatus status() {
        return volume().status().getFirst();
    }

    void change(long seed) throws IOException {
        PrimaryVolume to = volume();
        DataFile.change(to.size(), seed, (offset, block) -> Writes.write(to, offset, block));
    }

    void load(Content content, long bytesPerSecond, Duration ramp, Duration time, ObjectNode answer)
            throws IOException {
        Writes.atRate(volume(), content, bytesPerSecond, ramp);
        long before = sentBytes();
        Writes.Done done = Writes.atRate(volume(), content, bytesPerSecond, time);
        answer.put("history", status().historyBytes())
                .put("sent", sentBytes() - before)
                .put("written", done.bytes())
                .put("nanos", done.nanos());
    }

    private static long sentBytes() throws IOException {
        return Link.sentBytes(Files.readString(Path.of(Link.SENT_BYTES)));
    }

    /** Does nothing if it is not open. */
    void closeVolume() throws IOException {
        PrimaryVolume open = volume;
        if (open != null) {
            volume = null;
            nbd.remove(MirrorHost.EXPORT);
            open.close();
        }
    }

    @Override
    public void close() throws IOException {
        try (nbd) {
            closeVolume();
        }
    }
}
