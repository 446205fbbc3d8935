package ledger;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Answers lines with lines on any number of TCP connections, all on one thread of its own.
 *
 * <p>A connection's requests are answered in order, one at a time. Whoever sends faster than they read is not read from
 * until they have taken their answers, so a connection costs a bounded amount of memory.
 */
final class LineServer implements AutoCloseable {
    /** What a server does with a line. */
    interface Service {
        /** Answers one line, without its end. Called on the server's thread; what takes long completes later. */
        CompletionStage<String> answer(String line);
    }

    /** The longest request, without the end of its line. */
    static final int MAX_LINE_BYTES = 1024;

    static final int MAX_CONNECTIONS = 2000;

    private static final int MAX_UNSENT_BYTES = 64 * 1024;
    private static final int BACKLOG = 1024;
    private static final Duration LAST_WORDS = Duration.ofSeconds(1);

    private final Service service;
    private final Selector selector;
    private final ServerSocketChannel listener;
    private final Thread thread;
    private final Queue<Runnable> posted = new ConcurrentLinkedQueue<>();
    private final Set<Connection> connections = new HashSet<>();
    private final CharsetDecoder utf8 = StandardCharsets.UTF_8.newDecoder();
    private volatile int connectionCount;
    private volatile boolean stopping;

    /** Listens on all addresses at {@code port} (0: any free one), and answers once {@link #start} is called. */
    LineServer(String name, int port, Service service) throws IOException {
        this.service = service;
        this.selector = Selector.open();
        this.listener = ServerSocketChannel.open();
        try {
            listener.setOption(StandardSocketOptions.SO_REUSEADDR, true);
            listener.bind(new InetSocketAddress("0.0.0.0", port), BACKLOG);
            listener.configureBlocking(false);
            listener.register(selector, SelectionKey.OP_ACCEPT);
        } catch (IOException e) {
            listener.close();
            selector.close();
            throw new IOException("cannot listen on port " + port + ": " + e.getMessage(), e);
        }
        this.thread = new Thread(this::run, name);
    }

    LineServer start() {
        thread.start();
        return this;
    }

    int port() {
        return listener.socket().getLocalPort();
    }

    int connections() {
        return connectionCount;
    }

    void awaitStopped() throws InterruptedException {
        thread.join();
    }

    /** Takes no more connections, sends the answers that are still to be sent, and ends. */
    @Override
    public void close() {
        stopping = true;
        selector.wakeup();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        try (selector;
                listener) {
            while (!stopping) {
                selector.select(this::serve);
                runPosted();
            }
            listener.close();
            sayLastWords();
        } catch (IOException e) {
            System.err.println(thread.getName() + ": stopped by " + e);
        } finally {
            List.copyOf(connections).forEach(Connection::close);
        }
    }

    private void sayLastWords() throws IOException {
        long end = System.nanoTime() + LAST_WORDS.toNanos();
        while (connections.stream().anyMatch(Connection::hasMoreToSay) && System.nanoTime() - end < 0) {
            selector.select(this::serve, 10);
            runPosted();
        }
    }

    private void runPosted() {
        for (Runnable task = posted.poll(); task != null; task = posted.poll()) {
            task.run();
        }
    }

    private void post(Runnable task) {
        posted.add(task);
        try {
            selector.wakeup();
        } catch (ClosedSelectorException e) {
            // stopped meanwhile: nobody waits for this answer any more
        }
    }

    private void serve(SelectionKey key) {
        if (key.isValid() && key.isAcceptable()) {
            accept();
        } else if (key.attachment() instanceof Connection connection) {
            connection.serve();
        }
    }

    private void accept() {
        try {
            SocketChannel channel = listener.accept();
            if (channel == null) {
                return;
            }
            channel.configureBlocking(false);
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            Connection connection = new Connection(channel, channel.register(selector, SelectionKey.OP_READ));
            connection.key.attach(connection);
            connections.add(connection);
            connectionCount = connections.size();
            if (connections.size() > MAX_CONNECTIONS) {
                connection.refuse("ERR too many connections: limit " + MAX_CONNECTIONS);
            }
        } catch (IOException e) {
            System.err.println(thread.getName() + ": cannot accept a connection: " + e.getMessage());
            // Out of descriptors, most likely: the listener stays ready, so do not spin.
            LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
        }
    }

    private final class Connection {
        private final SocketChannel channel;
        private final SelectionKey key;
        private final ByteBuffer in = ByteBuffer.allocate(8 * MAX_LINE_BYTES);
        /** What is to be sent lies between 0 and the position. */
        private ByteBuffer out = ByteBuffer.allocate(512);

        private boolean skippingLongLine;
        private boolean awaitingAnswer;
        private boolean ended;

