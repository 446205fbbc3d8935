package norikae.mirror.replica;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.timeout.ReadTimeoutHandler;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import norikae.failover.model.VolumeName;
import norikae.mirror.PeerCheck;
import norikae.mirror.Threads;
import norikae.mirror.wire.FrameDecoder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A node's mirror port: primaries on other nodes, any number of them, write their volumes' replicas through it. Thread-safe.
 */
@SuppressWarnings("FutureReturnValueIgnored") // Netty tells handlers of what fails.
public final class ReplicaServer implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(ReplicaServer.class);

    /** Connections at once; more are closed on sight. */
    static final int CONNECTIONS_MAX = 128;

    /** A disk that is slow for one volume holds up those that share its loop. */
    private static final int LOOPS = 8;

    private static final int READ_BYTES_MAX = 1 << 20;

    private final EventLoopGroup loops = Threads.loops("mirror-replica", LOOPS);
    private final ConcurrentMap<VolumeName, ReplicaVolume> volumes = new ConcurrentHashMap<>();
    private final ConcurrentMap<VolumeName, String> missing = new ConcurrentHashMap<>();
    private final Set<Channel> connections = ConcurrentHashMap.newKeySet();
    private final PeerCheck peers;
    private final Duration silence;
    private final Channel listening;

    private ReplicaServer(InetSocketAddress bind, PeerCheck peers, Duration silence) throws IOException {
        this.peers = peers;
        this.silence = silence;
        ChannelFuture bound = new ServerBootstrap()
                .group(loops)
                .channel(EpollServerSocketChannel.class)
                .option(ChannelOption.SO_REUSEADDR, true)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childOption(ChannelOption.SO_KEEPALIVE, true)
                .childOption(
                        ChannelOption.RECVBUF_ALLOCATOR, new AdaptiveRecvByteBufAllocator(4096, 65_536, READ_BYTES_MAX))
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        connected(channel);
                    }
                })
                .bind(bind)
                .awaitUninterruptibly();
        if (!bound.isSuccess()) {
            Threads.stop(loops);
            throw new IOException(
                    "mirror port " + bind + " cannot be opened: "
                            + bound.cause().getMessage(),
                    bound.cause());
        }
        this.listening = bound.channel();
    }

    /**
     * Opens the port.
     *
     * @param bind where; port 0 takes any free one, see {@link #address}
     * @param silence how long a primary may say nothing before it is hung up on; primaries speak three times as often
     */
    public static ReplicaServer start(InetSocketAddress bind, PeerCheck peers, Duration silence) throws IOException {
        return new ReplicaServer(bind, peers, silence);
    }

    /** Where it listens. */
    public InetSocketAddress address() {
        return (InetSocketAddress) listening.localAddress();
    }

    /** Offers a copy to its primary. It stays the caller's to close, after {@link #remove}. */
    public void add(ReplicaVolume volume) {
        missing.remove(volume.record().name());
        volumes.put(volume.record().name(), volume);
    }

    /** Offers it no longer, and hangs up on its primary; what has arrived is still applied. */
    public void remove(VolumeName name) {
        volumes.remove(name);
        for (Channel channel : connections) {
            PrimaryConnection connection = channel.pipeline().get(PrimaryConnection.class);
            if (connection != null && connection.writes(name)) {
                channel.close();
            }
        }
    }

    /** Why there is none of this name, for primaries that ask for it, until one is added. */
    public void explain(VolumeName name, String why) {
        missing.put(name, why);
    }

    String whyMissing(VolumeName name) {
        return missing.getOrDefault(name, "there is no replica of volume " + name + " here");
    }

    @Nullable
    ReplicaVolume volume(VolumeName name) {
        return volumes.get(name);
    }

    PeerCheck peers() {
        return peers;
    }

    private void connected(Channel channel) {
        if (connections.size() >= CONNECTIONS_MAX) {
            LOG.warn("mirror connection closed on sight: there are {} already", CONNECTIONS_MAX);
            channel.close();
            return;
        }
        connections.add(channel);
        channel.closeFuture().addListener(_ -> connections.remove(channel));
        SslContext tls = peers.tls();
        if (tls != null) {
            channel.pipeline().addLast(tls.newHandler(channel.alloc()));
        }
        channel.pipeline()
                .addLast(new ReadTimeoutHandler(silence.toMillis(), TimeUnit.MILLISECONDS))
                .addLast(new FrameDecoder(), new PrimaryConnection(this, channel));
    }

    /** Hangs up on every primary; the copies are left as they are. */
    @Override
    public void close() {
        listening.close().awaitUninterruptibly();
        connections.forEach(channel -> channel.close().awaitUninterruptibly());
        Threads.stop(loops);
    }
}
