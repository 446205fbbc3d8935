package norikae.lab.bench.mirror;

import java.io.IOException;
import java.net.SocketAddress;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import norikae.lab.LabException;
import norikae.lab.LabProcess;

/** Servers take a moment until they listen. */
final class Listening {

    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final long LOOK_AGAIN_MILLIS = 10;

    private Listening() {}

    /**
     * Connects to a server as soon as it listens.
     *
     * @throws LabException if it does not in time, or has ended
     */
    static SocketChannel connect(LabProcess server, SocketAddress address) throws InterruptedException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            try {
                return SocketChannel.open(address);
            } catch (IOException e) {
                if (!server.isAlive() || System.nanoTime() - deadline > 0) {
                    throw new LabException(
                            server + " does not listen at " + address + ": "
                                    + server.errors().strip(),
                            e);
                }
            }
            Thread.sleep(LOOK_AGAIN_MILLIS);
        }
    }

    /** Returns as soon as it listens. */
    static void await(LabProcess server, SocketAddress address) throws IOException, InterruptedException {
        connect(server, address).close();
    }
}
