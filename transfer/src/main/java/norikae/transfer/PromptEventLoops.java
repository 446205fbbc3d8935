package norikae.transfer;

import io.netty.channel.IoEventLoop;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SingleThreadIoEventLoop;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.RejectedExecutionHandlers;
import java.util.concurrent.Executor;

/**
 * Event loops that look at their sockets often. A source that writes as fast as it can keeps its loop's task queue
 * from ever running dry, and Netty then lets tasks run for a whole second before it reads again: the target's
 * FAILED would wait that long behind data that nobody wants any more.
 */
final class PromptEventLoops extends MultiThreadIoEventLoopGroup {

    private static final long TASKS_MILLIS_MAX = 5;

    PromptEventLoops(String name, int threads) {
        super(threads, new DefaultThreadFactory(name, true), EpollIoHandler.newFactory());
    }

    @Override
    protected IoEventLoop newChild(Executor executor, IoHandlerFactory handlers, Object... args) {
        return new SingleThreadIoEventLoop(
                this, executor, handlers, Integer.MAX_VALUE, RejectedExecutionHandlers.reject(), TASKS_MILLIS_MAX);
    }
}
