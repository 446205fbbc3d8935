package norikae.mirror;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.util.concurrent.TimeUnit;

/** Event loops of this module. */
public final class Threads {

    private static final long PATIENCE_SECONDS = 5;

    private Threads() {}

    public static EventLoopGroup loops(String name, int threads) {
        return new MultiThreadIoEventLoopGroup(
                threads, new DefaultThreadFactory(name, true), EpollIoHandler.newFactory());
    }

    @SuppressWarnings("FutureReturnValueIgnored") // waited for on the next line
    public static void stop(EventLoopGroup loops) {
        loops.shutdownGracefully(0, PATIENCE_SECONDS, TimeUnit.SECONDS);
        loops.terminationFuture().awaitUninterruptibly(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }
}
