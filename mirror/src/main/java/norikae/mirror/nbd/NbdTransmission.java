package norikae.mirror.nbd;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.CompositeByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import norikae.mirror.BlockDevice;
import norikae.mirror.Completion;
import norikae.mirror.store.Extent;
import norikae.mirror.store.StoreException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The second part of a connection: requests and replies. Its fields are confined to the connection's event loop.
 *
 * <p>A short request that is alone is done on the event loop itself, for two changes of threads cost more than it; all
 * others by the server's workers, any number at once up to {@link #REQUESTS_MAX} or {@link #BYTES_MAX}, beyond which nothing
 * more is read from the client until a reply has left.
 */
@SuppressWarnings("FutureReturnValueIgnored") // Netty tells handlers of what fails.
final class NbdTransmission extends ChannelInboundHandlerAdapter {

    private static final Logger LOG = LoggerFactory.getLogger(NbdTransmission.class);

    static final int REQUESTS_MAX = 128;
    static final long BYTES_MAX = Nbd.PAYLOAD_BYTES_MAX;
    private static final int INLINE_BYTES_MAX = 64 * 1024;
    private static final int EXTENTS_MAX = 1024;
    private static final int READ_EXTENTS_MAX = 16;
    private static final int READ_SPARSE_BYTES = 128 * 1024;

    private final NbdServer server;
    private final NbdExport export;
    private final BlockDevice device;
    private final boolean structured;
    private final boolean allocation;
    private final Deque<ByteBuf> input = new ArrayDeque<>();
    private final ByteBuf head = Unpooled.buffer(NbdRequest.BYTES, NbdRequest.BYTES);
    private @Nullable NbdRequest writing;
    private @Nullable ByteBuf payload;
    private long skip;
    private int requests;
    private long bytes;
    private boolean leaving;
    private boolean pumping;

    NbdTransmission(NbdServer server, NbdExport export, boolean structured, boolean allocation) {
        this.server = server;
        this.export = export;
        this.device = export.device();
        this.structured = structured;
        this.allocation = allocation;
    }

    /** What a client may ask of this disk. Any number of connections, for a flush through one covers them all. */
    static int flags(BlockDevice device, boolean structured) {
        int flags = Nbd.TRANSMIT_HAS_FLAGS | Nbd.TRANSMIT_FLUSH | Nbd.TRANSMIT_FUA | Nbd.TRANSMIT_MULTI_CONN;
        flags |= device.readOnly() ? Nbd.TRANSMIT_READ_ONLY : Nbd.TRANSMIT_TRIM | Nbd.TRANSMIT_WRITE_ZEROES;
        return structured ? flags | Nbd.TRANSMIT_DF : flags;
    }

    String exportName() {
        return export.name();
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        LOG.debug(
                "NBD client attached: export={} client={}",
                export.name(),
                ctx.channel().remoteAddress());
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (leaving) {
            ReferenceCountUtil.release(message);
            return;
        }
        input.add((ByteBuf) message);
        pump(ctx);
    }

    private void pump(ChannelHandlerContext ctx) {
        if (pumping) {
            return; // a reply has left at once: the loop below goes on
        }
        pumping = true;
        try {
            while (!leaving && requests < REQUESTS_MAX && bytes < BYTES_MAX && step(ctx)) {
                // a step at a time
            }
        } finally {
            pumping = false;
        }
        boolean wanted = requests < REQUESTS_MAX && bytes < BYTES_MAX;
        if (ctx.channel().config().isAutoRead() != wanted) {
            ctx.channel().config().setAutoRead(wanted);
        }
    }

    /** Takes one step; false if it needs more input. */
    private boolean step(ChannelHandlerContext ctx) {
        ByteBuf in = input.peek();
        if (in == null) {
            return false;
        }
        if (!in.isReadable()) {
            input.remove().release();
        } else if (skip > 0) {
            int now = (int) Math.min(skip, in.readableBytes());
            in.skipBytes(now);
            skip -= now;
        } else if (payload != null) {
            payload.writeBytes(in, Math.min(payload.writableBytes(), in.readableBytes()));
            beginIfComplete(ctx);
        } else {
            head.writeBytes(in, Math.min(head.writableBytes(), in.readableBytes()));
            if (!head.isWritable()) {
                header(ctx, in);
            }
        }
        return true;
    }

