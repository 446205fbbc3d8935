package norikae.agent.criu;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import norikae.linux.NetworkNamespace;

/** Talks to an {@link EchoService} over several connections without a break and notes everything that is not right. */
final class EchoClient implements AutoCloseable {

    private static final int CONNECTIONS = 6;
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final List<Socket> sockets = new CopyOnWriteArrayList<>();
    private final List<String> complaints = new CopyOnWriteArrayList<>();
    private final AtomicLong answers = new AtomicLong();
    private volatile boolean closed;

    EchoClient(NetworkNamespace from, String address) throws IOException {
        for (int i = 0; i < CONNECTIONS; i++) {
            Socket socket = from.call(() -> {
                Socket made = new Socket(); // belongs to the namespace in which it connects
                made.connect(new InetSocketAddress(address, EchoService.PORT), (int) PATIENCE.toMillis());
                made.setSoTimeout((int) PATIENCE.toMillis());
                made.setTcpNoDelay(true);
                return made;
            });
            sockets.add(socket);
            Thread.ofPlatform().daemon().name("echo-client-" + i).start(() -> talk(socket));
        }
    }

    List<String> complaints() {
        return complaints;
    }

    /** Waits until every connection has had time for some more answers. */
    void awaitAnswers() throws InterruptedException {
        long wanted = answers.get() + 30L * CONNECTIONS;
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (answers.get() < wanted && complaints.isEmpty()) {
            if (System.nanoTime() - deadline > 0) {
                complaints.add("no answers for " + PATIENCE);
            }
            Thread.sleep(5);
        }
    }

    private void talk(Socket socket) {
        try (BufferedReader in =
                        new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
                OutputStream out = socket.getOutputStream()) {
            long clock = Long.MIN_VALUE;
            for (long n = 0; !closed; n++) {
                out.write((n + "\n").getBytes(StandardCharsets.UTF_8));
                String answer = in.readLine();
                if (answer == null) {
                    throw new IOException("the service hung up");
                }
                String[] words = answer.split(" ", -1);
                long now = Long.parseLong(words[2]);
                if (Long.parseLong(words[0]) != n || now < clock || !words[3].equals("true")) {
                    complaints.add("wrong answer to " + n + ": " + answer + ", clock was " + clock);
                }
                if (clock != Long.MIN_VALUE && now - clock > PATIENCE.toNanos()) {
                    complaints.add("clock jumped from " + clock + " to " + now);
                }
                clock = now;
                answers.incrementAndGet();
                Thread.sleep(2);
            }
        } catch (IOException | InterruptedException e) {
            if (!closed) {
                complaints.add(e.toString());
            }
        }
    }

    @Override
    public void close() throws IOException {
        closed = true;
        for (Socket socket : sockets) {
            socket.close();
        }
    }
}
