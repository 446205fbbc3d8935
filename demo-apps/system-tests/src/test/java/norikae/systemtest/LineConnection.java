package norikae.systemtest;

import java.io.BufferedReader;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/**
 * One TCP connection to a service, from this machine over the laboratory's bridge, that asks and answers line by line.
 * It never reconnects: a reset is a failure. Confined to one thread.
 */
final class LineConnection implements AutoCloseable {

    private final Socket socket;
    private final BufferedReader in;
    private final OutputStream out;

    private LineConnection(Socket socket) throws IOException {
        this.socket = socket;
        this.in = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
        this.out = socket.getOutputStream();
    }

    /** Connects as soon as somebody listens there. */
    static LineConnection open(String address, int port) {
        LineConnection[] opened = new LineConnection[1];
        TestCluster.await(address + ":" + port + " listens", () -> {
            Socket socket = new Socket();
            try {
                socket.connect(new InetSocketAddress(address, port), 2_000);
                socket.setTcpNoDelay(true);
                socket.setSoTimeout((int) TestCluster.PATIENCE.toMillis());
                opened[0] = new LineConnection(socket);
                return true;
            } catch (IOException e) {
                try {
                    socket.close();
                } catch (IOException ignored) {
                    // It never was open.
                }
                return false;
            }
        });
        return opened[0];
    }

    String ask(String request) {
        try {
            out.write((request + "\n").getBytes(StandardCharsets.UTF_8));
            out.flush();
            String answer = in.readLine();
            if (answer == null) {
                throw new EOFException("the connection was closed instead of an answer to '" + request + "'");
            }
            return answer;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            // Nothing was under way.
        }
    }
}
