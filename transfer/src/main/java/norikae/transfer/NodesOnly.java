package norikae.transfer;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import norikae.transfer.wire.FrameDecoder;
import norikae.transfer.wire.FrameReader;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The door of the data port: lets nodes in after the handshake, and hangs up on everybody else without a word. */
@SuppressWarnings("FutureReturnValueIgnored") // Netty tells handlers of what fails.
final class NodesOnly extends ChannelInboundHandlerAdapter {

    private static final Logger LOG = LoggerFactory.getLogger(NodesOnly.class);

    private final DataServer server;

    NodesOnly(DataServer server) {
        this.server = server;
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) throws Exception {
        if (event instanceof SslHandshakeCompletionEvent handshake) {
            if (handshake.isSuccess()) {
                admit(ctx);
            } else {
                refuse(ctx, "TLS handshake failed: " + Links.message(handshake.cause()));
            }
            return;
        }
        super.userEventTriggered(ctx, event);
    }

    private void admit(ChannelHandlerContext ctx) {
        PeerIdentity peer;
        try {
            peer = SourceHandler.peerOf(ctx.pipeline().get(SslHandler.class));
        } catch (IOException e) {
            refuse(ctx, Links.message(e));
            return;
        }
        if (peer.role() != PeerIdentity.Role.NODE) {
            refuse(ctx, "certificate of " + peer.name() + " has role " + peer.role() + "; expected NODE");
            return;
        }
        FrameDecoder decoder = new FrameDecoder(new FrameReader(Links.BUFFERS));
        ctx.pipeline()
                .addLast(decoder, new TargetHandler(server, peer, decoder, ctx.channel()))
                .remove(this);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        refuse(ctx, Links.message(Links.unwrap(cause)));
    }

    private static void refuse(ChannelHandlerContext ctx, String reason) {
        if (ctx.channel().isOpen()) {
            LOG.warn("connection refused: peer={} reason={}", ctx.channel().remoteAddress(), reason);
            ctx.close();
        }
    }

    /** Nothing is read from a peer that was not let in. */
    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ReferenceCountUtil.release(message);
    }
}
