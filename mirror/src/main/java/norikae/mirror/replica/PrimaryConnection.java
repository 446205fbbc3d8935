package norikae.mirror.replica;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.ssl.SslHandler;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import norikae.failover.model.Epoch;
import norikae.failover.model.ReplicationMode;
import norikae.failover.model.VolumeName;
import norikae.mirror.state.Reconciliation;
import norikae.mirror.store.Extent;
import norikae.mirror.store.StoreException;
import norikae.mirror.wire.BlockHashes;
import norikae.mirror.wire.Frame;
import norikae.mirror.wire.FrameCodec;
import norikae.mirror.wire.FrameType;
import norikae.mirror.wire.Hello;
import norikae.mirror.wire.WireException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One primary's connection. Frames arrive on the event loop; what changes blocks is done there if nothing waits, because a
 * change of threads costs more than a write into the page cache, and else by a thread of this connection's own, in order.
 */
@SuppressWarnings("FutureReturnValueIgnored") // Netty tells handlers of what fails.
final class PrimaryConnection extends ChannelInboundHandlerAdapter {

    private static final Logger LOG = LoggerFactory.getLogger(PrimaryConnection.class);

    /** What may wait to be applied; beyond it nothing is read from the primary. */
    private static final long WAITING_BYTES_MAX = 32L << 20;

    private static final int DIRTY_PER_FRAME = 4096;
    private static final long HASHES_BYTES_MAX = 16L << 20;

    /** While frames wait, a write is acknowledged after so long at the latest. */
    private static final long ACK_NANOS = 500_000;

    private final ReplicaServer server;
    private final Channel channel;
    private final ExecutorService applier;
    private final AtomicInteger waiting = new AtomicInteger();
    private final AtomicLong waitingBytes = new AtomicLong();
    private final ExecutorService settler;
    private final AtomicBoolean settling = new AtomicBoolean();
    private final BlockHashes hashes = new BlockHashes();
    private final byte[] key = new byte[BlockHashes.KEY_BYTES];
    private boolean unacknowledged;
    private long acknowledged = System.nanoTime();
    private volatile @Nullable ReplicaVolume volume;
    private ReplicationMode mode = ReplicationMode.ASYNC;
    private volatile long received;
    private volatile boolean beginning;
    private boolean ackWanted;
    private volatile boolean failed;

    PrimaryConnection(ReplicaServer server, Channel channel) {
        this.server = server;
        this.channel = channel;
        this.applier = Executors.newSingleThreadExecutor(
                Thread.ofPlatform().name("mirror-apply").daemon(true).factory());
        this.settler = Executors.newSingleThreadExecutor(
                Thread.ofPlatform().name("mirror-settle").daemon(true).factory());
    }

    /** Whether it writes the volume of this name. */
    boolean writes(VolumeName name) {
        ReplicaVolume to = volume;
        return to != null && to.record().name().equals(name);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        Frame frame = (Frame) message;
        if (failed) {
            frame.release();
            return;
        }
        ReplicaVolume to = volume;
        if (to == null) {
            greet(frame);
            return;
        }
        switch (frame.type()) {
            case PING -> {
                frame.release();
                send(Frame.of(FrameType.PONG, frame.number()));
            }
            case WRITE, ZERO, SYNC_DATA, SYNC_ZERO -> change(to, frame);
            case SYNC_BEGIN -> {
                beginning = true;
                later(to, frame);
            }
            case FLUSH, GENERATION, SYNC_END, HASHES, RESUME -> later(to, frame);
            case SETTLE -> {
                if (waiting.get() > 0) {
                    later(to, frame);
                } else {
                    applyNow(to, frame);
                }
            }
            case HELLO, WELCOME, REFUSED, DIRTY, SYNCED, DIFFERING, ACK, PONG, FLUSHED, FAILED, RETIRED_11 -> {
                frame.release();
                fail(new WireException("a primary does not send " + frame.type()));
            }
        }
    }

    private void change(ReplicaVolume to, Frame frame) {
        received = Math.max(received, frame.number());
        ackWanted |= frame.number() > 0;
        if (waiting.get() > 0 || mode == ReplicationMode.SEMI_SYNC) {
            later(to, frame);
        } else {
            applyNow(to, frame);
        }
    }

    private void later(ReplicaVolume to, Frame frame) {
        long weight = frame.weight();
        waiting.incrementAndGet();
        if (waitingBytes.addAndGet(weight) > WAITING_BYTES_MAX) {
            channel.config().setAutoRead(false);
        }
        try {
            applier.execute(() -> {
                acknowledgeBefore(to, frame);
                applyNow(to, frame);
                unacknowledged |= isNumbered(frame);
                if (waiting.decrementAndGet() == 0
                        || (unacknowledged && System.nanoTime() - acknowledged > ACK_NANOS)) {
                    acknowledgeFromQueue(to);
                }
                if (waitingBytes.addAndGet(-weight) < WAITING_BYTES_MAX / 2
                        && !channel.config().isAutoRead()) {
                    channel.config().setAutoRead(true);
                }
            });
        } catch (RejectedExecutionException e) {
            frame.release();
        }
    }

