package norikae.transfer;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import norikae.linux.ThreadPriority;
import norikae.transfer.wire.Frame;
import norikae.transfer.wire.FrameDecoder;
import norikae.transfer.wire.FrameWriter;
import norikae.transfer.wire.RefusalCode;
import norikae.transfer.wire.WireFormatException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The target's side of a connection, once the peer is known to be a node. Confined to its event loop, but for the
 * methods that say otherwise. Hands frames to a {@link SinkFeeder} and stops reading while that one is behind.
 */
@SuppressWarnings("FutureReturnValueIgnored") // Netty tells handlers of what fails.
final class TargetHandler extends SimpleChannelInboundHandler<Frame> {

    private static final Logger LOG = LoggerFactory.getLogger(TargetHandler.class);

    private static final long HELLO_MILLIS = 10_000;

    /**
     * After the last word the peer is read and ignored for so long, or until it closes: closing at once would make
     * the kernel answer its data with a reset, and the last word could be lost.
     */
    private static final long LINGER_MILLIS = 3_000;

    private final DataServer server;
    private final PeerIdentity peer;
    private final FrameDecoder decoder;
    private final Channel channel;
    private final FrameWriter writer = new FrameWriter(Links.BUFFERS, false);
    private volatile @Nullable SinkFeeder feeder;
    private volatile boolean paused;
    private boolean finished;

    TargetHandler(DataServer server, PeerIdentity peer, FrameDecoder decoder, Channel channel) {
        this.server = server;
        this.peer = peer;
        this.decoder = decoder;
        this.channel = channel;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        ctx.executor()
                .schedule(
                        () -> {
                            if (feeder == null && !finished) {
                                fail(new IOException("no HELLO within " + HELLO_MILLIS + " ms"));
                            }
                        },
                        HELLO_MILLIS,
                        TimeUnit.MILLISECONDS);
    }

    /** Frames' buffers go with them. */
    @Override
    public boolean acceptInboundMessage(Object message) {
        return message instanceof Frame;
    }

    @Override
    protected void channelRead0(ChannelHandlerContext ctx, Frame frame) {
        SinkFeeder feeding = feeder;
        switch (frame) {
            case Frame _ when finished -> frame.release();
            case Frame.Hello hello when feeding == null -> hello(hello);
            case Frame.Pages _,
                    Frame.ZeroPages _,
                    Frame.FileChunk _,
                    Frame.Frozen _,
                    Frame.FilesComplete _,
                    Frame.ImagesComplete _
            when feeding != null -> {
                feeding.put(frame);
                if (feeding.isFull()) {
                    paused = true;
                    channel.config().setAutoRead(false);
                    resumeReading();
                }
            }
            case Frame.Abort abort
            when feeding != null ->
                // At once, not in the queue: the connection's end, which follows, would take its place.
                feeding.fail(new TransferAbortedException(abort.reason(), feeding.place()));
            default -> {
                frame.release();
                fail(new IOException("unexpected " + frame.type() + " frame "
                        + (feeding == null ? "before HELLO" : "from a source that sends an image")));
            }
        }
    }

    private void hello(Frame.Hello hello) {
        if (server.isClosing()) {
            shutDown();
            return;
        }
        SinkFeeder fresh;
        try {
            fresh = new SinkFeeder(this, server, Mapping.fromWire(hello), peer);
        } catch (IllegalArgumentException e) {
            fail(new IOException(e.getMessage(), e));
            return;
        }
        if (server.claim(fresh)) {
            feeder = fresh;
            fresh.start();
        } else {
            LOG.warn("stream refused: move={} peer={} reason=ticket in use", hello.moveId(), peerText());
            refuse(RefusalCode.TICKET_IN_USE, "another connection holds the ticket of move " + hello.moveId());
        }
    }

    /** Whether reading has stopped until the feeder has caught up. Any thread. */
    boolean isPaused() {
        return paused;
    }

    /** Reads on if the feeder has caught up. Any thread. */
    void resumeReading() {
        channel.eventLoop().execute(() -> {
            SinkFeeder feeding = feeder;
            if (finished || (feeding != null && feeding.isLow())) {
                paused = false;
                channel.config().setAutoRead(true);
            }
        });
    }

    /** Whether somebody waits for this stream, or it gives way to others on this node. Any thread. */
    void urgent(boolean waitedFor) {
        channel.eventLoop().execute(waitedFor ? ThreadPriority::normal : ThreadPriority::background);
    }

    /** Says something; more will follow. Any thread. */
    void say(Frame frame) {
        channel.writeAndFlush(writer.write(frame));
    }

    void refuse(RefusalCode code, String message) {
        finish(new Frame.Refused(code, message));
    }

    /** Says a last word, then closes when the peer has heard it. Any thread. */
    void finish(Frame lastWord) {
        channel.eventLoop().execute(() -> {
            if (finished) {
                return;
            }
            finished = true;
            channel.writeAndFlush(writer.write(lastWord)).addListener(ChannelFutureListener.CLOSE_ON_FAILURE);
            channel.config().setAutoRead(true);
            channel.eventLoop().schedule(() -> channel.close(), LINGER_MILLIS, TimeUnit.MILLISECONDS);
        });
    }

    /** The stream is broken: ends the feeder, which tells the sink and the peer; without a feeder, tells the peer. */
    private void fail(IOException cause) {
        SinkFeeder feeding = feeder;
        if (feeding != null) {
            feeding.fail(cause);
        } else {
            LOG.warn("stream ended before its ticket: peer={} reason={}", peerText(), cause.getMessage());
            finish(new Frame.Failed(Links.message(cause)));
        }
    }

    /** Ends the stream from outside. Any thread. */
    void shutDown() {
        channel.eventLoop().execute(() -> {
            if (!finished) {
                fail(new IOException("the target's data port is being closed"));
            }
        });
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        SinkFeeder feeding = feeder;
        finished = true;
        if (feeding != null) {
            feeding.fail(new TransferInterruptedException("source closed the connection", feeding.place(), null));
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable thrown) {
        Throwable cause = Links.unwrap(thrown);
        SinkFeeder feeding = feeder;
        if (cause instanceof WireFormatException malformed) {
            fail(malformed);
        } else if (feeding != null) {
            feeding.fail(new TransferInterruptedException(Links.message(cause), feeding.place(), cause));
            channel.close();
        } else {
            LOG.debug("connection broke before its ticket: peer={}", peerText(), cause);
            channel.close();
        }
    }

    StreamPlace place(MoveTicket ticket) {
        return new StreamPlace(ticket.moveId(), peerText(), decoder.receivedBytes());
    }

    private String peerText() {
        return peer.name() + "@" + channel.remoteAddress();
    }
}