    private void header(ChannelHandlerContext ctx, ByteBuf in) {
        NbdRequest request = NbdRequest.read(head);
        head.clear();
        if (request == null) {
            leave(ctx, "what came is no request");
        } else if (request.command() != Nbd.CMD_WRITE) {
            begin(ctx, request, null);
        } else if (refusal(request) != 0) {
            skip = request.length();
            begin(ctx, request, null);
        } else if (in.readableBytes() >= request.length()) {
            begin(ctx, request, in.readRetainedSlice((int) request.length()));
        } else {
            writing = request;
            int length = (int) request.length();
            payload = ctx.alloc().directBuffer(length, length);
        }
    }

    private void beginIfComplete(ChannelHandlerContext ctx) {
        NbdRequest request = writing;
        ByteBuf data = payload;
        if (request != null && data != null && !data.isWritable()) {
            writing = null;
            payload = null;
            begin(ctx, request, data);
        }
    }

    private void begin(ChannelHandlerContext ctx, NbdRequest request, @Nullable ByteBuf data) {
        if (request.command() == Nbd.CMD_DISC) {
            leaving = true;
            if (requests == 0) {
                ctx.close();
            }
            return;
        }
        boolean alone = requests == 0;
        long weight = request.command() == Nbd.CMD_READ || data != null ? request.length() : 0;
        Reply reply = new Reply(ctx, request, weight);
        requests++;
        bytes += weight;
        int error = refusal(request);
        if (error != 0) {
            reply.fail(error, refusalText(request));
            return;
        }
        boolean inline = alone
                && weight <= INLINE_BYTES_MAX
                && (request.command() == Nbd.CMD_READ || request.command() == Nbd.CMD_WRITE);
        if (inline) {
            run(reply, data);
        } else if (!server.work(() -> run(reply, data))) {
            ReferenceCountUtil.release(data);
            reply.fail(Nbd.ESHUTDOWN, "the server is shutting down");
        }
    }

    /** The error by which a request is refused before anything is done; 0 if it is not. */
    private int refusal(NbdRequest request) {
        return switch (request.command()) {
            case Nbd.CMD_READ ->
                request.length() == 0 || request.length() > Nbd.PAYLOAD_BYTES_MAX || !request.isWithin(device.size())
                        ? Nbd.EINVAL
                        : 0;
            case Nbd.CMD_WRITE -> {
                if (request.length() == 0 || request.length() > Nbd.PAYLOAD_BYTES_MAX) {
                    yield Nbd.EINVAL;
                }
                yield changeRefusal(request);
            }
            case Nbd.CMD_TRIM, Nbd.CMD_WRITE_ZEROES ->
                request.length() == 0 || request.has(~(Nbd.CMD_FLAG_FUA | Nbd.CMD_FLAG_NO_HOLE))
                        ? Nbd.EINVAL
                        : changeRefusal(request);
            case Nbd.CMD_FLUSH -> request.offset() != 0 || request.length() != 0 ? Nbd.EINVAL : 0;
            case Nbd.CMD_BLOCK_STATUS ->
                !allocation || request.length() == 0 || !request.isWithin(device.size()) ? Nbd.EINVAL : 0;
            default -> Nbd.EINVAL;
        };
    }

    private int changeRefusal(NbdRequest request) {
        if (device.readOnly()) {
            return Nbd.EPERM;
        }
        return request.isWithin(device.size()) ? 0 : Nbd.ENOSPC;
    }

    private String refusalText(NbdRequest request) {
        return "request command=" + request.command() + " flags=" + request.flags() + " offset=" + request.offset()
                + " length=" + request.length() + " cannot be served; the disk has " + device.size() + " bytes"
                + (device.readOnly() ? " and is read-only" : "") + ", a request at most " + Nbd.PAYLOAD_BYTES_MAX
                + " bytes of data";
    }

