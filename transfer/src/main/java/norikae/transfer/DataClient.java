package norikae.transfer;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.IoEventLoopGroup;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import java.io.IOException;
import java.net.InetSocketAddress;
import norikae.transfer.wire.FrameDecoder;
import norikae.transfer.wire.FrameReader;
import norikae.transfer.wire.FrameWriter;

/** Opens streams to a target's {@link DataServer}. */
public final class DataClient {

    private DataClient() {}

    /**
     * Connects, shows the ticket, and returns when the target has accepted it. Blocks for at most {@link
     * StreamOptions#openTimeout}. The stream has one thread of its own until it is closed.
     *
     * @throws TransferRefusedException if the target does not want this image, or one side not the other's
     *     certificate
     * @throws TransferInterruptedException if the target cannot be reached or hangs up
     * @throws IOException if the TLS files cannot be used
     */
    public static ImageStream open(InetSocketAddress target, TlsMaterial tls, MoveTicket ticket, StreamOptions options)
            throws IOException {
        SslContext trust = tls.forClient();
        SourceContext context = new SourceContext(ticket, target);
        PeerIdentity self = tls.identity();
        if (self.role() != PeerIdentity.Role.NODE) {
            throw context.refused(
                    TransferRefusedException.Refusal.UNTRUSTED,
                    "own certificate " + tls.certificate() + " has role " + self.role()
                            + "; data ports speak with role NODE alone",
                    null);
        }
        SourceState state = new SourceState();
        FrameWriter writer = new FrameWriter(Links.BUFFERS, options.compress());
        IoEventLoopGroup loop = new PromptEventLoops("data-source-" + ticket.sourceNode(), 1);
        try {
            Bootstrap bootstrap = new Bootstrap()
                    .group(loop)
                    .channel(EpollSocketChannel.class)
                    .option(
                            ChannelOption.CONNECT_TIMEOUT_MILLIS,
                            Math.toIntExact(options.openTimeout().toMillis()))
                    .handler(new ChannelInitializer<>() {
                        @Override
                        protected void initChannel(Channel channel) {
                            SslHandler handler = trust.newHandler(Links.BUFFERS);
                            handler.setHandshakeTimeoutMillis(
                                    options.openTimeout().toMillis());
                            channel.pipeline()
                                    .addLast(
                                            handler,
                                            new FrameDecoder(new FrameReader(Links.BUFFERS)),
                                            new SourceHandler(state, context, writer));
                        }
                    });
            Links.tcpOptions(options.stallTimeout(), bootstrap::option);
            ChannelFuture connected = bootstrap.connect(target);
            connected.addListener(done -> {
                if (!done.isSuccess()) {
                    state.fail(context.interrupted(
                            "target cannot be reached: " + Links.message(done.cause()), done.cause()));
                }
            });
            state.awaitWelcome(options.openTimeout(), what -> context.interrupted(what, null));
            return new ImageStream(connected.channel(), loop, state, context, writer, options);
        } catch (IOException | RuntimeException e) {
            Links.shutdown(loop);
            throw e;
        }
    }
}
