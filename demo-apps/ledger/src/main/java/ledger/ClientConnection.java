package ledger;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The wire of one {@link Conversation}: connects, sends, receives, and after a loss connects again and sends again what
 * was not answered. Not thread-safe: confined to the client's loop.
 */
final class ClientConnection {
    /** What the loop does for its connections. */
    interface Host {
        Selector selector();

        /** Calls {@link ClientConnection#due} at {@link ClientConnection#dueNanos}. */
        void schedule(ClientConnection connection);

        void unschedule(ClientConnection connection);

        /** The connection has its accounts and could begin. */
        void ready(ClientConnection connection);

        void answered(ClientConnection connection, long sentNanos, long nowNanos);

        /** No new requests now: not begun yet, or about to end. */
        boolean isHeld();
    }

    private static final int MAX_REPLY_BYTES = 4096;
    private static final Duration RETRY_FIRST = Duration.ofMillis(50);
    private static final Duration RETRY_MAX = Duration.ofSeconds(1);
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(3);

    private enum State {
        IDLE,
        CONNECTING,
        CONNECTED
    }

    private final int index;
    private final Host host;
    private final LedgerClient.Options options;
    private final Conversation conversation;
    private final ByteBuffer in = ByteBuffer.allocate(2 * MAX_REPLY_BYTES);
    private ByteBuffer out = ByteBuffer.allocate(1024);
    private State state = State.IDLE;
    private @Nullable SocketChannel channel;
    private @Nullable SelectionKey key;
    private boolean greeted;
    private boolean isReady;
    private long dueNanos;
    private boolean isScheduled;
    private long retryNanos = RETRY_FIRST.toNanos();
    private String lastFailure = "";

    ClientConnection(int index, Host host, LedgerClient.Options options, Conversation conversation) {
        this.index = index;
        this.host = host;
        this.options = options;
        this.conversation = conversation;
    }

    int index() {
        return index;
    }

    Conversation conversation() {
        return conversation;
    }

    long dueNanos() {
        return dueNanos;
    }

    String lastFailure() {
        return lastFailure;
    }

    void connect(long now) {
        state = State.CONNECTING;
        try {
            // Resolved anew: after a fail-over the name may mean another address.
            InetSocketAddress address = new InetSocketAddress(options.host(), options.port());
            if (address.isUnresolved()) {
                throw new IOException("unknown host " + options.host());
            }
            SocketChannel opened = SocketChannel.open();
            channel = opened;
            opened.configureBlocking(false);
            opened.setOption(StandardSocketOptions.TCP_NODELAY, true);
            boolean connected = opened.connect(address);
            key = opened.register(host.selector(), connected ? SelectionKey.OP_READ : SelectionKey.OP_CONNECT, this);
            if (connected) {
                connected(now);
            } else {
                schedule(now + CONNECT_TIMEOUT.toNanos());
            }
        } catch (IOException e) {
            failed(e, now);
        }
    }

    /** The channel can do something. */
    void serve() {
        SelectionKey current = key;
        SocketChannel open = channel;
        if (current == null || open == null || !current.isValid()) {
            return;
        }
        long now = System.nanoTime();
        try {
            if (current.isConnectable() && open.finishConnect()) {
                current.interestOps(SelectionKey.OP_READ);
                connected(now);
            }
            if (current.isReadable()) {
                if (open.read(in) < 0) {
                    throw new IOException("the server ended the connection");
                }
                takeAnswers(System.nanoTime());
            }
            if (current.isWritable()) {
                flush();
            }
        } catch (IOException e) {
            failed(e, now);
        }
    }

    /** The time has come for what was scheduled: the next request, or another try to connect. */
    void due(long now) {
        isScheduled = false;
        switch (state) {
            case IDLE -> connect(now);
            case CONNECTING ->
                failed(new IOException("no answer to connect in " + CONNECT_TIMEOUT.toSeconds() + " s"), now);
            case CONNECTED -> sendWhatIsDue(now);
        }
    }

