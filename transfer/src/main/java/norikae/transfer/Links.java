package norikae.transfer;

import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.ChannelOption;
import io.netty.channel.IoEventLoopGroup;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.handler.codec.DecoderException;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** What both ends of a connection have in common. */
@SuppressWarnings("FutureReturnValueIgnored") // Netty tells handlers of what fails.
final class Links {

    /** All buffers of this module come from here, so that what is in use can be counted. */
    static final PooledByteBufAllocator BUFFERS = new PooledByteBufAllocator(true);

    /** Contents of one frame: long enough for LZ4 and TLS to run at full speed, short enough to be held. */
    static final int DATA_FRAME_BYTES = 256 * 1024;

    private static final int KEEPALIVE_IDLE_SECONDS = 5;
    private static final int KEEPALIVE_INTERVAL_SECONDS = 2;
    private static final int KEEPALIVE_PROBES = 4;
    private static final long SHUTDOWN_MILLIS = 2_000;

    private Links() {}

    /**
     * TCP settings that make a dead peer known: keepalive where nothing is on its way, {@code TCP_USER_TIMEOUT}
     * where something is (or the peer's window stays shut).
     */
    static void tcpOptions(Duration stallTimeout, OptionSetter options) {
        options.set(ChannelOption.ALLOCATOR, BUFFERS);
        options.set(ChannelOption.TCP_NODELAY, true);
        options.set(ChannelOption.SO_KEEPALIVE, true);
        options.set(EpollChannelOption.TCP_KEEPIDLE, KEEPALIVE_IDLE_SECONDS);
        options.set(EpollChannelOption.TCP_KEEPINTVL, KEEPALIVE_INTERVAL_SECONDS);
        options.set(EpollChannelOption.TCP_KEEPCNT, KEEPALIVE_PROBES);
        options.set(EpollChannelOption.TCP_USER_TIMEOUT, Math.toIntExact(stallTimeout.toMillis()));
    }

    /** {@code Bootstrap.option} or {@code ServerBootstrap.childOption}. */
    interface OptionSetter {
        <T> Object set(ChannelOption<T> option, T value);
    }

    static void shutdown(IoEventLoopGroup loops) {
        loops.shutdownGracefully(0, SHUTDOWN_MILLIS, TimeUnit.MILLISECONDS);
        loops.terminationFuture().awaitUninterruptibly(SHUTDOWN_MILLIS);
    }

    /** The cause that a person wants to read. */
    static Throwable unwrap(Throwable cause) {
        return cause instanceof DecoderException && cause.getCause() != null ? cause.getCause() : cause;
    }

    /** What a throwable says, or its type if it says nothing. */
    static String message(Throwable cause) {
        String message = cause.getMessage();
        String type = cause.getClass().getSimpleName();
        if (message == null || message.isBlank()) {
            return type;
        }
        return cause instanceof IOException ? message : type + ": " + message;
    }
}
