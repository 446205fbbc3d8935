package norikae.mirror.nbd;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The first part of a connection: client and server agree on an export. Confined to the connection's event loop.
 *
 * <p>Ends by putting an {@link NbdTransmission} in its place, or by hanging up.
 */
@SuppressWarnings("FutureReturnValueIgnored") // Netty tells handlers of what fails.
final class NbdNegotiation extends ByteToMessageDecoder {

    private static final Logger LOG = LoggerFactory.getLogger(NbdNegotiation.class);
    private static final int OPTION_HEAD_BYTES = 16;
    private static final int OPTIONS_MAX = 1000;
    private static final int PATIENCE_SECONDS = 30;
    private static final int PADDING_BYTES = 124;
    private static final int BLOCK_BYTES_PREFERRED = 4096;

    private final NbdServer server;
    private boolean flagsSeen;
    private boolean noZeroes;
    private boolean structured;
    private int options;
    private @Nullable String contextsOf;

    NbdNegotiation(NbdServer server) {
        this.server = server;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        ctx.executor()
                .schedule(
                        () -> {
                            if (!ctx.isRemoved() && ctx.channel().isOpen()) {
                                hangUp(ctx, "nothing was agreed on within " + PATIENCE_SECONDS + " seconds");
                            }
                        },
                        PATIENCE_SECONDS,
                        TimeUnit.SECONDS);
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        ctx.writeAndFlush(ctx.alloc()
                .buffer()
                .writeLong(Nbd.NBDMAGIC)
                .writeLong(Nbd.IHAVEOPT)
                .writeShort(Nbd.FLAG_FIXED_NEWSTYLE | Nbd.FLAG_NO_ZEROES));
    }

