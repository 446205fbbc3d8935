package norikae.transfer;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.IoEventLoopGroup;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A node's data port: takes images from other nodes. Thread-safe.
 *
 * <p>Whoever shows no certificate of the cluster fails in the TLS handshake; whoever shows one whose role is not
 * {@code node} is hung up on before a byte is answered. Two threads read for all streams; each stream has one more
 * that feeds its sink.
 */
@SuppressWarnings("FutureReturnValueIgnored") // Netty tells handlers of what fails.
public final class DataServer implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(DataServer.class);

    /** Connections at once, the unproven ones included; more are closed on sight. */
    static final int CONNECTIONS_MAX = 64;

    private static final int THREADS = 2;
    private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(5);

    private final String node;
    private final SslContext trust;
    private final TicketCheck check;
    private final IoEventLoopGroup loops;
    private final Channel listening;
    private final ConcurrentMap<String, SinkFeeder> feeders = new ConcurrentHashMap<>();
    private final AtomicInteger connections = new AtomicInteger();
    private volatile boolean closing;

    private DataServer(InetSocketAddress bind, TlsMaterial tls, TicketCheck check) throws IOException {
        this.node = tls.identity().name();
        this.trust = tls.forServer();
        this.check = check;
        this.loops = new PromptEventLoops("data-target-" + node, THREADS);
        ServerBootstrap bootstrap = new ServerBootstrap()
                .group(loops)
                .channel(EpollServerSocketChannel.class)
                .option(ChannelOption.SO_REUSEADDR, true)
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        connected(channel);
                    }
                });
        Links.tcpOptions(StreamOptions.DEFAULT.stallTimeout(), bootstrap::childOption);
        ChannelFuture bound = bootstrap.bind(bind).awaitUninterruptibly();
        if (!bound.isSuccess()) {
            Links.shutdown(loops);
            throw new IOException(
                    "data port " + bind + " cannot be opened: " + Links.message(bound.cause()), bound.cause());
        }
        this.listening = bound.channel();
    }

    /**
     * Opens the port.
     *
     * @param bind where; port 0 takes any free one, see {@link #address}
     * @throws IOException if the TLS files cannot be used or the address is taken
     */
    public static DataServer start(InetSocketAddress bind, TlsMaterial tls, TicketCheck check) throws IOException {
        return new DataServer(bind, tls, check);
    }

    /** Where it listens. */
    public InetSocketAddress address() {
        return (InetSocketAddress) listening.localAddress();
    }

    /** Streams whose ticket was accepted or is being looked at. */
    public int streams() {
        return feeders.size();
    }

    /**
     * Closes the port. Streams under way fail on both sides; when this returns, each sink has had its last call,
     * unless it is stuck for longer than five seconds, in which case it is interrupted.
     */
    @Override
    public void close() {
        closing = true;
        listening.close().awaitUninterruptibly();
        List<SinkFeeder> open = List.copyOf(feeders.values());
        open.forEach(SinkFeeder::shutDown);
        try {
            for (SinkFeeder feeder : open) {
                feeder.join(CLOSE_PATIENCE);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        Links.shutdown(loops);
    }

    String node() {
        return node;
    }

    TicketCheck check() {
        return check;
    }

    boolean isClosing() {
        return closing;
    }

    /** Takes the ticket for this feeder, if no other has it. */
    boolean claim(SinkFeeder feeder) {
        return feeders.putIfAbsent(feeder.ticket().moveId(), feeder) == null;
    }

    /** Gives the ticket back. */
    void release(SinkFeeder feeder) {
        feeders.remove(feeder.ticket().moveId(), feeder);
    }

    private void connected(Channel channel) {
        int now = connections.incrementAndGet();
        channel.closeFuture().addListener(_ -> connections.decrementAndGet());
        if (now > CONNECTIONS_MAX) {
            LOG.warn("connection closed on sight: peer={} connections={}", channel.remoteAddress(), now);
            channel.close();
            return;
        }
        SslHandler tls = trust.newHandler(Links.BUFFERS);
        channel.pipeline().addLast(tls, new NodesOnly(this));
    }
}
