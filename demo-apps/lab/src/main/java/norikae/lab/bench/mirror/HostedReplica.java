package norikae.lab.bench.mirror;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import norikae.failover.model.NodeId;
import norikae.mirror.PeerCheck;
import norikae.mirror.replica.ReplicaServer;
import norikae.mirror.replica.ReplicaVolume;
import org.jspecify.annotations.Nullable;

/** A host's copy as a replica, when it is one. Confined to one thread. */
final class HostedReplica implements AutoCloseable {

    private static final Duration SILENCE = Duration.ofSeconds(3);

    private final NodeId node;
    private final Path directory;
    private final ReplicaServer server;
    private @Nullable ReplicaVolume offered;

    HostedReplica(NodeId node, Path directory, int port) throws IOException {
        this.node = node;
        this.directory = directory;
        this.server = ReplicaServer.start(new InetSocketAddress(port), PeerCheck.open(), SILENCE);
    }

    void offer() throws IOException {
        ReplicaVolume volume = ReplicaVolume.open(directory, node);
        offered = volume;
        server.add(volume);
    }

    /** Does nothing if it is not offered. */
    void withdraw() throws IOException {
        ReplicaVolume volume = offered;
        if (volume != null) {
            offered = null;
            server.remove(volume.record().name());
            volume.close();
        }
    }

    @Override
    public void close() throws IOException {
        try (server) {
            withdraw();
        }
    }
}