    /** Begins to send requests, the first of them at the given time. */
    void begin(long atNanos) {
        if (state == State.CONNECTED && !isScheduled) {
            schedule(atNanos);
        }
    }

    void close() {
        try {
            if (channel != null) {
                channel.close();
            }
        } catch (IOException e) {
            // it is gone either way
        }
        channel = null;
        key = null;
        state = State.IDLE;
    }

    private void connected(long now) throws IOException {
        state = State.CONNECTED;
        unschedule();
        retryNanos = RETRY_FIRST.toNanos();
        in.clear();
        out.clear();
        List<String> lines = greeted ? conversation.unanswered() : conversation.greeting(now);
        greeted = true;
        for (String line : lines) {
            put(line);
        }
        flush();
        if (isReady && conversation.waitingFor() < options.pipeline()) {
            schedule(now + options.spacingNanos());
        }
    }

    private void sendWhatIsDue(long now) {
        if (!isReady || host.isHeld()) {
            return;
        }
        try {
            long next = now;
            while (conversation.waitingFor() < options.pipeline() && next - now <= 0) {
                put(conversation.transfer(now));
                next = options.isPaced() ? dueNanos + options.spacingNanos() : now + options.spacingNanos();
                dueNanos = next;
            }
            if (conversation.waitingFor() < options.pipeline()) {
                schedule(next);
            }
            flush();
        } catch (IOException e) {
            failed(e, now);
        }
    }

    private void takeAnswers(long now) {
        in.flip();
        int start = in.position();
        for (int i = start; i < in.limit(); i++) {
            if (in.get(i) == '\n') {
                String line = new String(in.array(), start, i - start, StandardCharsets.UTF_8);
                start = i + 1;
                takeAnswer(line, now);
            }
        }
        in.position(start);
        if (in.remaining() > MAX_REPLY_BYTES) {
            takeAnswer("(an endless line)", now);
            in.position(in.limit());
        }
        in.compact();
    }

    private void takeAnswer(String line, long now) {
        Conversation.Answered answered = conversation.answer(line);
        if (answered == null) {
            return;
        }
        if (!isReady) {
            if (conversation.waitingFor() == 0) {
                isReady = true;
                host.ready(this);
            }
            return;
        }
        host.answered(this, answered.sentNanos(), now);
        if (!isScheduled && !host.isHeld()) {
            // A paced connection keeps to its times, but does not make up for those that went by while it waited.
            long paced = dueNanos - now > 0 ? dueNanos : now;
            schedule(options.isPaced() ? paced : now + options.spacingNanos());
        }
    }

    private void schedule(long atNanos) {
        if (!isScheduled) {
            isScheduled = true;
            dueNanos = atNanos;
            host.schedule(this);
        }
    }

    private void unschedule() {
        if (isScheduled) {
            isScheduled = false;
            host.unschedule(this);
        }
    }

    private void failed(IOException why, long now) {
        lastFailure = String.valueOf(why.getMessage());
        if (state == State.CONNECTED) {
            conversation.reset(lastFailure);
        }
        close();
        unschedule();
        schedule(now + retryNanos);
        retryNanos = Math.min(2 * retryNanos, RETRY_MAX.toNanos());
    }

    private void put(String line) {
        byte[] bytes = (line + "\n").getBytes(StandardCharsets.UTF_8);
        if (out.remaining() < bytes.length) {
            out.flip();
            out = ByteBuffer.allocate(2 * out.capacity() + bytes.length).put(out);
        }
        out.put(bytes);
    }

    private void flush() throws IOException {
        SocketChannel open = channel;
        SelectionKey current = key;
        if (open == null || current == null || state != State.CONNECTED) {
            return;
        }
        out.flip();
        open.write(out);
        out.compact();
        int write = out.position() > 0 ? SelectionKey.OP_WRITE : 0;
        current.interestOps(SelectionKey.OP_READ | write);
    }
}