    private void run(Reply reply, @Nullable ByteBuf data) {
        NbdRequest request = reply.request;
        boolean fua = request.has(Nbd.CMD_FLAG_FUA);
        try {
            switch (request.command()) {
                case Nbd.CMD_READ -> read(reply);
                case Nbd.CMD_WRITE -> device.write(request.offset(), Objects.requireNonNull(data), fua, reply);
                case Nbd.CMD_FLUSH -> device.flush(reply);
                case Nbd.CMD_TRIM -> device.zero(request.offset(), request.length(), true, fua, reply);
                case Nbd.CMD_WRITE_ZEROES ->
                    device.zero(request.offset(), request.length(), !request.has(Nbd.CMD_FLAG_NO_HOLE), fua, reply);
                case Nbd.CMD_BLOCK_STATUS -> status(reply);
                default -> throw new AssertionError(request);
            }
        } catch (StoreException e) {
            reply.done(e);
        } catch (RuntimeException e) {
            LOG.error("NBD request failed: export={} request={}", export.name(), request, e);
            reply.fail(Nbd.EIO, "internal error: " + e);
        } finally {
            ReferenceCountUtil.release(data);
        }
    }

    private void read(Reply reply) throws StoreException {
        NbdRequest request = reply.request;
        boolean sparse = structured && request.length() >= READ_SPARSE_BYTES && !request.has(Nbd.CMD_FLAG_DF);
        List<Extent> pieces = sparse
                ? device.extents(request.offset(), request.length(), READ_EXTENTS_MAX)
                : List.of(new Extent(request.offset(), request.length(), false));
        CompositeByteBuf answer = reply.replies.alloc().compositeBuffer(Integer.MAX_VALUE);
        boolean complete = false;
        try {
            long end = request.offset() + request.length();
            long at = request.offset();
            for (int i = 0; at < end; i++) {
                // Where there were more pieces than we asked for, the rest is read as one.
                Extent piece = i < pieces.size() ? pieces.get(i) : new Extent(at, end - at, false);
                at = piece.end();
                answer.addComponents(true, reply.piece(piece, at == end));
            }
            complete = true;
        } finally {
            if (!complete) {
                answer.release();
            }
        }
        reply.send(answer);
    }

    private void status(Reply reply) throws StoreException {
        NbdRequest request = reply.request;
        int limit = request.has(Nbd.CMD_FLAG_REQ_ONE) ? 1 : EXTENTS_MAX;
        reply.send(reply.replies.status(request.cookie(), device.extents(request.offset(), request.length(), limit)));
    }

    private void leave(ChannelHandlerContext ctx, String reason) {
        leaving = true;
        LOG.warn(
                "NBD connection closed: export={} client={} reason={}",
                export.name(),
                ctx.channel().remoteAddress(),
                reason);
        ctx.close();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        leave(ctx, String.valueOf(cause.getMessage()));
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        leaving = true;
        input.forEach(ByteBuf::release);
        input.clear();
        ReferenceCountUtil.release(payload);
        payload = null;
        LOG.debug("NBD client gone: export={} requests under way={}", export.name(), requests);
    }

    /** Answers one request, once. */
    private final class Reply implements Completion {
        private final ChannelHandlerContext ctx;
        private final NbdRequest request;
        private final NbdReplies replies;
        private final long weight;

        Reply(ChannelHandlerContext ctx, NbdRequest request, long weight) {
            this.ctx = ctx;
            this.request = request;
            this.weight = weight;
            this.replies = new NbdReplies(ctx.alloc(), structured);
        }

        @Override
        public void done(@Nullable IOException failure) {
            if (failure == null) {
                send(replies.success(request.cookie()));
            } else {
                StoreException e = StoreException.of("the request", failure);
                boolean onWrite = request.command() != Nbd.CMD_READ;
                fail(Nbd.errorOf(e, onWrite), String.valueOf(e.getMessage()));
            }
        }

        void fail(int error, String message) {
            send(replies.failure(request.cookie(), error, message));
        }

        ByteBuf[] piece(Extent piece, boolean last) throws StoreException {
            if (piece.hole()) {
                return new ByteBuf[] {replies.hole(request.cookie(), piece, last)};
            }
            int length = (int) piece.bytes();
            ByteBuf data = ctx.alloc().directBuffer(length, length);
            try {
                ByteBuffer to = data.nioBuffer(0, length);
                device.read(piece.offset(), to);
            } catch (StoreException | RuntimeException e) {
                data.release();
                throw e;
            }
            ByteBuf head = replies.dataHead(request.cookie(), piece.offset(), length, last);
            return new ByteBuf[] {head, data.writerIndex(length)};
        }

        void send(ByteBuf answer) {
            ctx.writeAndFlush(answer).addListener(_ -> {
                requests--;
                bytes -= weight;
                if (leaving && requests == 0) {
                    ctx.close();
                } else {
                    pump(ctx);
                }
            });
        }
    }
}