    @Override
    protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
        if (!flagsSeen) {
            if (in.readableBytes() >= Integer.BYTES) {
                clientFlags(ctx, in.readInt());
            }
            return;
        }
        if (in.readableBytes() < OPTION_HEAD_BYTES) {
            return;
        }
        int start = in.readerIndex();
        long magic = in.getLong(start);
        int option = in.getInt(start + 8);
        long length = in.getUnsignedInt(start + 12);
        if (magic != Nbd.IHAVEOPT || length > Nbd.OPTION_BYTES_MAX || ++options > OPTIONS_MAX) {
            in.skipBytes(in.readableBytes());
            hangUp(
                    ctx,
                    "option %d with magic 0x%016x and %d bytes, the %dth, is not NBD's"
                            .formatted(option, magic, length, options));
            return;
        }
        if (in.readableBytes() < OPTION_HEAD_BYTES + length) {
            options--;
            return;
        }
        in.skipBytes(OPTION_HEAD_BYTES);
        option(ctx, option, in.readSlice((int) length));
    }

    private void clientFlags(ChannelHandlerContext ctx, int flags) {
        flagsSeen = true;
        noZeroes = (flags & Nbd.FLAG_NO_ZEROES) != 0;
        if ((flags & ~(Nbd.FLAG_FIXED_NEWSTYLE | Nbd.FLAG_NO_ZEROES)) != 0) {
            hangUp(ctx, "client flags 0x%08x are unknown".formatted(flags));
        }
    }

    private void option(ChannelHandlerContext ctx, int option, ByteBuf data) {
        switch (option) {
            case Nbd.OPT_EXPORT_NAME -> exportName(ctx, data.toString(StandardCharsets.UTF_8));
            case Nbd.OPT_ABORT -> {
                reply(ctx, option, Nbd.REP_ACK, "");
                ctx.close();
            }
            case Nbd.OPT_LIST -> list(ctx, data);
            case Nbd.OPT_INFO, Nbd.OPT_GO -> info(ctx, option, data);
            case Nbd.OPT_STRUCTURED_REPLY -> {
                if (data.isReadable()) {
                    reply(ctx, option, Nbd.REP_ERR_INVALID, "this option has no data");
                } else {
                    structured = true;
                    reply(ctx, option, Nbd.REP_ACK, "");
                }
            }
            case Nbd.OPT_LIST_META_CONTEXT, Nbd.OPT_SET_META_CONTEXT -> contexts(ctx, option, data);
            default -> reply(ctx, option, Nbd.REP_ERR_UNSUP, "option " + option + " is not known here");
        }
    }

    private void exportName(ChannelHandlerContext ctx, String name) {
        NbdExport export = server.export(name);
        if (export == null) {
            hangUp(ctx, "there is no export '" + printable(name) + "'"); // this option has no other way to say it
            return;
        }
        ByteBuf answer = ctx.alloc()
                .buffer()
                .writeLong(export.device().size())
                .writeShort(NbdTransmission.flags(export.device(), structured));
        if (!noZeroes) {
            answer.writeZero(PADDING_BYTES);
        }
        ctx.writeAndFlush(answer);
        transmit(ctx, export);
    }

    private void list(ChannelHandlerContext ctx, ByteBuf data) {
        if (data.isReadable()) {
            reply(ctx, Nbd.OPT_LIST, Nbd.REP_ERR_INVALID, "this option has no data");
            return;
        }
        for (NbdExport export : server.exports()) {
            ByteBuf name = text(ctx, export.name());
            ByteBuf entry = ctx.alloc().buffer().writeInt(name.readableBytes()).writeBytes(name);
            name.release();
            entry.writeCharSequence(export.description(), StandardCharsets.UTF_8);
            reply(ctx, Nbd.OPT_LIST, Nbd.REP_SERVER, entry);
        }
        reply(ctx, Nbd.OPT_LIST, Nbd.REP_ACK, "");
    }

    private void info(ChannelHandlerContext ctx, int option, ByteBuf data) {
        String name = name(data);
        if (name == null || data.readableBytes() < 2) {
            reply(ctx, option, Nbd.REP_ERR_INVALID, "the name is longer than the option, or than allowed");
            return;
        }
        int requests = data.readUnsignedShort();
        if (data.readableBytes() != requests * 2) {
            reply(
                    ctx,
                    option,
                    Nbd.REP_ERR_INVALID,
                    "the option does not hold the " + requests + " requests it tells of");
            return;
        }
        NbdExport export = server.export(name);
        if (export == null) {
            reply(ctx, option, Nbd.REP_ERR_UNKNOWN, "there is no export '" + printable(name) + "'");
            return;
        }
        while (data.isReadable()) {
            switch (data.readUnsignedShort()) {
                case Nbd.INFO_NAME -> reply(ctx, option, Nbd.REP_INFO, info(ctx, Nbd.INFO_NAME, export.name()));
                case Nbd.INFO_DESCRIPTION ->
                    reply(ctx, option, Nbd.REP_INFO, info(ctx, Nbd.INFO_DESCRIPTION, export.description()));
                default -> {} // what must be told is told below
            }
        }
        reply(
                ctx,
                option,
                Nbd.REP_INFO,
                ctx.alloc()
                        .buffer()
                        .writeShort(Nbd.INFO_BLOCK_SIZE)
                        .writeInt(1)
                        .writeInt(BLOCK_BYTES_PREFERRED)
                        .writeInt(Nbd.PAYLOAD_BYTES_MAX));
        reply(
                ctx,
                option,
                Nbd.REP_INFO,
                ctx.alloc()
                        .buffer()
                        .writeShort(Nbd.INFO_EXPORT)
                        .writeLong(export.device().size())
                        .writeShort(NbdTransmission.flags(export.device(), structured)));
        reply(ctx, option, Nbd.REP_ACK, "");
        if (option == Nbd.OPT_GO) {
            transmit(ctx, export);
        }
    }

    private static ByteBuf info(ChannelHandlerContext ctx, int type, String value) {
        ByteBuf info = ctx.alloc().buffer().writeShort(type);
        info.writeCharSequence(value, StandardCharsets.UTF_8);
        return info;
    }

    private void contexts(ChannelHandlerContext ctx, int option, ByteBuf data) {
        String export = name(data);
        if (!structured) {
            reply(ctx, option, Nbd.REP_ERR_INVALID, "ask for structured replies first");
            return;
        }
        if (export == null || data.readableBytes() < Integer.BYTES) {
            reply(ctx, option, Nbd.REP_ERR_INVALID, "the name is longer than the option, or than allowed");
            return;
        }
        long count = data.readUnsignedInt();
        List<String> queries = new ArrayList<>();
        for (long i = 0; i < count; i++) {
            String query = name(data);
            if (query == null) {
                reply(
                        ctx,
                        option,
                        Nbd.REP_ERR_INVALID,
                        "the option does not hold the " + count + " queries it tells of");
                return;
            }
            queries.add(query);
        }
        if (data.isReadable()) {
            reply(ctx, option, Nbd.REP_ERR_INVALID, "something follows the last query");
            return;
        }
        if (server.export(export) == null) {
            reply(ctx, option, Nbd.REP_ERR_UNKNOWN, "there is no export '" + printable(export) + "'");
            return;
        }
        boolean set = option == Nbd.OPT_SET_META_CONTEXT;
        boolean wanted = (!set && queries.isEmpty())
                || queries.contains(Nbd.BASE_ALLOCATION)
                || (!set && queries.contains("base:"));
        if (set) {
            contextsOf = wanted ? export : null;
        }
        if (wanted) {
            ByteBuf context = ctx.alloc().buffer().writeInt(set ? Nbd.BASE_ALLOCATION_ID : 0);
            context.writeCharSequence(Nbd.BASE_ALLOCATION, StandardCharsets.US_ASCII);
            reply(ctx, option, Nbd.REP_META_CONTEXT, context);
        }
        reply(ctx, option, Nbd.REP_ACK, "");
    }

    /** A length and as many bytes; null if they are not all there, or too many. */
    private static @Nullable String name(ByteBuf data) {
        if (data.readableBytes() < Integer.BYTES) {
            return null;
        }
        long length = data.readUnsignedInt();
        if (length > Nbd.NAME_BYTES_MAX || length > data.readableBytes()) {
            return null;
        }
        return data.readCharSequence((int) length, StandardCharsets.UTF_8).toString();
    }

    private void transmit(ChannelHandlerContext ctx, NbdExport export) {
        boolean allocation = export.name().equals(contextsOf);
        ctx.pipeline().addLast(new NbdTransmission(server, export, structured, allocation));
        ctx.pipeline().remove(this); // hands on what was read too far
    }

    private static ByteBuf text(ChannelHandlerContext ctx, String value) {
        return ByteBufUtil.writeUtf8(ctx.alloc(), value);
    }

    private static void reply(ChannelHandlerContext ctx, int option, int type, String message) {
        reply(ctx, option, type, text(ctx, message));
    }

    private static void reply(ChannelHandlerContext ctx, int option, int type, ByteBuf data) {
        ctx.write(ctx.alloc()
                .buffer()
                .writeLong(Nbd.OPTION_REPLY_MAGIC)
                .writeInt(option)
                .writeInt(type)
                .writeInt(data.readableBytes()));
        ctx.writeAndFlush(data);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        hangUp(ctx, String.valueOf(cause.getMessage()));
    }

    private static void hangUp(ChannelHandlerContext ctx, String reason) {
        LOG.warn("NBD connection closed: client={} reason={}", ctx.channel().remoteAddress(), reason);
        ctx.close();
    }

    private static String printable(String name) {
        String cut = name.length() > 64 ? name.substring(0, 64) + "..." : name;
        return cut.replaceAll("[^\\x20-\\x7e]", "?");
    }
}
