package norikae.mirror.primary;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.handler.timeout.ReadTimeoutException;
import io.netty.util.concurrent.ScheduledFuture;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import norikae.mirror.state.Reconciliation;
import norikae.mirror.store.Extent;
import norikae.mirror.store.Generation;
import norikae.mirror.store.VolumeRecord;
import norikae.mirror.wire.Frame;
import norikae.mirror.wire.FrameCodec;
import norikae.mirror.wire.FrameType;
import norikae.mirror.wire.Hello;
import norikae.mirror.wire.WireException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One connection to a replica, from the greeting on. Confined to its event loop, except where it says otherwise. */
@SuppressWarnings("FutureReturnValueIgnored") // Netty tells handlers of what fails.
final class ReplicaConnection extends ChannelInboundHandlerAdapter {

    private static final Logger LOG = LoggerFactory.getLogger(ReplicaConnection.class);

    /** How many dirty ranges a replica may tell of: every region of the largest volume, and more. */
    private static final int DIRTY_MAX = 1 << 22;

    private final PrimaryVolume volume;
    private final ReplicaLink link;
    private volatile @Nullable ChannelHandlerContext context;
    private @Nullable ScheduledFuture<?> pings;
    private Hello.@Nullable Replica welcome;
    private long applied;
    private final List<Extent> dirty = new ArrayList<>();
    private Optional<Generation> told = Optional.empty();
    private boolean agreed;
    private boolean over;
    private String why = "the connection was closed";

    ReplicaConnection(PrimaryVolume volume, ReplicaLink link) {
        this.volume = volume;
        this.link = link;
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        context = ctx;
        if (ctx.pipeline().get(SslHandler.class) == null) {
            hello(ctx);
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) throws Exception {
        if (event instanceof SslHandshakeCompletionEvent handshake) {
            if (!handshake.isSuccess()) {
                fail("TLS handshake failed: " + handshake.cause().getMessage());
            } else if (!volume.options()
                    .peers()
                    .admits()
                    .admits(ctx.pipeline().get(SslHandler.class).engine().getSession())) {
                fail("its certificate is not that of a node of this cluster");
            } else {
                hello(ctx);
            }
        }
        super.userEventTriggered(ctx, event);
    }

    private void hello(ChannelHandlerContext ctx) {
        VolumeRecord record = volume.record();
        told = record.newest();
        Hello.Primary hello =
                new Hello.Primary(volume.options().node(), link.spec().mode(), volume.discard(link.node()), record);
        ctx.writeAndFlush(FrameCodec.encode(Frame.text(FrameType.HELLO, 0, hello.text()), ctx.alloc(), false));
        long every = Math.max(volume.options().silence().toMillis() / 3, 30);
        pings = ctx.executor()
                .scheduleAtFixedRate(
                        () -> {
                            ctx.writeAndFlush(FrameCodec.encode(Frame.of(FrameType.PING, 0), ctx.alloc(), false));
                            link.tick();
                        },
                        every,
                        every,
                        TimeUnit.MILLISECONDS);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        Frame frame = (Frame) message;
        try {
            if (over) {
                return;
            }
            heard(frame);
        } catch (WireException e) {
            fail(String.valueOf(e.getMessage()));
        } finally {
            frame.release();
        }
    }

    private void heard(Frame frame) throws WireException {
        switch (frame.type()) {
            case WELCOME -> {
                welcome = Hello.Replica.read(frame.text());
                applied = frame.number();
            }
            case DIRTY -> dirty(frame);
            case REFUSED -> refused(Hello.refusal(frame.text()));
            case FAILED -> fail("it can go no further: " + frame.text());
            case ACK -> link.acknowledged(this, frame);
            case PONG -> link.pong(this, frame.number());
            case DIFFERING, FLUSHED, SYNCED -> {
                Resync resync = link.resync();
                if (resync != null && link.isCurrent(this)) {
                    resync.heard(frame);
                }
            }
            default -> throw new WireException("a replica does not send " + frame.type());
        }
    }

    private void dirty(Frame frame) throws WireException {
        Hello.Replica them = welcome;
        if (them == null || agreed) {
            throw new WireException("DIRTY at a wrong time");
        }
        ByteBuf pairs = frame.payload();
        if (!pairs.isReadable()) {
            agreed = true;
            link.connector().worked();
            volume.agree(link, this, them, applied, dirty);
            return;
        }
        while (pairs.readableBytes() >= 16) {
            long offset = pairs.readLong();
            long bytes = pairs.readLong();
            if (offset < 0
                    || bytes <= 0
                    || bytes > volume.size()
                    || offset > volume.size() - bytes
                    || dirty.size() >= DIRTY_MAX) {
                throw new WireException(
                        "DIRTY range offset=" + offset + " bytes=" + bytes + " is not within the volume");
            }
            dirty.add(new Extent(offset, bytes, false));
        }
    }

    private void refused(Reconciliation.Refusal no) {
        over = true;
        boolean aboutHistory =
                no.code() == Reconciliation.Code.REPLICA_NEWER || no.code() == Reconciliation.Code.SPLIT_BRAIN;
        // If it judged what is no longer so, its reason may call writes lost that are not, or not name those that are.
        boolean outdated = aboutHistory && !told.equals(volume.record().newest());
        volume.refused(link, outdated ? new Reconciliation.Refusal(Reconciliation.Code.NOT_READY, no.message()) : no);
        close();
    }

    /** Ends it, with a reason. Thread-safe. */
    void fail(String reason) {
        ChannelHandlerContext ctx = context;
        if (ctx == null) {
            return;
        }
        ctx.executor().execute(() -> {
            why = reason;
            ctx.close();
        });
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        Throwable root = cause.getCause() instanceof WireException wire ? wire : cause;
        why = root instanceof ReadTimeoutException
                ? "nothing was heard from it for " + volume.options().silence().toMillis() + " ms"
                : String.valueOf(root.getMessage());
        LOG.debug("mirror connection to {} fails", link.node(), cause);
        ctx.close();
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        lost(why);
    }

    /** There is no connection, or no longer. */
    void lost(String reason) {
        ScheduledFuture<?> pinging = pings;
        if (pinging != null) {
            pinging.cancel(false);
        }
        if (!over) {
            over = true;
            volume.lost(link, this, reason);
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        if (ctx.channel().isWritable()) {
            link.pump(this);
        }
    }

    boolean isOpen() {
        ChannelHandlerContext ctx = context;
        return ctx != null && ctx.channel().isOpen();
    }

    boolean isWritable() {
        ChannelHandlerContext ctx = context;
        return ctx != null && ctx.channel().isWritable();
    }

    ByteBufAllocator allocator() {
        ChannelHandlerContext ctx = context;
        if (ctx == null) {
            throw new IllegalStateException("not connected");
        }
        return ctx.alloc();
    }

    void write(ByteBuf bytes) {
        ChannelHandlerContext ctx = context;
        if (ctx == null) {
            bytes.release();
        } else {
            ctx.write(bytes);
        }
    }

    void flush() {
        ChannelHandlerContext ctx = context;
        if (ctx != null) {
            ctx.flush();
        }
    }

    /** Thread-safe. */
    void close() {
        ChannelHandlerContext ctx = context;
        if (ctx != null) {
            ctx.close();
        }
    }
}
