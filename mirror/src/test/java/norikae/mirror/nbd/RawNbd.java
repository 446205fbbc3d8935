package norikae.mirror.nbd;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** A client that says whatever a test wants it to say, byte for byte. */
final class RawNbd implements AutoCloseable {

    final Socket socket;
    final DataOutputStream out;
    final DataInputStream in;

    RawNbd(NbdServer server) throws IOException {
        socket = new Socket(InetAddress.getLoopbackAddress(), ((InetSocketAddress) server.address()).getPort());
        socket.setSoTimeout(20_000);
        out = new DataOutputStream(socket.getOutputStream());
        in = new DataInputStream(socket.getInputStream());
    }

    /** As far as the client's flags. */
    RawNbd greeted() throws IOException {
        in.readFully(new byte[18]);
        out.writeInt(3);
        return this;
    }

    /** Attached by the old option, so that replies are simple ones. */
    RawNbd attached(String export) throws IOException {
        greeted();
        byte[] name = export.getBytes(StandardCharsets.UTF_8);
        option(Nbd.OPT_EXPORT_NAME, name);
        in.readFully(new byte[10]);
        return this;
    }

    void option(int option, byte[] data) throws IOException {
        out.writeLong(Nbd.IHAVEOPT);
        out.writeInt(option);
        out.writeInt(data.length);
        out.write(data);
    }

    void request(int flags, int command, long cookie, long offset, int length) throws IOException {
        out.writeInt(Nbd.REQUEST_MAGIC);
        out.writeShort(flags);
        out.writeShort(command);
        out.writeLong(cookie);
        out.writeLong(offset);
        out.writeInt(length);
    }

    /** Reads a simple reply to the request of that cookie and returns its error. */
    int error(long cookie) throws IOException {
        if (in.readInt() != Nbd.SIMPLE_REPLY_MAGIC) {
            throw new IOException("not a simple reply");
        }
        int error = in.readInt();
        long told = in.readLong();
        if (told != cookie) {
            throw new IOException("reply to " + told + " instead of " + cookie);
        }
        return error;
    }

    /** Whether the server has hung up; waits until it does or says something. */
    boolean isHungUp() throws IOException {
        try {
            return in.read() < 0;
        } catch (java.net.SocketException e) {
            return true;
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
