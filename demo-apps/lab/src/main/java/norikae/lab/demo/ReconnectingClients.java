package norikae.lab.demo;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;

/**
 * Clients that hold a connection, ask on it, check the answer, and connect again at once when it breaks or falls silent. They
 * sit on this machine, which is a host of the laboratory's network too. Thread-safe.
 */
public final class ReconnectingClients implements AutoCloseable {

    private static final int CONNECT_MILLIS = 100;
    private static final int ANSWER_MILLIS = 300; // silence for longer than that is worth another try
    private static final long THINK_MILLIS = 20;
    private static final long RETRY_MILLIS = 5;

    /** What a client says on one connection. */
    public interface Talk {
        /** The next line. */
        String next();

        /** Whether that is the right answer to it. */
        boolean isRight(String answer);
    }

    private final InetSocketAddress address;
    private final Function<String, Talk> talks;
    private final List<Thread> threads = new ArrayList<>();
    private final AtomicLong answers = new AtomicLong();
    private final AtomicLong wrong = new AtomicLong();
    private final AtomicLong connects = new AtomicLong();
    private volatile long lastAnswerMillis;
    private volatile long longestGapMillis;
    private volatile long gapEndedMillis;
    private volatile boolean closed;

    /** @param talks makes what is said on a new connection; its argument is a name that no other connection has */
    public ReconnectingClients(InetSocketAddress address, int count, Function<String, Talk> talks) {
        this.address = address;
        this.talks = talks;
        this.lastAnswerMillis = System.currentTimeMillis();
        for (int i = 0; i < count; i++) {
            int number = i;
            threads.add(Thread.ofPlatform().daemon().name("client-" + i).start(() -> run(number)));
        }
    }

    /** Forgets gaps: from now on they count anew. */
    public synchronized void measureAnew() {
        longestGapMillis = 0;
        gapEndedMillis = 0;
        lastAnswerMillis = System.currentTimeMillis();
    }

    /** The longest time in which nobody got an answer, since the last {@link #measureAnew}. */
    public long longestGapMillis() {
        return longestGapMillis;
    }

    /** When that time ended, by the wall clock. */
    public long gapEndedMillis() {
        return gapEndedMillis;
    }

    public long lastAnswerMillis() {
        return lastAnswerMillis;
    }

    public long answers() {
        return answers.get();
    }

    public long wrong() {
        return wrong.get();
    }

    public long connects() {
        return connects.get();
    }

    private synchronized void answered() {
        long now = System.currentTimeMillis();
        long gap = now - lastAnswerMillis;
        if (gap > longestGapMillis) {
            longestGapMillis = gap;
            gapEndedMillis = now;
        }
        lastAnswerMillis = now;
        answers.incrementAndGet();
    }

    private void run(int number) {
        long connection = 0;
        while (!closed) {
            try (Socket socket = new Socket()) {
                socket.connect(address, CONNECT_MILLIS);
                socket.setTcpNoDelay(true);
                socket.setSoTimeout(ANSWER_MILLIS);
                connects.incrementAndGet();
                talk(
                        socket,
                        talks.apply("f" + number + "-" + connection++ + "-"
                                + ProcessHandle.current().pid()));
            } catch (IOException e) {
                pause(RETRY_MILLIS);
            }
        }
    }

    private void talk(Socket socket, Talk talk) throws IOException {
        BufferedReader in = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
        while (!closed) {
            socket.getOutputStream().write((talk.next() + "\n").getBytes(StandardCharsets.UTF_8));
            String answer = in.readLine();
            if (answer == null) {
                throw new IOException("hung up");
            }
            if (!talk.isRight(answer)) {
                wrong.incrementAndGet();
            }
            answered();
            pause(THINK_MILLIS);
        }
    }

    private static void pause(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        closed = true;
    }
}
