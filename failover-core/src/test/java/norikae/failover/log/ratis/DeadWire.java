package norikae.failover.log.ratis;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Forwards TCP connections until it is cut. Then it keeps the connections that it has for ever and carries nothing on
 * them, as the network does when a machine loses its power; after {@link #heal} only new ones work.
 */
final class DeadWire implements AutoCloseable {

    private final ServerSocket server;
    private final int target;
    private final List<Socket> sockets = new CopyOnWriteArrayList<>();
    private final AtomicInteger generation = new AtomicInteger();
    private volatile boolean cut;

    DeadWire(int port, int target) throws IOException {
        this.target = target;
        this.server = new ServerSocket(port, 50, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().start(this::accept);
    }

    void cut() {
        cut = true;
        generation.incrementAndGet();
    }

    void heal() {
        cut = false;
    }

    private void accept() {
        boolean open = true;
        while (open) {
            try {
                connect(server.accept());
            } catch (IOException e) {
                open = !server.isClosed(); // else the target is not there just now
            }
        }
    }

    private void connect(Socket from) throws IOException {
        sockets.add(from);
        if (!cut) {
            Socket to = new Socket(InetAddress.getLoopbackAddress(), target);
            sockets.add(to);
            int born = generation.get();
            Thread.ofVirtual().start(() -> carry(from, to, born));
            Thread.ofVirtual().start(() -> carry(to, from, born));
        }
    }

    private void carry(Socket from, Socket to, int born) {
        try {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            byte[] buffer = new byte[8192];
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                if (born != generation.get()) {
                    return; // and neither end hears of it
                }
                out.write(buffer, 0, n);
            }
            if (born == generation.get()) {
                from.close();
                to.close();
            }
        } catch (IOException e) {
            closeBoth(from, to, born);
        }
    }

    private void closeBoth(Socket from, Socket to, int born) {
        if (born == generation.get()) {
            try (from;
                    to) {
                sockets.remove(from);
            } catch (IOException e) {
                sockets.remove(to);
            }
        }
    }

    @Override
    public void close() throws IOException {
        server.close();
        for (Socket socket : sockets) {
            socket.close();
        }
    }
}
