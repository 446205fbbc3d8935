package norikae.transfer;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import java.io.IOException;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLPeerUnverifiedException;
import norikae.transfer.TransferRefusedException.Refusal;
import norikae.transfer.wire.Frame;
import norikae.transfer.wire.FrameWriter;
import norikae.transfer.wire.WireFormatException;
import org.jspecify.annotations.Nullable;

/** The source's side of a connection: shows the ticket, hears the target's answers. Confined to its event loop. */
@SuppressWarnings("FutureReturnValueIgnored") // Netty tells handlers of what fails.
final class SourceHandler extends SimpleChannelInboundHandler<Frame> {

    private final SourceState state;
    private final SourceContext context;
    private final FrameWriter writer;

    SourceHandler(SourceState state, SourceContext context, FrameWriter writer) {
        this.state = state;
        this.context = context;
        this.writer = writer;
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) throws Exception {
        if (event instanceof SslHandshakeCompletionEvent handshake) {
            if (handshake.isSuccess()) {
                greet(ctx);
            } else {
                exceptionCaught(ctx, handshake.cause());
            }
        }
        super.userEventTriggered(ctx, event);
    }

    private void greet(ChannelHandlerContext ctx) {
        try {
            PeerIdentity peer = peer(ctx);
            context.peerName(peer.name());
            if (peer.role() == PeerIdentity.Role.NODE) {
                ctx.writeAndFlush(writer.write(Mapping.toWire(context.ticket())));
                return;
            }
            untrusted(ctx, "the target's certificate has role " + peer.role() + "; expected NODE", null);
        } catch (IOException e) {
            untrusted(ctx, Links.message(e), e);
        }
    }

    private static PeerIdentity peer(ChannelHandlerContext ctx) throws IOException {
        return peerOf(ctx.pipeline().get(SslHandler.class));
    }

    /** Who is at the other end of a finished handshake. */
    static PeerIdentity peerOf(SslHandler tls) throws IOException {
        try {
            return PeerIdentity.of((X509Certificate) tls.engine().getSession().getPeerCertificates()[0]);
        } catch (SSLPeerUnverifiedException e) {
            throw new IOException("peer showed no certificate", e);
        }
    }

    @Override
    protected void channelRead0(ChannelHandlerContext ctx, Frame frame) {
        switch (frame) {
            case Frame.Welcome _ -> state.welcomed();
            case Frame.Refused refused -> {
                state.fail(context.refused(Mapping.fromWire(refused.code()), refused.message(), null));
                ctx.close();
            }
            case Frame.Received received -> state.received(received.totals());
            case Frame.Failed failed -> {
                state.fail(context.failed(failed.message()));
                ctx.close();
            }
            case Frame.Hello _,
                    Frame.Pages _,
                    Frame.ZeroPages _,
                    Frame.FileChunk _,
                    Frame.Frozen _,
                    Frame.FilesComplete _,
                    Frame.ImagesComplete _,
                    Frame.Abort _ -> {
                frame.release();
                state.fail(context.interrupted("target sent an unexpected " + frame.type() + " frame", null));
                ctx.close();
            }
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        state.fail(context.interrupted(
                state.isWelcome()
                        ? "target closed the connection"
                        : "target closed the connection without an answer to the ticket",
                null));
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable thrown) {
        Throwable cause = Links.unwrap(thrown);
        if (cause instanceof WireFormatException) {
            state.fail(context.interrupted("target's answer is malformed: " + cause.getMessage(), cause));
            ctx.close();
        } else if (cause instanceof SSLException && !state.isWelcome()) {
            untrusted(ctx, "TLS handshake failed: " + Links.message(cause), cause);
        } else {
            state.fail(context.interrupted(Links.message(cause), cause));
            ctx.close();
        }
    }

    private void untrusted(ChannelHandlerContext ctx, String message, @Nullable Throwable cause) {
        state.fail(context.refused(Refusal.UNTRUSTED, message, cause));
        ctx.close();
    }
}
