package norikae.mirror.nbd;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Collection;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves disks to NBD clients. Thread-safe.
 *
 * <p>NBD has neither passwords nor, here, encryption: a UNIX socket, which only root may open, is the place for it, or a
 * loopback address.
 */
@SuppressWarnings("FutureReturnValueIgnored") // Netty tells handlers of what fails.
public final class NbdServer implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(NbdServer.class);

    /** Connections at once; more are closed on sight. */
    static final int CONNECTIONS_MAX = 64;

    private static final int LOOPS = 8;
    private static final int WORKERS = 8;
    private static final int READ_BYTES_MAX = 512 * 1024;
    private static final long CLOSE_PATIENCE_SECONDS = 10;

    private final EventLoopGroup loops;
    private final ExecutorService workers;
    private final ConcurrentMap<String, NbdExport> exports = new ConcurrentHashMap<>();
    private final Set<Channel> clients = ConcurrentHashMap.newKeySet();
    private final Channel listening;

    private NbdServer(SocketAddress bind) throws IOException {
        this.loops = new MultiThreadIoEventLoopGroup(
                LOOPS, new DefaultThreadFactory("nbd", true), EpollIoHandler.newFactory());
        this.workers = Executors.newFixedThreadPool(WORKERS, new DefaultThreadFactory("nbd-worker", true));
        boolean local = bind instanceof DomainSocketAddress;
        ServerBootstrap bootstrap = new ServerBootstrap()
                .group(loops)
                .childOption(
                        ChannelOption.RECVBUF_ALLOCATOR, new AdaptiveRecvByteBufAllocator(4096, 65_536, READ_BYTES_MAX))
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        connected(channel);
                    }
                });
        if (local) {
            bootstrap.channel(EpollServerDomainSocketChannel.class);
        } else {
            bootstrap
                    .channel(EpollServerSocketChannel.class)
                    .option(ChannelOption.SO_REUSEADDR, true)
                    .childOption(ChannelOption.TCP_NODELAY, true)
                    .childOption(ChannelOption.SO_KEEPALIVE, true);
        }
        ChannelFuture bound = bootstrap.bind(bind).awaitUninterruptibly();
        if (!bound.isSuccess()) {
            stopThreads();
            throw new IOException(
                    "NBD port " + bind + " cannot be opened: " + bound.cause().getMessage(), bound.cause());
        }
        this.listening = bound.channel();
    }

    /** Opens a TCP port; port 0 takes any free one, see {@link #address}. */
    public static NbdServer start(InetSocketAddress bind) throws IOException {
        return new NbdServer(bind);
    }

    /** Opens a UNIX socket that only the owner of this process may use; one that an earlier server left is replaced. */
    public static NbdServer start(Path socket) throws IOException {
        Files.deleteIfExists(socket);
        NbdServer server = new NbdServer(new DomainSocketAddress(socket.toFile()));
        Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("rw-------"));
        return server;
    }

    /** Where it listens. */
    public SocketAddress address() {
        return listening.localAddress();
    }

    /** Offers a disk; under a name that is taken, new clients get this one and the others keep theirs. */
    public void add(NbdExport export) {
        exports.put(export.name(), export);
    }

    /** Offers it no longer, and hangs up on those who use it; what they had asked for is still done. */
    public void remove(String name) {
        exports.remove(name);
        for (Channel client : clients) {
            NbdTransmission user = client.pipeline().get(NbdTransmission.class);
            if (user != null && user.exportName().equals(name)) {
                client.close();
            }
        }
    }

    /** How many clients are connected. */
    public int clients() {
        return clients.size();
    }

    @Nullable
    NbdExport export(String name) {
        return exports.get(name);
    }

    Collection<NbdExport> exports() {
        return new TreeMap<>(exports).values();
    }

    /** Lets a worker do it; false if there are none any more. */
    boolean work(Runnable task) {
        try {
            workers.execute(task);
            return true;
        } catch (RejectedExecutionException e) {
            return false;
        }
    }

    private void connected(Channel channel) {
        if (clients.size() >= CONNECTIONS_MAX) {
            LOG.warn("NBD connection closed on sight: there are {} already", CONNECTIONS_MAX);
            channel.close();
            return;
        }
        clients.add(channel);
        channel.closeFuture().addListener(_ -> clients.remove(channel));
        channel.pipeline().addLast(new NbdNegotiation(this));
    }

    /** Hangs up on everybody. Requests under way are done to the end; their replies may be lost. */
    @Override
    public void close() {
        listening.close().awaitUninterruptibly();
        clients.forEach(Channel::close);
        stopThreads();
        if (listening.localAddress() instanceof DomainSocketAddress socket) {
            try {
                Files.deleteIfExists(Path.of(socket.path()));
            } catch (IOException e) {
                LOG.warn("NBD socket {} was left behind: {}", socket.path(), e.getMessage());
            }
        }
    }

    private void stopThreads() {
        workers.shutdown(); // never interrupted: that would close the files they work on
        try {
            if (!workers.awaitTermination(CLOSE_PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                LOG.warn("NBD requests are still under way after {} seconds", CLOSE_PATIENCE_SECONDS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        loops.shutdownGracefully(0, CLOSE_PATIENCE_SECONDS, TimeUnit.SECONDS);
        loops.terminationFuture().awaitUninterruptibly(CLOSE_PATIENCE_SECONDS, TimeUnit.SECONDS);
    }
}
