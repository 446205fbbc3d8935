package norikae.mirror.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/** A line between a primary and a replica that a test can cut, hold, and look at. */
public final class Line implements AutoCloseable {

    private final ServerSocket listening;
    private volatile InetSocketAddress to;
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private final AtomicLong sent = new AtomicLong();
    private final AtomicLong failures = new AtomicLong();
    private volatile boolean cut;
    private volatile boolean held;

    public Line(InetSocketAddress to) throws IOException {
        this.to = to;
        this.listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Thread.ofPlatform().daemon(true).start(this::accept);
    }

    public InetSocketAddress address() {
        return (InetSocketAddress) listening.getLocalSocketAddress();
    }

    /** Where it leads from the next connection on. */
    public void leadTo(InetSocketAddress other) {
        to = other;
    }

    /** Bytes that went from the primary to the replica so far. */
    public long sent() {
        return sent.get();
    }

    /** Nothing passes any more, and all connections are reset. */
    public void cut() {
        cut = true;
        open.forEach(this::close);
    }

    public void mend() {
        cut = false;
    }

    /** What the primary sends does not arrive for the moment; the connections stay. */
    public void hold(boolean now) {
        held = now;
    }

    private void accept() {
        while (!listening.isClosed()) {
            try {
                Socket from = listening.accept();
                if (cut) {
                    from.close();
                    continue;
                }
                Socket onward = new Socket();
                open.add(from);
                open.add(onward);
                onward.connect(to);
                from.setTcpNoDelay(true);
                onward.setTcpNoDelay(true);
                pass(from, onward, true);
                pass(onward, from, false);
                if (cut) {
                    cut();
                }
            } catch (IOException e) {
                failures.incrementAndGet(); // the next one may work
            }
        }
    }

    private void pass(Socket from, Socket onward, boolean counted) {
        Thread.ofPlatform().daemon(true).start(() -> {
            byte[] buffer = new byte[256 * 1024];
            try (from;
                    onward) {
                InputStream in = from.getInputStream();
                OutputStream out = onward.getOutputStream();
                for (int got = in.read(buffer); got >= 0; got = in.read(buffer)) {
                    while (counted && held && !cut) {
                        Thread.sleep(1);
                    }
                    out.write(buffer, 0, got);
                    if (counted) {
                        sent.addAndGet(got);
                    }
                }
            } catch (IOException e) {
                close(from);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    private void close(Socket socket) {
        try {
            socket.setSoLinger(true, 0);
            socket.close();
        } catch (IOException e) {
            failures.incrementAndGet(); // it is closed then
        }
    }

    @Override
    public void close() throws IOException {
        listening.close();
        cut();
    }
}
