package norikae.transfer;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.io.IOException;
import java.net.InetSocketAddress;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import norikae.transfer.wire.Frame;
import norikae.transfer.wire.FrameReader;
import norikae.transfer.wire.FrameWriter;
import org.jspecify.annotations.Nullable;

/** The other side, made of the JDK's TLS and no rules: says any bytes. */
final class RawPeer implements AutoCloseable {

    private final SSLSocket socket;
    private final FrameReader reader = new FrameReader(UnpooledByteBufAllocator.DEFAULT);
    private final ByteBuf arrived = Unpooled.buffer();
    private long heard;

    RawPeer(SSLSocket socket) throws IOException {
        this.socket = socket;
        socket.setSoTimeout(15_000);
    }

    static RawPeer connect(SSLContext tls, InetSocketAddress target) throws IOException {
        return new RawPeer((SSLSocket) tls.getSocketFactory().createSocket(target.getAddress(), target.getPort()));
    }

    static byte[] bytes(Frame frame) {
        ByteBuf bytes = new FrameWriter(UnpooledByteBufAllocator.DEFAULT, false).write(frame);
        byte[] array = ByteBufUtil.getBytes(bytes);
        bytes.release();
        return array;
    }

    void say(Frame frame) throws IOException {
        say(bytes(frame));
    }

    void say(byte... bytes) throws IOException {
        socket.getOutputStream().write(bytes);
        socket.getOutputStream().flush();
    }

    /** The next frame, or null at the end. */
    @Nullable
    Frame hear() throws IOException {
        byte[] piece = new byte[65_536];
        while (true) {
            Frame frame = reader.read(arrived);
            if (frame != null) {
                return frame;
            }
            int got = socket.getInputStream().read(piece);
            if (got < 0) {
                return null;
            }
            heard += got;
            arrived.writeBytes(piece, 0, got);
        }
    }

    /** Plain bytes heard until now. */
    long heard() {
        return heard;
    }

    /** Says that it will say no more; it still hears. */
    void hangUp() throws IOException {
        socket.shutdownOutput();
    }

    /** As when power is cut: the kernel says reset. */
    void die() throws IOException {
        socket.setSoLinger(true, 0);
        close();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
