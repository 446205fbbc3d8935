package norikae.agent.failover;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.DatagramChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;
import norikae.agent.failover.PathStats.Envelope;
import norikae.failover.member.Beat;
import norikae.failover.model.NodeId;
import norikae.failover.model.NodeRecord;
import norikae.linux.BootClock;
import norikae.linux.ThreadPriority;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Heartbeats over UDP, on every path at once: path {@code i} leads from this node's {@code i}-th address to the other's, and
 * the first is the one at which the node's ports listen. The port is that of the log. Shared disks are further paths, with the
 * same bytes in a block.
 *
 * <pre>
 *   u32 "NKB1"  u64 number on this path  u64 sent  u64 echo of the other's newest "sent"  u64 held  | sealed heartbeat
 * </pre>
 *
 * Thread-safe.
 */
final class BeatNetwork implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(BeatNetwork.class);
    private static final int MAGIC = 0x4e4b4231;
    private static final int ENVELOPE_BYTES = 36;
    private static final int DATAGRAM_BYTES_MAX = 20 << 10;
    private static final long COMPLAIN_NANOS = 60_000_000_000L;

    private record PathKey(NodeId peer, int path) {}

    private record Newest(long boot, long sentAtNanos, ByteBuffer sealed) {}

    private final NodeId self;
    private final List<String> addresses;
    private final BeatSeal seal;
    private final BiConsumer<Beat, Long> listener;
    private final List<DatagramChannel> channels = new ArrayList<>();
    private final Object verifying = new Object();
    private final List<DiskPath> disks = new ArrayList<>();
    private final AtomicLong diskNumber = new AtomicLong();
    private final Map<PathKey, PathStats> stats = new ConcurrentHashMap<>();
    private final Map<NodeId, Newest> newest = new ConcurrentHashMap<>();
    private volatile long complainedNanos = Long.MIN_VALUE;

    /** @param listener is given each heartbeat once, with the time on this node's clock at which it came */
    private BeatNetwork(NodeId self, List<String> addresses, BeatSeal seal, BiConsumer<Beat, Long> listener) {
        this.self = self;
        this.addresses = addresses;
        this.seal = seal;
        this.listener = listener;
    }

    /** @throws IOException naming the address that cannot be used */
    static BeatNetwork open(NodeRecord self, List<Path> sharedDisks, BeatSeal seal, BiConsumer<Beat, Long> listener)
            throws IOException {
        BeatNetwork network = new BeatNetwork(self.id(), self.allAddresses(), seal, listener);
        try {
            for (int path = 0; path < network.addresses.size(); path++) {
                network.listen(path, self.raftPort());
            }
            sharedDisks.forEach(network::watch);
            return network;
        } catch (IOException | RuntimeException e) {
            network.close();
            throw e;
        }
    }

    private void listen(int path, int port) throws IOException {
        InetSocketAddress address = new InetSocketAddress(InetAddress.getByName(addresses.get(path)), port);
        DatagramChannel channel = DatagramChannel.open(StandardProtocolFamily.INET);
        channels.add(channel);
        try {
            channel.bind(address);
        } catch (IOException e) {
            throw new IOException(
                    "heartbeats cannot use UDP port " + address + ": " + e.getMessage()
                            + "; is the address one of this node's (node.json, \"paths\")?",
                    e);
        }
        Thread.ofPlatform().daemon().name("beats-" + path).start(() -> receive(path, channel));
    }

    private void watch(Path disk) {
        int path = addresses.size() + disks.size();
        DiskPath shared = new DiskPath(disk, self.value(), (in, now) -> arrived(path, in, now));
        disks.add(shared);
        shared.start();
    }

    // ---- out

    /** Sends to all of {@code nodes} over all paths that both ends have; what cannot be sent is a lost heartbeat. */
    void send(Beat beat, Collection<NodeRecord> nodes) {
        byte[] sealed = seal.seal(beat);
        ByteBuffer out = ByteBuffer.allocateDirect(ENVELOPE_BYTES + sealed.length);
        for (NodeRecord node : nodes) {
            if (node.id().equals(self)) {
                continue;
            }
            List<String> theirs = node.allAddresses();
            for (int path = 0; path < Math.min(channels.size(), theirs.size()); path++) {
                write(out, stats(node.id(), path).next(BootClock.nanos()), sealed);
                try {
                    var _ = channels.get(path)
                            .send(out, new InetSocketAddress(InetAddress.getByName(theirs.get(path)), node.raftPort()));
                } catch (IOException e) {
                    LOG.trace("heartbeat to {} over path {}: {}", node.id(), path, e.getMessage());
                }
            }
        }
        writeToDisks(out, sealed);
    }

    /** A block is there for everybody, so it echoes nobody. */
    private void writeToDisks(ByteBuffer out, byte[] sealed) {
        if (!disks.isEmpty()) {
            write(out, new Envelope(diskNumber.getAndIncrement(), BootClock.nanos(), Envelope.NO_ECHO, 0), sealed);
            byte[] block = new byte[out.remaining()];
            out.get(block);
            disks.forEach(disk -> disk.send(block));
        }
    }

    private static void write(ByteBuffer out, Envelope envelope, byte[] sealed) {
        out.clear();
        out.putInt(MAGIC)
                .putLong(envelope.number())
                .putLong(envelope.sentNanos())
                .putLong(envelope.echoNanos())
                .putLong(envelope.heldNanos())
                .put(sealed)
                .flip();
    }

    // ---- in

    private void receive(int path, DatagramChannel channel) {
        ThreadPriority.urgent();
        ByteBuffer in = ByteBuffer.allocateDirect(DATAGRAM_BYTES_MAX);
        while (channel.isOpen()) {
            try {
                in.clear();
                var from = channel.receive(in);
                long now = BootClock.nanos();
                in.flip();
                try {
                    arrived(path, in, now);
                } catch (IllegalArgumentException e) {
                    complain(from + ": " + e.getMessage(), now);
                }
            } catch (ClosedChannelException e) {
                return;
            } catch (IOException e) {
                LOG.trace("path {}: {}", path, e.getMessage()); // an ICMP message about an earlier datagram
            }
        }
    }

    private void arrived(int path, ByteBuffer in, long now) {
        if (in.remaining() < ENVELOPE_BYTES || in.getInt() != MAGIC) {
            throw new IllegalArgumentException("not a heartbeat");
        }
        Envelope envelope = new Envelope(in.getLong(), in.getLong(), in.getLong(), in.getLong());
        if (envelope.number() < 0) {
            throw new IllegalArgumentException("heartbeat with number " + envelope.number());
        }
        ByteBuffer sealed = ByteBuffer.allocate(in.remaining()).put(in).flip();
        if (isKnown(path, envelope, sealed, now)) {
            return;
        }
        synchronized (verifying) { // it comes over all paths at once, and verifying it once costs enough
            if (isKnown(path, envelope, sealed, now)) {
                return;
            }
            Beat beat = seal.open(sealed.duplicate());
            if (beat.from().equals(self)) {
                throw new IllegalArgumentException("another node uses this node's certificate");
            }
            if (isNews(beat, sealed)) {
                stats(beat.from(), path).arrived(envelope, now);
                listener.accept(beat, now);
            }
        }
    }

    /** The newest of somebody, which has come over another path already. */
    private boolean isKnown(int path, Envelope envelope, ByteBuffer sealed, long now) {
        for (Map.Entry<NodeId, Newest> known : newest.entrySet()) {
            if (known.getValue().sealed().equals(sealed)) {
                stats(known.getKey(), path).arrived(envelope, now);
                return true;
            }
        }
        return false;
    }

    /** Old ones come late, or again by somebody who has listened. */
    private synchronized boolean isNews(Beat beat, ByteBuffer sealed) {
        Newest old = newest.get(beat.from());
        boolean isNews = old == null
                || beat.boot() > old.boot()
                || (beat.boot() == old.boot() && beat.sentAtNanos() > old.sentAtNanos());
        if (isNews) {
            newest.put(beat.from(), new Newest(beat.boot(), beat.sentAtNanos(), sealed));
        }
        return isNews;
    }

    private void complain(String what, long now) {
        if (complainedNanos == Long.MIN_VALUE || now - complainedNanos > COMPLAIN_NANOS) {
            complainedNanos = now;
            LOG.warn("a datagram was not believed, {} (told once a minute)", what);
        }
    }

    private PathStats stats(NodeId peer, int path) {
        return stats.computeIfAbsent(new PathKey(peer, path), key -> new PathStats());
    }

    // ---- for display

    List<PathView> paths(Collection<NodeRecord> nodes) {
        List<PathView> views = new ArrayList<>();
        for (NodeRecord node : nodes) {
            List<String> theirs = node.allAddresses();
            for (int path = 0; !node.id().equals(self) && path < Math.min(addresses.size(), theirs.size()); path++) {
                views.add(new PathView(
                        node.id(),
                        addresses.get(path),
                        theirs.get(path),
                        stats(node.id(), path).figures(BootClock.nanos())));
            }
            for (int disk = 0; disk < disks.size(); disk++) {
                PathStats heard = stats.get(new PathKey(node.id(), addresses.size() + disk));
                if (heard != null) {
                    String name = disks.get(disk).disk().toString();
                    views.add(new PathView(node.id(), name, name, heard.figures(BootClock.nanos())));
                }
            }
        }
        return views;
    }

    @Override
    public void close() {
        disks.forEach(DiskPath::close);
        for (DatagramChannel channel : channels) {
            try {
                channel.close();
            } catch (IOException e) {
                LOG.debug("a path did not close: {}", e.getMessage());
            }
        }
    }
}