        Connection(SocketChannel channel, SelectionKey key) {
            this.channel = channel;
            this.key = key;
        }

        boolean hasMoreToSay() {
            return awaitingAnswer || out.position() > 0;
        }

        void serve() {
            try {
                if (key.isValid() && key.isReadable() && channel.read(in) < 0) {
                    ended = true;
                }
                progress();
            } catch (IOException e) {
                close();
            }
        }

        void refuse(String why) throws IOException {
            ended = true;
            reply(why);
            progress();
        }

        private void progress() throws IOException {
            boolean more;
            do {
                more = answerLines();
                flush();
            } while (more && out.position() == 0);
            if (ended && !hasMoreToSay()) {
                close();
                return;
            }
            boolean wantsMore = !ended && !awaitingAnswer && out.position() < MAX_UNSENT_BYTES;
            key.interestOps((wantsMore ? SelectionKey.OP_READ : 0) | (out.position() > 0 ? SelectionKey.OP_WRITE : 0));
        }

        /** Answers what has been read; true if it stopped only because too much is unsent. */
        private boolean answerLines() {
            in.flip();
            try {
                while (!awaitingAnswer) {
                    if (out.position() >= MAX_UNSENT_BYTES) {
                        return true;
                    }
                    int end = endOfLine();
                    if (end < 0) {
                        giveUpOnLongLine();
                        return false;
                    }
                    takeLine(end);
                }
                return false;
            } finally {
                in.compact();
            }
        }

        private int endOfLine() {
            for (int i = in.position(); i < in.limit(); i++) {
                if (in.get(i) == '\n') {
                    return i;
                }
            }
            return -1;
        }

        private void giveUpOnLongLine() {
            if (skippingLongLine) {
                in.position(in.limit());
            } else if (in.remaining() > MAX_LINE_BYTES + 1) {
                in.position(in.limit());
                skippingLongLine = true;
            }
        }

        private void takeLine(int end) {
            ByteBuffer bytes = in.slice(in.position(), end - in.position());
            in.position(end + 1);
            if (skippingLongLine || bytes.remaining() > MAX_LINE_BYTES + 1) {
                skippingLongLine = false;
                reply("ERR line too long: limit " + MAX_LINE_BYTES + " bytes");
                return;
            }
            String line;
            try {
                line = utf8.decode(bytes).toString();
            } catch (CharacterCodingException e) {
                reply("ERR not UTF-8");
                return;
            }
            answer(line.endsWith("\r") ? line.substring(0, line.length() - 1) : line);
        }

        private void answer(String line) {
            try {
                var answer = service.answer(line).toCompletableFuture();
                if (answer.isDone()) {
                    reply(answer.join());
                } else {
                    awaitingAnswer = true;
                    var unused = answer.whenComplete((reply, failure) -> post(() -> resume(reply, failure)));
                }
            } catch (RuntimeException e) {
                replyFailure(e);
            }
        }

        private void resume(@Nullable String reply, @Nullable Throwable failure) {
            awaitingAnswer = false;
            if (!channel.isOpen()) {
                return;
            }
            if (failure != null) {
                replyFailure(failure);
            } else if (reply != null) {
                reply(reply);
            }
            try {
                progress();
            } catch (IOException e) {
                close();
            }
        }

        private void replyFailure(Throwable failure) {
            System.err.println(thread.getName() + ": request failed: " + failure);
            reply("ERR internal: " + String.valueOf(failure.getMessage()).replace('\n', ' '));
        }

        private void reply(String line) {
            byte[] bytes = (line + "\n").getBytes(StandardCharsets.UTF_8);
            if (out.remaining() < bytes.length) {
                out.flip();
                out = ByteBuffer.allocate(Math.max(2 * out.capacity(), out.remaining() + bytes.length))
                        .put(out);
            }
            out.put(bytes);
        }

        private void flush() throws IOException {
            if (out.position() > 0) {
                out.flip();
                try {
                    channel.write(out);
                } finally {
                    out.compact();
                }
            }
        }

        void close() {
            connections.remove(this);
            connectionCount = connections.size();
            try {
                channel.close();
            } catch (IOException e) {
                // it is gone either way
            }
        }
    }

    /** Splits a line at its spaces. */
    static List<String> words(String line) {
        List<String> words = new ArrayList<>(6);
        int start = -1;
        for (int i = 0; i <= line.length(); i++) {
            boolean gap = i == line.length() || line.charAt(i) == ' ' || line.charAt(i) == '\t';
            if (gap && start >= 0) {
                words.add(line.substring(start, i));
                start = -1;
            } else if (!gap && start < 0) {
                start = i;
            }
        }
        return words;
    }
}
