package norikae.mirror.primary;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.timeout.ReadTimeoutHandler;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import norikae.mirror.wire.FrameDecoder;
import org.jspecify.annotations.Nullable;

/** Makes connections to one replica, one at a time, again and again. Its event loop is the link's. Thread-safe. */
@SuppressWarnings("FutureReturnValueIgnored") // Netty tells handlers of what fails.
final class ReplicaConnector {

    /** Enough that the line never runs dry, little enough that a ping is not late. */
    private static final WriteBufferWaterMark WATER_MARK = new WriteBufferWaterMark(1 << 20, 4 << 20);

    private static final long RETRY_MILLIS = 200;
    private static final long RETRY_MILLIS_MAX = 5_000;

    private final PrimaryVolume volume;
    private final ReplicaLink link;
    private final EventLoop loop;
    private final AtomicBoolean pumping = new AtomicBoolean();
    private final AtomicBoolean retrying = new AtomicBoolean();
    private volatile @Nullable ReplicaConnection connection;
    private volatile boolean closed;
    private long delay = RETRY_MILLIS;

    ReplicaConnector(PrimaryVolume volume, ReplicaLink link) {
        this.volume = volume;
        this.link = link;
        this.loop = volume.loops().next();
    }

    /** Connects after a while; the while grows with every attempt that failed. */
    void retry() {
        if (closed || !retrying.compareAndSet(false, true)) {
            return;
        }
        try {
            loop.schedule(
                    () -> {
                        retrying.set(false);
                        connect();
                    },
                    delay,
                    TimeUnit.MILLISECONDS);
            delay = Math.min(delay * 2, RETRY_MILLIS_MAX);
        } catch (RejectedExecutionException e) {
            closed = true;
        }
    }

    /** It worked: the next retry comes soon again. */
    void worked() {
        delay = RETRY_MILLIS;
    }

    void connect() {
        ReplicaConnection open = connection;
        if (closed || (open != null && open.isOpen())) {
            return;
        }
        ReplicaConnection made = new ReplicaConnection(volume, link);
        SslContext tls = volume.options().peers().tls();
        int silence = (int) volume.options().silence().toMillis();
        ChannelFuture connecting = new Bootstrap()
                .group(loop)
                .channel(EpollSocketChannel.class)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, silence)
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.SO_KEEPALIVE, true)
                .option(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARK)
                .handler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        if (tls != null) {
                            channel.pipeline().addLast(tls.newHandler(channel.alloc()));
                        }
                        channel.pipeline()
                                .addLast(new ReadTimeoutHandler(silence, TimeUnit.MILLISECONDS))
                                .addLast(new FrameDecoder(), made);
                    }
                })
                .connect(link.spec().address());
        connection = made;
        connecting.addListener(done -> {
            if (!done.isSuccess()) {
                made.lost("cannot be reached at " + link.spec().address() + ": "
                        + done.cause().getMessage());
            }
        });
    }

    /** Has the event loop send what waits. */
    void pumpSoon() {
        if (!pumping.compareAndSet(false, true)) {
            return;
        }
        try {
            loop.execute(() -> {
                pumping.set(false);
                ReplicaConnection to = connection;
                if (to != null) {
                    link.pump(to);
                }
            });
        } catch (RejectedExecutionException e) {
            closed = true;
        }
    }

    void close() {
        closed = true;
        ReplicaConnection open = connection;
        if (open != null) {
            open.close();
        }
    }
}