    private static boolean isNumbered(Frame frame) {
        return switch (frame.type()) {
            case WRITE, ZERO, GENERATION -> true;
            default -> false;
        };
    }

    /** A write must not wait for its acknowledgement until something is done that takes long. */
    private void acknowledgeBefore(ReplicaVolume to, Frame frame) {
        if (unacknowledged && frame.type() != FrameType.WRITE && frame.type() != FrameType.ZERO) {
            acknowledgeFromQueue(to);
        }
    }

    /** On the applier's thread. */
    private void acknowledgeFromQueue(ReplicaVolume to) {
        if (!failed) {
            unacknowledged = false;
            acknowledged = System.nanoTime();
            acknowledge(to);
        }
    }

    private void applyNow(ReplicaVolume to, Frame frame) {
        try {
            if (!failed) {
                apply(to, frame);
            }
        } catch (StoreException | WireException e) {
            fail(e);
        } finally {
            frame.release();
        }
    }

    private void apply(ReplicaVolume to, Frame frame) throws StoreException, WireException {
        switch (frame.type()) {
            case WRITE, ZERO, SYNC_DATA, SYNC_ZERO -> to.apply(this, frame);
            case FLUSH -> {
                to.flush(this);
                acknowledge(to);
                if (frame.offset() != 0) {
                    send(Frame.of(FrameType.FLUSHED, frame.offset()));
                }
            }
            case SETTLE -> settle(to);
            case GENERATION -> to.follow(this, Hello.record(frame.text()), frame.number());
            case SYNC_BEGIN -> {
                to.beginSync(this, Hello.record(frame.text()));
                beginning = false;
            }
            case SYNC_END -> {
                to.endSync(this, Hello.record(frame.text()), frame.number());
                send(Frame.of(FrameType.SYNCED, frame.number()));
            }
            case HASHES -> compare(to, frame);
            case RESUME ->
                LOG.info("history goes on: volume={} from={}", to.record().name(), to.applied() + 1);
            default -> throw new AssertionError(frame);
        }
    }

    /** Makes stable, on a thread of its own, what is applied when its turn comes; one that has not begun yet serves for all. */
    private void settle(ReplicaVolume to) {
        if (!settling.compareAndSet(false, true)) {
            return;
        }
        try {
            settler.execute(() -> {
                settling.set(false);
                try {
                    to.settle(this);
                    acknowledge(to);
                } catch (StoreException e) {
                    fail(e);
                }
            });
        } catch (RejectedExecutionException e) {
            LOG.debug("a primary has left, nothing needs to be made stable for it");
        }
    }

    private void compare(ReplicaVolume to, Frame frame) throws StoreException, WireException {
        int count = BlockHashes.count(Math.min(frame.length(), HASHES_BYTES_MAX));
        if (frame.length() <= 0
                || frame.length() > HASHES_BYTES_MAX
                || frame.payload().readableBytes() != BlockHashes.KEY_BYTES + count * Frame.HASH_BYTES) {
            throw new WireException(frame + " does not have a key, and a hash for each block");
        }
        ByteBuf theirs = frame.payload().slice();
        theirs.readBytes(key);
        hashes.use(key);
        ByteBuf content = channel.alloc().directBuffer((int) frame.length());
        ByteBuf ours = channel.alloc().directBuffer(count * Frame.HASH_BYTES);
        ByteBuf differing = channel.alloc().buffer().writeZero((count + 7) / 8);
        try {
            ByteBuffer bytes = content.nioBuffer(0, (int) frame.length());
            to.read(this, frame.offset(), bytes);
            hashes.append(bytes.flip(), ours);
            for (int i = 0; i < count; i++) {
                ByteBuf mine = ours.slice(i * Frame.HASH_BYTES, Frame.HASH_BYTES);
                ByteBuf other = theirs.slice(BlockHashes.KEY_BYTES + i * Frame.HASH_BYTES, Frame.HASH_BYTES);
                if (!mine.equals(other)) {
                    differing.setByte(i / 8, differing.getByte(i / 8) | 1 << i % 8);
                }
            }
        } catch (StoreException e) {
            differing.release();
            throw e;
        } finally {
            content.release();
            ours.release();
        }
        send(new Frame(FrameType.DIFFERING, 0, frame.number(), 0, 0, differing));
    }

    private void acknowledge(ReplicaVolume to) {
        if (beginning) {
            return; // its numbers are still those of an earlier primary; the queue's end acknowledges
        }
        ReplicaVolume.Progress progress = to.progress();
        long written = progress.applied();
        send(new Frame(
                FrameType.ACK, 0, written, progress.stable(), Math.max(written, received), Unpooled.EMPTY_BUFFER));
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        ReplicaVolume to = volume;
        if (ackWanted && to != null && !failed) {
            ackWanted = false;
            acknowledge(to);
        }
    }

