package norikae.agent.volume;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** A line to a replica's mirror port, on which what its primary sends can be made to wait. */
final class HeldLine implements AutoCloseable {

    private final ServerSocket listening;
    private final InetSocketAddress to;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition released = lock.newCondition();
    private boolean held;

    HeldLine(String address, int port) throws IOException {
        to = new InetSocketAddress(address, port);
        listening = new ServerSocket(0, 16, InetAddress.getByName(address));
        Thread.ofVirtual().start(this::accept);
    }

    int port() {
        return listening.getLocalPort();
    }

    void hold(boolean now) {
        lock.lock();
        try {
            held = now;
            released.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void pass() throws InterruptedException {
        lock.lock();
        try {
            while (held) {
                released.await();
            }
        } finally {
            lock.unlock();
        }
    }

    private void accept() {
        while (!listening.isClosed()) {
            try {
                Socket primary = listening.accept();
                Thread.ofVirtual().start(() -> join(primary));
            } catch (IOException e) {
                return; // it is closed
            }
        }
    }

    private void join(Socket primary) {
        try (primary;
                Socket replica = new Socket()) {
            replica.connect(to);
            Thread answers = Thread.ofVirtual().start(() -> copy(replica, primary, false));
            copy(primary, replica, true);
            replica.shutdownOutput();
            answers.join();
        } catch (IOException e) {
            return; // the replica is not there; the primary sees the end of the line
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void copy(Socket from, Socket onward, boolean waits) {
        byte[] buffer = new byte[64 * 1024];
        try {
            int got = from.getInputStream().read(buffer);
            while (got >= 0) {
                if (waits) {
                    pass();
                }
                onward.getOutputStream().write(buffer, 0, got);
                got = from.getInputStream().read(buffer);
            }
            onward.shutdownOutput();
        } catch (IOException e) {
            return; // one end hung up: so does the other
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() throws IOException {
        listening.close();
        hold(false);
    }
}
