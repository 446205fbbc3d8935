package norikae.mirror.wire;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.util.List;

/** Makes frames of what arrives. */
public final class FrameDecoder extends ByteToMessageDecoder {

    @Override
    protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) throws WireException {
        Frame frame = FrameCodec.decode(in, ctx.alloc());
        if (frame != null) {
            out.add(frame);
        }
    }
}
