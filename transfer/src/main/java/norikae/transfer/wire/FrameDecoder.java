package norikae.transfer.wire;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.util.List;

/**
 * Puts a {@link FrameReader} into a Netty pipeline. Confined to the channel's event loop, but for {@link
 * #receivedBytes()}. After the first wrong byte it reads nothing more.
 */
public final class FrameDecoder extends ByteToMessageDecoder {

    private final FrameReader reader;
    private boolean broken;
    private volatile long receivedBytes;

    public FrameDecoder(FrameReader reader) {
        this.reader = reader;
    }

    /** Bytes of whole frames so far; any thread may ask. */
    public long receivedBytes() {
        return receivedBytes;
    }

    @Override
    protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) throws WireFormatException {
        if (broken) {
            in.skipBytes(in.readableBytes());
            return;
        }
        try {
            Frame frame = reader.read(in);
            if (frame != null) {
                receivedBytes = reader.streamOffset();
                out.add(frame);
            }
        } catch (WireFormatException e) {
            broken = true;
            in.skipBytes(in.readableBytes());
            throw e;
        }
    }

    /** Tells of a truncated frame before the channel is told to be inactive, so that the cause comes first. */
    @Override
    protected void decodeLast(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
        if (!broken) {
            try {
                reader.end(in);
            } catch (WireFormatException e) {
                broken = true;
                ctx.fireExceptionCaught(e);
            }
        }
        in.skipBytes(in.readableBytes());
    }
}