    private void greet(Frame frame) {
        try {
            if (frame.type() != FrameType.HELLO) {
                throw new WireException("a primary begins with HELLO, not with " + frame.type());
            }
            SslHandler tls = channel.pipeline().get(SslHandler.class);
            if (tls != null && !server.peers().admits().admits(tls.engine().getSession())) {
                throw new WireException("its certificate is not that of a node of this cluster");
            }
            greet(Hello.Primary.read(frame.text()));
        } catch (WireException e) {
            refuse(Reconciliation.Code.UNRELATED, String.valueOf(e.getMessage()));
        } finally {
            frame.release();
        }
    }

    private void greet(Hello.Primary hello) {
        ReplicaVolume to = server.volume(hello.volume().name());
        if (to == null) {
            refuse(
                    Reconciliation.Code.NOT_READY,
                    server.whyMissing(hello.volume().name()));
            return;
        }
        // The primary decides by the same rules; whoever is wrong, nothing happens then.
        if (Reconciliation.decide(hello.volume(), to.node(), to.record(), hello.discard())
                instanceof Reconciliation.Refusal no) {
            refuse(no);
            return;
        }
        if (hello.volume().epoch() < 1) {
            refuse(Reconciliation.Code.STALE_EPOCH, "a primary has an epoch");
            return;
        }
        try {
            Object earlier = to.attach(this, new Epoch(hello.volume().epoch()));
            if (earlier instanceof PrimaryConnection other) {
                other.channel.close();
            }
            mode = hello.mode();
            volume = to;
            Hello.Replica welcome = new Hello.Replica(to.node(), to.instance(), to.record());
            send(Frame.text(FrameType.WELCOME, to.applied(), welcome.text()));
            sendDirty(to.dirty());
            LOG.info(
                    "primary attached: volume={} primary={} epoch={} mode={} condition={} applied={}",
                    to.record().name(),
                    hello.node(),
                    hello.volume().epoch(),
                    mode,
                    to.record().condition(),
                    to.applied());
        } catch (StoreException e) {
            boolean stale = e.kind() == StoreException.Kind.FENCED;
            refuse(
                    stale ? Reconciliation.Code.STALE_EPOCH : Reconciliation.Code.NOT_READY,
                    String.valueOf(e.getMessage()));
        }
    }

    private void sendDirty(List<Extent> dirty) {
        for (int from = 0; from < dirty.size(); from += DIRTY_PER_FRAME) {
            ByteBuf pairs = channel.alloc().buffer();
            for (Extent extent : dirty.subList(from, Math.min(from + DIRTY_PER_FRAME, dirty.size()))) {
                pairs.writeLong(extent.offset()).writeLong(extent.bytes());
            }
            send(new Frame(FrameType.DIRTY, 0, 0, 0, 0, pairs));
        }
        send(Frame.of(FrameType.DIRTY, 0));
    }

    private void send(Frame frame) {
        channel.writeAndFlush(FrameCodec.encode(frame, channel.alloc(), false));
    }

    private void refuse(Reconciliation.Code code, String message) {
        refuse(new Reconciliation.Refusal(code, message));
    }

    private void refuse(Reconciliation.Refusal no) {
        LOG.warn("primary refused: peer={} code={} reason={}", channel.remoteAddress(), no.code(), no.message());
        failed = true;
        last(Frame.text(FrameType.REFUSED, 0, Hello.refusal(no)));
    }

    private void fail(Exception cause) {
        if (failed) {
            return;
        }
        failed = true;
        ReplicaVolume of = volume;
        LOG.error(
                "replica goes no further: volume={} reason={}",
                of == null ? "?" : of.record().name(),
                cause.toString());
        boolean fenced = cause instanceof StoreException e && e.kind() == StoreException.Kind.FENCED;
        last(
                fenced
                        ? Frame.text(
                                FrameType.REFUSED,
                                0,
                                Hello.refusal(new Reconciliation.Refusal(
                                        Reconciliation.Code.STALE_EPOCH, String.valueOf(cause.getMessage()))))
                        : Frame.text(FrameType.FAILED, 0, String.valueOf(cause.getMessage())));
    }

    private void last(Frame frame) {
        channel.writeAndFlush(FrameCodec.encode(frame, channel.alloc(), false))
                .addListener(ChannelFutureListener.CLOSE);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        Throwable root = cause.getCause() instanceof WireException wire ? wire : cause;
        LOG.warn("mirror connection closed: peer={} reason={}", channel.remoteAddress(), root.toString());
        ctx.close();
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        ReplicaVolume from = volume;
        if (from != null) {
            // Behind all that has arrived: a semi-synchronous primary that died relies on it.
            applier.execute(() -> {
                if (from.detach(this)) {
                    LOG.info("primary gone: volume={} applied={}", from.record().name(), from.applied());
                }
            });
        }
        applier.shutdown();
        settler.shutdown();
    }
}
